"""How Keras 1 kept its weights: an array for each gate of a recurrent layer, and the axes of some kernels in another order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np

from core.arrays import Array
from core.files.dialects.weights.names import Stored
from core.files.dialects.weights.order import Slot

#: For each kind of cell, which gate of Keras 1 each gate of today is: it listed i, c, f, o, and z, r, h.
_GATES = {"LSTMCell": (0, 2, 1, 3), "ConvLSTMCell": (0, 2, 1, 3), "GRUCell": (0, 1, 2)}
_PARTS = 3  # kernel, recurrent kernel and bias, of each gate
#: ``layer_name``, as Keras 1 names its arrays.
_NAMED = re.compile(r"(.+?)_([WUb](?:_[a-z])?|gamma|beta|running_mean|running_std|alphas)(?::\d+)?")
#: The order of the axes that makes a kernel (..., inputs, outputs), or (..., outputs, inputs) where transposed.
_AXES = {
    ("Conv2D", "channels_first"): (2, 3, 1, 0),
    ("Conv2DTranspose", "channels_last"): (0, 1, 3, 2),
    ("Conv2DTranspose", "channels_first"): (2, 3, 0, 1),
    ("Conv3D", "channels_first"): (2, 3, 4, 1, 0),
    ("ConvLSTMCell", "channels_first"): (2, 3, 1, 0),
}


def modernize_arrays(arrays: Sequence[Stored], slots: Sequence[Slot]) -> list[Stored]:
    """Return the arrays of a layer as Keras 2 keeps them; `slots` are its parameters in the order of Keras 1.

    Source: `preprocess_weights_for_loading` in `keras/engine/saving.py` of Keras 2.2.4.
    """
    return _by_name(arrays, slots) or _by_position(arrays, slots)


def _by_name(arrays: Sequence[Stored], slots: Sequence[Slot]) -> list[Stored]:
    """Return the arrays of each layer that their names tell; nothing where one could be of two layers, or of none."""
    named: dict[str, list[Stored]] = {}
    for array in arrays:
        found = _NAMED.fullmatch(array.path)
        if found is None:
            return []
        named.setdefault(found[1], []).append(array)
    modern: list[Stored] = []
    for run in _runs(sorted(slots, key=lambda slot: id(slot.layer))):
        around, own_names = (frozenset[str](), *run[0].around)[-2:]
        names = own_names | around if type(run[0].layer).__name__.endswith("Cell") else own_names
        own = [name for name in named if name in names]
        if len(own) != 1 or len(named[own[0]]) not in {len(run), _count_in_keras1(run)}:
            return []
        held = _join_gates(named.pop(own[0]), run)
        modern += [
            Stored(f"{own[0]}/{slot.name}", array.shape, array.read) for array, slot in zip(held, run, strict=True)
        ]
    return [] if named else modern


def _by_position(arrays: Sequence[Stored], slots: Sequence[Slot]) -> list[Stored]:
    """Return the arrays of each layer as they come one after the other."""
    runs = _runs(slots)
    counts = [_count_in_keras1(run) for run in runs]
    if len(arrays) != sum(counts):
        counts = [len(run) for run in runs]  # the gates of each layer already stand side by side
    if len(arrays) != sum(counts):
        return list(arrays)
    modern: list[Stored] = []
    start = 0
    for run, count in zip(runs, counts, strict=True):
        modern += _join_gates(arrays[start : start + count], run)
        start += count
    return modern


def _runs(slots: Sequence[Slot]) -> list[list[Slot]]:
    return [list(run) for _, run in groupby(slots, key=lambda slot: id(slot.layer))]


def _gates_of(run: Sequence[Slot]) -> tuple[int, ...] | None:
    return _GATES.get(type(run[0].layer).__name__) if len(run) == _PARTS else None


def _count_in_keras1(run: Sequence[Slot]) -> int:
    gates = _gates_of(run)
    return len(run) if gates is None else _PARTS * len(gates)


def _join_gates(arrays: Sequence[Stored], run: Sequence[Slot]) -> list[Stored]:
    """Return one array for each parameter of a layer."""
    gates = _gates_of(run)
    if gates is not None and len(arrays) > len(run):
        arrays = [_join(arrays[part::_PARTS], gates, run[part]) for part in range(_PARTS)]
    return [_with_axes(array, slot) for array, slot in zip(arrays, run, strict=True)]


def _join(parts: Sequence[Stored], gates: Sequence[int], slot: Slot) -> Stored:
    """Join the arrays of the gates along the last axis; in Keras 1 that of a convolution's outputs may be the first."""
    ordered = [_with_axes(parts[gate], slot) for gate in gates]
    *before, last = ordered[0].shape or (0,)
    shape = (*before, last * len(ordered))
    return Stored(slot.name, shape, lambda what: np.concatenate([part.read(what) for part in ordered], axis=-1))


def _with_axes(array: Stored, slot: Slot) -> Stored:
    """Return a kernel with its axes in the order of today."""
    layer, shape = slot.layer, array.shape
    if not slot.name.endswith("kernel") or len(shape) < 4:
        return array
    if type(layer).__name__ == "Conv1D" and len(shape) == 4:
        if 1 in shape[1:2] and shape[0] == slot.shape[0] and shape[3] == slot.shape[2]:
            return _changed(array, (shape[0], *shape[2:]), lambda kernel: kernel[:, 0])
        if shape[3] == 1:  # Keras 1.1: (outputs, inputs, length, 1)
            new = (shape[2], shape[1], shape[0])
            return _changed(array, new, lambda kernel: kernel[..., 0].transpose(2, 1, 0))
        return array
    axes = _AXES.get((type(layer).__name__, str(getattr(layer, "data_format", ""))))
    if type(layer).__name__ == "ConvLSTMCell" and shape[:-1] != slot.shape[:-1]:
        axes = _AXES["ConvLSTMCell", "channels_first"]  # the cell itself has its channels last
    if axes is None or len(axes) != len(shape):
        return array
    return _changed(array, tuple(shape[axis] for axis in axes), lambda kernel: kernel.transpose(axes))


def _changed(array: Stored, shape: tuple[int, ...], change: Callable[[Array], Array]) -> Stored:
    return Stored(array.path, shape, lambda what: change(array.read(what)))
