"""The outputs of a model by name, and what a user gives for them: one thing for all, a list, or a dict by name.

Everything is put in one order, that of the leaves of the outputs, so that the rest works on plain lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError, UnsupportedLayerError
from core.graph.network import Network
from core.graph.nodes import Ref, refs


class Outputs:
    """Names and shapes of a model's outputs; a dict of outputs is known by its keys, others by the layers they come from."""

    def __init__(self, model: Network) -> None:
        self.model = model
        if not model.shapes:
            raise InputError(f"{model} has no weights yet: call model.initialize(seed), or load weights")
        nest = model.outputs
        parts = list(nest.values()) if isinstance(nest, dict) else [nest] if isinstance(nest, Ref) else list(nest)
        if not all(isinstance(part, Ref) for part in parts):
            raise UnsupportedLayerError(f"{model}: outputs in lists or dicts within others cannot be trained")
        self.refs = list(refs(nest))
        layers = _distinct([model.nodes[ref.node].layer.name for ref in self.refs])
        self.names = sorted(nest) if isinstance(nest, dict) else layers
        #: Either name is understood.
        self._numbers = {name: index for index, name in enumerate(layers)}
        self._numbers |= {name: index for index, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)

    def shape(self, index: int) -> Shape:
        """Return the shape of an output as far as it is known before an input comes."""
        return self.model.shapes[self.refs[index]]

    def label(self, index: int) -> str:
        """Return how errors name the target of an output."""
        return "y" if len(self) == 1 else f"y of output {self.names[index]!r} (one of {len(self)} outputs)"

    def each(self, given: Any, what: str, *, optional: bool = False) -> list[Any]:
        """Return one entry an output; what is not a list or dict goes for all of them. Raises `InputError`.

        `optional` allows outputs to be left out of a dict, which stands for None. A list of a model whose outputs are a
        dict is in the order of the sorted keys, as in Keras.
        """
        if isinstance(given, Mapping):
            unknown = [name for name in given if name not in self._numbers]
            missing = [name for name in self.names if not self._has(given, name)]
            if unknown or (missing and not optional):
                raise InputError(f"{what} must be given by the names {', '.join(self.names)}, got {list(given)}")
            found: list[Any] = [None] * len(self)
            for name, value in given.items():
                found[self._numbers[name]] = value
            return found
        if isinstance(given, list | tuple):
            if len(given) != len(self):
                raise InputError(
                    f"{what} must have one entry for each of the {len(self)} outputs ({', '.join(self.names)}), "
                    f"got {len(given)}"
                )
            return list(given)
        return [given] * len(self)

    def _has(self, given: Mapping[Any, Any], name: str) -> bool:
        return any(self._numbers.get(key) == self._numbers[name] for key in given)


def as_array(given: Any, what: str) -> Any:
    """Return what a user gave as an array of numbers. Raises `InputError` naming the first that is not one."""
    try:
        array = np.asarray(given)
    except Exception as error:
        raise InputError(f"{what} must be an array of numbers: {error}") from error
    if array.dtype.kind == "O":
        wrong = [item for item in array.reshape(-1) if not isinstance(item, int | float | np.number)]
        if array.size and not wrong:
            array = array.astype(np.float64)
    if array.dtype.kind not in "fiub":
        example = (wrong if array.dtype.kind == "O" else array.reshape(-1).tolist())[:1]
        raise InputError(
            f"{what} must be numbers, got {array.dtype}{f' ({example[0]!r})' if example else ''}; "
            "give classes as whole numbers from 0 on"
        )
    if array.ndim == 0:
        raise InputError(f"{what} must be an array with a row for each example, got the number {array}")
    return array


def as_floats(output: Array) -> Array:
    """Return an output in a type that losses are computed in: at least float32, as in Keras. Raises `InputError` for text."""
    if output.dtype.kind not in "fiub":
        raise InputError(f"an output of {output.dtype} cannot be compared with numbers")
    precise = output.dtype.kind == "f" and output.dtype.itemsize >= 4
    return output if precise else output.astype(np.float32)


def _distinct(names: list[str]) -> list[str]:
    """Number the names that come again: a, a_1, a_2."""
    found: list[str] = []
    for name in names:
        number, candidate = 0, name
        while candidate in found:
            number += 1
            candidate = f"{name}_{number}"
        found.append(candidate)
    return found
