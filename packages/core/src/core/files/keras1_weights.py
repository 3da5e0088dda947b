"""How Keras 1 kept its weights: an array for each gate of a recurrent layer, and the axes of some kernels in another order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np

from core.arrays import Array
from core.files.legacy_names import Stored
from core.files.legacy_order import Slot
from core.layer import Layer

#: For each kind of cell, which gate of Keras 1 each gate of today is: it listed i, c, f, o, and z, r, h.
_GATES = {"LSTMCell": (0, 2, 1, 3), "ConvLSTMCell": (0, 2, 1, 3), "GRUCell": (0, 1, 2)}
_PARTS = 3  # kernel, recurrent kernel and bias, of each gate
#: The order of the axes that makes a kernel (..., inputs, outputs), or (..., outputs, inputs) where transposed.
_AXES = {
    ("Conv2D", "channels_first"): (2, 3, 1, 0),
    ("Conv2DTranspose", "channels_last"): (0, 1, 3, 2),
    ("Conv2DTranspose", "channels_first"): (2, 3, 0, 1),
    ("Conv3D", "channels_first"): (2, 3, 4, 1, 0),
    ("ConvLSTMCell", "channels_first"): (2, 3, 1, 0),
}


def modernise_arrays(arrays: Sequence[Stored], slots: Sequence[Slot]) -> list[Stored]:
    """Return the arrays of a layer as Keras 2 keeps them; `slots` are its parameters in the order of Keras 1.

    Source: `preprocess_weights_for_loading` in `keras/engine/saving.py` of Keras 2.2.4.
    """
    runs = [(layer, list(run)) for layer, run in groupby(slots, key=lambda slot: slot.layer)]
    counts = [_count_in_keras1(layer, run) for layer, run in runs]
    apart = len(arrays) == sum(counts)
    if not apart and len(arrays) != len(slots):
        return list(arrays)
    modern: list[Stored] = []
    start = 0
    for (layer, run), count in zip(runs, counts, strict=True):
        own = arrays[start : start + (count if apart else len(run))]
        start += len(own)
        if len(own) > len(run):
            own = [_join(own[part::_PARTS], _GATES[type(layer).__name__], run[part]) for part in range(_PARTS)]
        modern += [_with_axes(array, slot) for array, slot in zip(own, run, strict=True)]
    return modern


def _count_in_keras1(layer: Layer, run: Sequence[Slot]) -> int:
    gates = _GATES.get(type(layer).__name__)
    return len(run) if gates is None or len(run) != _PARTS else _PARTS * len(gates)


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
