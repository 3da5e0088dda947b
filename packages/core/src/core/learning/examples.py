"""Examples are inputs, the target of each output, and what each example counts, checked before anything is learnt.

Everything that a user may get wrong about them is an `InputError` that names the array and, where there is one, the row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import number
from core.errors import InputError
from core.graph.network import Network
from core.learning.objectives import Objectives
from core.learning.outputs import as_array
from core.nests import leaves, map_nest

#: Numbers that are looked at in one go, so that a check needs no memory of the size of the data.
_NUMBERS_AT_ONCE = 2**20


@dataclass(frozen=True)
class Examples:
    """A nest of inputs, and for each output its target and its weights (None: all count the same)."""

    x: Any
    y: list[Array | None]
    weights: list[Array | None]

    def __len__(self) -> int:
        return len(next(leaves(self.x)))

    def take(self, rows: Any) -> Examples:
        """Return some rows: a slice, or their numbers."""
        cut = partial(_take, rows)
        return Examples(map_nest(cut, self.x), [cut(one) for one in self.y], [cut(one) for one in self.weights])

    def batches(self, order: Array | None, size: int) -> Iterator[Examples]:
        """Cut the examples, in this order, in batches."""
        for start in range(0, len(self), size):
            yield self.take(slice(start, start + size) if order is None else order[start : start + size])

    def split(self, fraction: Any) -> tuple[Examples, Examples]:
        """Return the first rows and the last `fraction` of them, as Keras' `validation_split` does."""
        part = number(fraction, "validation_split", minimum=0.0, maximum=1.0)
        at = int(np.floor(len(self) * (1.0 - part)))
        if at in {0, len(self)}:
            raise InputError(
                f"validation_split={part} of {len(self)} examples leaves none to learn from or none to validate with"
            )
        return self.take(slice(0, at)), self.take(slice(at, None))


def read_examples(
    model: Network,
    objectives: Objectives,
    x: Any,
    y: Any,
    sample_weight: Any = None,
    class_weight: Mapping[int, float] | None = None,
) -> Examples:
    """Take what a user gives. Raises `InputError` for rows that do not match and for targets that do not fit."""
    inputs = model.check_inputs(x)
    counts = {len(leaf) for leaf in leaves(inputs)}
    rows = next(iter(counts))
    if len(counts) > 1 or not rows:
        raise InputError(f"the inputs must have as many rows each, at least one; they have {sorted(counts)}")
    targets = _targets(objectives, y, rows)
    weights = _weights(objectives, sample_weight, rows)
    if class_weight is not None:
        if sample_weight is not None:
            raise InputError("give only one of sample_weight and class_weight")
        weights = [_class_weights(objectives, targets, class_weight)]
    for index, (target, weight) in enumerate(zip(targets, weights, strict=True)):
        if weight is not None and target is not None:
            _check_weights(objectives, index, weight, target)
    return Examples(inputs, targets, weights)


def check_examples(model: Network, objectives: Objectives, examples: Examples) -> None:
    """Look at every row for NaN, infinity, and targets that the loss cannot take. Raises `InputError` with the row."""
    for rows in _parts(examples):
        if any(leaf.dtype.kind not in "iub" for leaf in leaves(examples.x)):
            model.cast_rows(examples.x, rows)
        for index, (objective, target) in enumerate(zip(objectives.each, examples.y, strict=True)):
            if target is None:
                continue
            part, label = target[rows], objectives.outputs.label(index)
            if part.dtype.kind == "f" and not np.isfinite(part.sum()):
                broken = np.flatnonzero(~np.isfinite(part.reshape(len(part), -1)).all(axis=1))
                if broken.size:
                    raise InputError(f"{label}: row {rows.start + broken[0]} holds NaN or infinity")
            if objective.loss is not None:
                try:
                    objective.loss.check(part, _stand_in(objectives.outputs.shape(index), part))
                except InputError as error:
                    raise InputError(f"{label}, rows {rows.start} to {rows.start + len(part) - 1}: {error}") from error


def _parts(examples: Examples) -> Iterator[slice]:
    arrays = [*leaves(examples.x), *(one for one in examples.y if one is not None)]
    width = max(int(np.prod(array.shape[1:], dtype=object)) for array in arrays)
    rows = max(1, _NUMBERS_AT_ONCE // max(width, 1))
    return (slice(start, start + rows) for start in range(0, len(examples), rows))


def _stand_in(shape: Any, y: Array) -> Array:
    """Return an array of the shape of an output, without memory; where that is unknown, as the target has it."""
    given = (*y.shape, *[1] * len(shape))
    sizes = (len(y), *(given[axis] if size is None else size for axis, size in enumerate(shape[1:], 1)))
    return np.broadcast_to(np.zeros((), np.float32), sizes)


def _take(rows: Any, leaf: Array | None) -> Any:
    return None if leaf is None else leaf[rows]


def _targets(objectives: Objectives, y: Any, rows: int) -> list[Array | None]:
    outputs, losses = objectives.outputs, [objective.loss for objective in objectives.each]
    if y is None:
        raise InputError("y is missing: it must hold the target of every example")
    if len(outputs) == 1:
        entries = _only(objectives, y, "y", rows)
    elif isinstance(y, list | tuple | Mapping):
        trained = [index for index, loss in enumerate(losses) if loss is not None]
        if isinstance(y, list | tuple) and len(y) == len(trained):
            named = dict(zip((outputs.names[index] for index in trained), y, strict=True))
            entries = outputs.each(named, "y", optional=True)
        else:
            entries = outputs.each(y, "y", optional=True)
    else:
        raise InputError(
            f"y must be a list or dict with an array for each of the outputs {', '.join(outputs.names)}, "
            f"got one {type(y).__name__}"
        )
    found = [None if one is None else as_array(one, outputs.label(index)) for index, one in enumerate(entries)]
    for index, (array, loss) in enumerate(zip(found, losses, strict=True)):
        if array is None and loss is not None:
            raise InputError(f"{outputs.label(index)} is missing; an output with the loss None needs none")
        if array is not None and len(array) != rows:
            raise InputError(f"x and y must have as many rows: x has {rows}, {outputs.label(index)} has {len(array)}")
    return found


def _weights(objectives: Objectives, sample_weight: Any, rows: int) -> list[Array | None]:
    outputs = objectives.outputs
    if sample_weight is None:
        return [None] * len(outputs)
    entries = _only(objectives, sample_weight, "sample_weight", rows)
    if len(outputs) > 1:
        nested = isinstance(sample_weight, Mapping) or (
            isinstance(sample_weight, list | tuple) and len(sample_weight) == len(outputs) and rows != len(outputs)
        )
        nested = nested or (
            isinstance(sample_weight, list | tuple) and any(np.ndim(one) for one in sample_weight if one is not None)
        )
        entries = (
            outputs.each(sample_weight, "sample_weight", optional=True) if nested else [sample_weight] * len(outputs)
        )
    found: list[Array | None] = []
    for index, one in enumerate(entries):
        name = "sample_weight" if len(outputs) == 1 else f"sample_weight of output {outputs.names[index]!r}"
        if one is None:
            found.append(None)
            continue
        array = as_array(one, name).astype(np.float64)
        if len(array) != rows:
            raise InputError(f"{name} must have a row for each of the {rows} examples, got {len(array)}")
        if not np.isfinite(array).all():
            broken = np.flatnonzero(~np.isfinite(array.reshape(rows, -1)).all(axis=1))
            raise InputError(f"{name}: row {broken[0]} holds NaN or infinity")
        found.append(array)
    return found


def _only(objectives: Objectives, given: Any, what: str, rows: int) -> list[Any]:
    """Return what stands for the only output: itself, or the entry of a dict or of a list of one array."""
    if isinstance(given, Mapping):
        return objectives.outputs.each(given, what)
    if isinstance(given, list | tuple) and len(given) == 1 and hasattr(given[0], "__array__"):
        return [given[0]] if np.ndim(given[0]) and len(given[0]) == rows else [given]
    return [given]


def _check_weights(objectives: Objectives, index: int, weights: Array, target: Array) -> None:
    """Raise `InputError` unless weights have a number for each example, or for the first axes of what the loss compares."""
    shape = objectives.outputs.shape(index)[1:-1]
    extra = weights.shape[1:]
    while len(extra) > len(shape) and extra[-1] == 1:
        extra = extra[:-1]
    fits = len(extra) <= len(shape) and all(
        size == 1 or wanted is None or size == wanted for size, wanted in zip(extra, shape, strict=False)
    )
    if not fits:
        raise InputError(
            f"sample_weight must have a number for each example, ({len(target)},), or for each step of one; "
            f"got {weights.shape}"
        )


def _class_weights(
    objectives: Objectives, targets: list[Array | None], class_weight: Mapping[int, float]
) -> Array | None:
    """Return the weight of each example by its class; classes that are not named count 1, as in Keras."""
    outputs = objectives.outputs
    if len(outputs) > 1 or targets[0] is None:
        raise InputError("class_weight is for models of one output: give sample_weight, an array for each output")
    y, units = targets[0], outputs.shape(0)[-1]
    classes = 2 if units == 1 else units
    if not isinstance(class_weight, Mapping):
        raise InputError(f"class_weight must be a dict from the number of a class to its weight, got {class_weight!r}")
    for key in class_weight:
        known = isinstance(key, int | np.integer) and not isinstance(key, bool) and key >= 0
        if not known or (classes is not None and key >= classes):
            raise InputError(
                f"class_weight must name classes from 0 to {'n - 1' if classes is None else classes - 1}, got {key!r}"
            )
    weights = {int(key): number(value, f"class_weight[{key}]", minimum=0.0) for key, value in class_weight.items()}
    if len(outputs.shape(0)) > 2 or y.ndim > 2 or (y.ndim == 2 and y.shape[-1] not in {1, units}):
        raise InputError(
            f"class_weight needs one class an example, y has the shape {y.shape}: give sample_weight, a number for each step"
        )
    if y.ndim == 2:
        y = y.argmax(axis=-1) if y.shape[-1] != 1 else y[..., 0]
    return np.array([weights.get(int(one), 1.0) for one in np.round(y)], dtype=np.float64)
