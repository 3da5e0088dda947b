"""Nests of models that Keras 1 and 2 saved, parts of them frozen: every file of each holds the same numbers."""

import numpy as np
import pytest
from compare import zeroed
from old_files import files_in, old_files

import core

NESTS = old_files("old_models/nests-*.zip", (".npz",))


def test_there_are_files_of_five_versions():
    assert len({nest.archive for nest in NESTS}) == 5
    assert len(NESTS) == 25


@pytest.mark.parametrize("nest", NESTS, ids=str)
def test_every_file_holds_the_same_numbers(nest):
    index = nest.stem
    files = {name: data for name, data in files_in(nest.archive).items() if name.startswith(f"{index}.")}
    del files[nest.name]
    architecture = files.pop(f"{index}.json")
    tolerance = 1e-6 * max(1, np.abs(nest.y).max())

    def check(model: core.Model, what: str) -> None:
        np.testing.assert_allclose(model.forward(nest.x), nest.y, rtol=0, atol=tolerance, err_msg=what)

    for name, data in files.items():
        whole = name.endswith((f"{index}.h5", ".keras"))
        if whole:
            check(core.load_model(data), name)
        check(core.load_model(architecture, weights=data), f"architecture and {name}")
        model = zeroed(core.load_model(files[f"{index}.h5"]))
        model.load_weights(data)
        check(model, f"{name} into a model")
