"""The parameters of a model are written as Keras 3 numbers them, ``layers/<layer>/vars/<i>``, or by name in an ``.npz``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.files import hdf5
from core.files.atomic import destination, output
from core.files.hdf5_format.write import NewGroup, Plan
from core.files.optimizer_state import fresh_state
from core.graph.network import Network


def save_weights(model: Network, to: object) -> None:
    """Write the parameters to a path: ``.weights.h5`` as Keras does, or ``.npz`` with one array for each layer's parameter.

    An open file receives what Keras would write. Raises `InputError` for other names and where the path cannot be written.
    """
    target = destination(to)
    if isinstance(target, Path) and target.suffix == ".npz":
        arrays = {
            f"{path}/{name}": layer.stored(name) for path, layer in model.walk() for name in layer.parameter_shapes
        }
        with output(target) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    elif not isinstance(target, Path) or target.name.endswith(".weights.h5"):
        plan = planned_weights(model)
        with output(target) as file:
            plan.write(file)
    else:
        raise InputError(f"weights are written as .weights.h5 or .npz, got {target.name!r}")


def planned_weights(model: Network, optimizer: bool = False) -> Plan:
    """Plan an HDF5 file of the parameters as Keras 3 numbers them, and of what its optimiser keeps where it is compiled.

    Raises `WeightMismatchError` where a parameter has no value.
    """
    root = NewGroup()
    state = fresh_state(model) if optimizer else None
    if state is not None:
        root.require("optimizer").members["vars"] = state
    for path, layer in model.walk():
        for each in (path, *(f"{path}/{again}" for again in layer.file_format.repeated_at)):
            group = root.require(f"{each}/vars" if each else "vars")
            group.attrs["name"] = layer.name
            for name in layer.parameter_shapes:
                group.members[layer.file_key(name)] = hdf5.new_dataset(
                    layer.stored(name), layer.dtype.variable, partial(layer.stored, name)
                )
    return Plan(root)
