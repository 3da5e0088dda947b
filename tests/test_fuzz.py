"""Corrupted files, a few hundred of them: whatever is wrong with a file, only a `core.KacaError` leaves the reader.

The long search, in processes of its own, is ``nox -s fuzz``.
"""

import json
import warnings
from pathlib import Path
from random import Random

import pytest
from corruption import corrupt, corrupt_bytes, corrupt_json
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packing import write_whole
from sample_network import sample_network

import core
from core.inspect import inspect

MODELS = Path(__file__).parents[1] / "packages/core/tests_bare/models"
#: No examples are kept between runs; the file that breaks something is printed by hypothesis as its seed.
FAST = settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))


class Files(dict):
    """Contents by name, which hypothesis need not print."""

    def __repr__(self):
        return f"the files {sorted(self)}"


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """Files of every kind, written by Kaca and by Keras, by name."""
    folder = tmp_path_factory.mktemp("honest")
    model = core.load_model(MODELS / "images.keras")
    names = ("images.keras", "images.weights.h5", "images.npz")
    model.save(folder / names[0])
    for name in names[1:]:
        model.save_weights(folder / name)
    write_whole(model, folder / "whole.h5", "2.15.0")
    core.load_model(folder / "whole.h5")
    sample_network().save(folder / "variety.keras")
    for path in MODELS.glob("*.keras"):
        (folder / f"keras_{path.name}").write_bytes(path.read_bytes())
    return Files({path.name: path.read_bytes() for path in sorted(folder.iterdir())})


@FAST
@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_only_our_own_errors_leave_the_reader(honest, tmp_path_factory, which, seed):
    name = sorted(honest)[which % len(honest)]
    path = tmp_path_factory.getbasetemp() / f"corrupted_{name}"
    path.write_bytes(corrupt(honest[name], Random(seed)))
    model = core.load_model(MODELS / "images.keras")
    said = [""]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NaN among the weights
        for work in (lambda: core.load_model(path).summary(), lambda: model.load_weights(path)):
            try:
                work()
            except core.KacaError as error:
                said.append(str(error))
        json.dumps(inspect(path))
    assert max(map(len, said)) < 5000


def test_corruption_changes_every_file():
    """The test above would prove nothing with files that stay as they are."""
    config = json.dumps({"config": {"units": 3, "layers": [1, 2]}}).encode()
    assert len({corrupt_json(config, Random(seed)) for seed in range(200)}) > 100
    assert len({corrupt_bytes(bytes(100), Random(seed)) for seed in range(200)}) > 50
