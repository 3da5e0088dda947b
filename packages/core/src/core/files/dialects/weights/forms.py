"""Arrays of a layer that files hold in another form than the layer does: of cuDNN, of LoRA, and of Theano.

Each is known by what it looks like: a bias of cuDNN is twice as long, the update of LoRA has a name of its own, and a file
names its backend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import WeightMismatchError
from core.files.dialects.weights.names import Stored
from core.files.dialects.weights.order import Slot

#: A cell's arrays in the order of its parameters.
_OF_CELLS = ("kernel", "recurrent_kernel", "bias")
#: Gates of the cells that cuDNN has, by how much longer than their units the bias is.
_GATES = {8: 4, 6: 3}
#: Layers whose kernels Theano turned around before it multiplied. Source: `convert_kernel` of Keras 2.
_CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "ConvLSTMCell")


def in_todays_form(arrays: Sequence[Stored], slots: Sequence[Slot]) -> list[Stored]:
    """Return the arrays of a layer in the form of today."""
    return _from_cudnn(_merged(arrays, slots))


def turned(value: Array, slot: Slot, backend: str) -> Array:
    """Turn a kernel of Theano around: its convolution began at the other end."""
    kernel = slot.name in {"kernel", "recurrent_kernel"} and type(slot.layer).__name__ in _CONVOLUTIONS
    if backend != "theano" or not kernel:
        return value
    return np.flip(value, tuple(range(value.ndim - 2)))


def _folder(array: Stored) -> str:
    return array.path.rpartition("/")[0]


def _merged(arrays: Sequence[Stored], slots: Sequence[Slot]) -> list[Stored]:
    """Add the updates of low rank to their kernels: kernel + alpha / rank * a b."""
    parts = {(_folder(array), array.name): array for array in arrays if array.name.startswith("lora_")}
    if not parts:
        return list(arrays)
    merged: list[Stored] = []
    for array in arrays:
        a, b = (parts.get((_folder(array), f"lora_{array.name}_{end}")) for end in "ab")
        if a is not None and b is not None:
            first = next(
                (position for position, one in enumerate(merged) if _folder(one) == _folder(array)), len(merged)
            )
            merged.insert(first, _with_update(array, a, b, slots))  # it was last because it was frozen
        elif array.name not in {name for _, name in parts}:
            merged.append(array)
    return merged


def _with_update(array: Stored, a: Stored, b: Stored, slots: Sequence[Slot]) -> Stored:
    rank = b.shape[0] if b.shape else 0
    if a.shape != (*array.shape[:-1], rank) or b.shape != (rank, *array.shape[-1:]):
        raise WeightMismatchError(
            f"{a.path} and {b.path} of shapes {a.shape} and {b.shape} are no update of {array.shape}"
        )
    scale = _alpha(array, slots, rank) / max(rank, 1)

    def read(what: str) -> Array:
        kernel = array.read(what)
        update: Array = a.read(what) @ b.read(what)
        return kernel + kernel.dtype.type(scale) * update

    return Stored(array.path, array.shape, read)


def _alpha(array: Stored, slots: Sequence[Slot], rank: int) -> float:
    """Return the option of the layer that has this update; without one, it is the rank."""
    having = [slot.layer for slot in slots if slot.name == array.name and slot.shape == array.shape]
    named = [layer for layer in having if layer.name == array.folders[-1:][0]] if array.folders else []
    found: set[Any] = {layer.config.get("lora_alpha") for layer in named or having}
    if len(found) != 1:
        raise WeightMismatchError(f"{array.path} has an update of low rank, but its layer cannot be told")
    alpha = found.pop()
    return float(alpha) if isinstance(alpha, int | float) else float(rank)


def _from_cudnn(arrays: Sequence[Stored]) -> list[Stored]:
    """Put the arrays of cuDNN's cells into the form of `LSTM` and `GRU`. Source: `_convert_rnn_weights` of Keras 2."""
    changed: dict[str, Stored] = {}
    for cell in _cells(arrays):
        kernel, recurrent, bias = cell
        units = recurrent.shape[0] if len(recurrent.shape) == 2 else 0
        gates = _GATES.get(bias.shape[0] // units if units and len(bias.shape) == 1 else 0)
        if gates is None or bias.shape != (2 * gates * units,) or recurrent.shape != (units, gates * units):
            continue
        if len(kernel.shape) != 2 or kernel.shape[1] != gates * units:
            continue
        changed |= {array.path: part for array, part in zip(cell, _converted(cell, gates), strict=True)}
    return [changed.get(array.path, array) for array in arrays]


def _cells(arrays: Iterable[Stored]) -> Iterator[tuple[Stored, Stored, Stored]]:
    folders: dict[str, dict[str, Stored]] = {}
    for array in arrays:
        folders.setdefault(_folder(array), {})[array.name] = array
    for named in folders.values():
        if all(name in named for name in _OF_CELLS):
            yield named["kernel"], named["recurrent_kernel"], named["bias"]


def _converted(cell: tuple[Stored, Stored, Stored], gates: int) -> Iterator[Stored]:
    """Return what a cell holds: each gate's matrices transposed; an LSTM adds the two biases, a GRU keeps both."""
    kernel, recurrent, bias = cell

    def turn_inputs(what: str) -> Array:
        parts = np.split(kernel.read(what), gates, axis=1)
        return np.concatenate([part.T.reshape(part.shape, order="F") for part in parts], axis=1)

    def turn_states(what: str) -> Array:
        return np.concatenate([part.T for part in np.split(recurrent.read(what), gates, axis=1)], axis=1)

    def join_biases(what: str) -> Array:
        both = bias.read(what).reshape(2, -1)
        joined: Array = both.sum(axis=0, dtype=both.dtype) if gates == _GATES[8] else both
        return joined

    half = bias.shape[0] // 2
    yield Stored(kernel.path, kernel.shape, turn_inputs)
    yield Stored(recurrent.path, recurrent.shape, turn_states)
    yield Stored(bias.path, (half,) if gates == _GATES[8] else (2, half), join_biases)
