"""From the arrays of a file to the parameters of a model, and back.

Keras 3 numbers a layer's arrays under ``layers/<layer>/vars/<i>``, in the order of its parameters; the whole-model
HDF5 file of Keras 2 keeps them by layer name, each with a path of its own (see `core.files.legacy_weights`).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from core.errors import InputError, ModelFileError, WeightMismatchError
from core.files import hdf5
from core.files.archive import Archive, is_zip, open_file
from core.files.atomic import destination, output
from core.files.hdf5_format import Group, open_root
from core.files.hdf5_format.write import NewGroup, Plan
from core.files.legacy_weights import read_legacy
from core.files.limits import ALWAYS_ALLOWED, LARGEST_GROWTH, reading
from core.files.npz import Npz
from core.files.numbering import renumber
from core.layer import Layer

if TYPE_CHECKING:
    from core.model import Model


def read_parameters(model: Model, archive: Archive) -> None:
    """Assign every parameter of `model` from an open archive."""
    _refuse_more_than(model, archive.size)
    if isinstance(archive.weights, Npz):
        _assign_named(model, archive.weights)
    elif archive.legacy:
        read_legacy(model, archive.weights)
    else:
        _read_numbered(model, archive.weights)
    warn_of_nan(model)


def load_weights(model: Model, path: Path) -> None:
    """Read the parameters of a model that exists from ``.weights.h5`` or ``.npz``."""
    with reading(path), open_file(path) as file:
        _refuse_more_than(model, file.seek(0, io.SEEK_END))
        if is_zip(file):
            _assign_named(model, Npz(file))
        else:
            _read_numbered(model, open_root(file))
    warn_of_nan(model)


def save_weights(model: Model, to: object) -> None:
    """Write the parameters to a path: ``.weights.h5`` as Keras does, or ``.npz`` with one array for each layer's parameter.

    An open file receives what Keras would write. Raises `InputError` for other names and where the path cannot be written.
    """
    target = destination(to)
    if isinstance(target, Path) and target.suffix == ".npz":
        arrays = {f"{place}/{name}": layer.stored(name) for place, layer, name, _ in _slots(model)}
        with output(target) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    elif not isinstance(target, Path) or target.name.endswith(".weights.h5"):
        plan = planned_weights(model)
        with output(target) as file:
            plan.write(file)
    else:
        raise InputError(f"weights are written as .weights.h5 or .npz, got {target.name!r}")


def planned_weights(model: Model) -> Plan:
    """Plan an HDF5 file of the parameters as Keras 3 numbers them. Raises `WeightMismatchError` where one has no value."""
    root = NewGroup()
    for place, layer in model.walk():
        for path in (place, *(f"{place}/{again}" for again in layer.written_again)):
            group = root.require(f"{path}/vars" if path else "vars")
            group.attrs["name"] = layer.name
            for name in layer.parameter_shapes:
                group.members[layer.file_key(name)] = hdf5.new_dataset(
                    layer.stored(name), layer.dtype.variable, partial(layer.stored, name)
                )
    return Plan(root)


def _slots(model: Model) -> Iterator[tuple[str, Layer, str, int]]:
    """Go through every parameter: the path of its layer, the layer, its name, its number."""
    for place, layer in model.walk():
        for index, name in enumerate(layer.parameter_shapes):
            yield place, layer, name, index


def _read_numbered(model: Model, root: Group) -> None:
    """Assign from numbered arrays; those that the model has no place for are an error too."""
    groups = renumber(hdf5.index_groups(root), model)
    for place, layer in model.walk():
        group = groups.pop(f"{place}/vars" if place else "vars", None)
        names = layer.parameter_shapes
        held = 0 if group is None else len(group)
        if held != len(names):
            raise WeightMismatchError(
                f"{layer}: the model expects {len(names)} parameters ({', '.join(names) or 'none'}), "
                f"the file holds {held} under {place or '/'}"
            )
        for name, shape in names.items():
            value = hdf5.read_dataset(cast(Group, group), layer.file_key(name), shape, f"{layer}, parameter {name!r}")
            layer.assign(name, value)
        for again in layer.written_again:
            groups.pop(f"{place}/{again}/vars", None)
    for path, group in groups.items():
        if path.startswith("layers/") and path.endswith("/vars") and len(group) and "generator" not in path:
            raise WeightMismatchError(
                f"the file holds {len(group)} parameters under {path}, the model has no such layer"
            )


def _assign_named(model: Model, arrays: Npz) -> None:
    """Assign from arrays by path: by the parameter's name (``layers/dense/kernel``) or number (``layers/dense/vars/0``)."""
    slots = list(_slots(model))
    numbered = f"{slots[0][0]}/vars/0" in arrays if slots else False
    keys = {
        f"{place}/vars/{index}" if numbered else f"{place}/{name}": (layer, name) for place, layer, name, index in slots
    }
    missing, extra = sorted(set(keys) - set(arrays)), sorted(set(arrays) - set(keys))
    if missing or extra:
        raise WeightMismatchError(
            f"the arrays do not fit {model}: missing {missing[:3] or 'none'}, not expected {extra[:3] or 'none'}"
        )
    for key, (layer, name) in keys.items():
        layer.assign(name, arrays.read(key, layer.parameter_shapes[name], f"{layer}, parameter {name!r}"))


def _refuse_more_than(model: Model, size: int) -> None:
    """Raise `ModelFileError` if the config asks for more numbers than a file of `size` bytes can hold."""
    wanted = sum(
        int(np.prod(shape, dtype=object)) * layer.dtype.variable_dtype.itemsize
        for _, layer in model.walk()
        for shape in layer.parameter_shapes.values()
    )
    if wanted > LARGEST_GROWTH * size + ALWAYS_ALLOWED:
        raise ModelFileError(f"the config asks for {wanted:,} bytes of parameters, the file has only {size:,}")


def warn_of_nan(model: Model) -> None:
    """Warn of parameters that hold NaN or infinity: the file is readable, its training was not."""
    for _, layer, name, _ in _slots(model):
        value = layer.stored(name)
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            kind = "NaN" if np.isnan(value).any() else "infinity"
            warnings.warn(f"{layer}: parameter {name!r} holds {kind}", RuntimeWarning, stacklevel=4)
