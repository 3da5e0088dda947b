"""The parameters of a layer: named arrays of declared shapes, in Keras' order, and those of the layers inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from core.arrays import Array, known_size, show_shape
from core.dtypes import DTypePolicy
from core.errors import InputError, UnsupportedLayerError, WeightMismatchError
from core.layers.file_format import FileFormat
from core.ops.bfloat16 import rounded


class Parameters:
    """Named arrays, and the parts that hold more of them.

    `parameters` maps each name to its array, in Keras' order; a parameter is also an attribute: ``layer.kernel`` reads it
    and ``layer.kernel = array`` is `assign`. `children` maps names to the layers inside this one.
    """

    #: Parameters that follow the data (statistics), not the gradient.
    statistics: ClassVar[frozenset[str]] = frozenset()
    #: How Keras' files hold layers of this class.
    file_format: ClassVar[FileFormat] = FileFormat()

    dtype: DTypePolicy
    parameters: dict[str, Array]
    parameter_shapes: dict[str, tuple[int, ...]]
    children: dict[str, Any]

    def __getattr__(self, name: str) -> Array:
        """Find a parameter by its name: ``layer.kernel``."""
        if name not in self.__dict__.get("parameter_shapes", ()):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return self.stored(name) if name not in self.parameters else self.parameters[name]

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a parameter takes the value as `assign` does."""
        if name in self.__dict__.get("parameter_shapes", ()):
            self.assign(name, np.asarray(value))
        else:
            super().__setattr__(name, value)

    @property
    def mirrors(self) -> dict[str, tuple[Any, str]]:
        """The parameters that are those of a layer inside: by name, that layer and its name for it."""
        return {}

    def declare(self, name: str, shape: tuple[int | None, ...]) -> None:
        """Say that there is a parameter `name` of `shape`. Raises `UnsupportedLayerError` where a size is open."""
        if any(size is None or size < 0 for size in shape):
            raise UnsupportedLayerError(
                f"{self}: {name!r} would have the shape {show_shape(shape)}; the input leaves it open"
            )
        if name in self.__dict__:
            raise InputError(f"{self}: {name!r} is the name of an attribute already and cannot be that of a parameter")
        self.parameter_shapes[name] = tuple(int(size) for size in shape if size is not None)

    def check_parameter(self, name: str, value: Array) -> None:
        """Raise `WeightMismatchError` unless `value` can be the parameter `name`."""
        if name not in self.parameter_shapes:
            raise WeightMismatchError(
                f"{self} has no parameter {name!r}; it has {', '.join(self.parameter_shapes) or 'none'}"
            )
        expected = self.parameter_shapes[name]
        if tuple(value.shape) != expected:
            raise WeightMismatchError(f"{self}: parameter {name!r} has the shape {expected}, got {tuple(value.shape)}")
        if value.dtype.kind not in "fiub":
            raise WeightMismatchError(f"{self}: parameter {name!r} must hold numbers, got {value.dtype}")

    def assign(self, name: str, value: Array, *, copy: bool = True) -> None:
        """Set the parameter `name`; its shape must be the declared one. Raises `WeightMismatchError`.

        The array is copied, and the caller's stays as it was; with ``copy=False`` it is handed over where its type fits.
        """
        self.check_parameter(name, value)
        value = value.astype(self.dtype.variable_dtype, copy=copy)
        self.parameters[name] = rounded(value) if self.dtype.variable == "bfloat16" else value

    def stored(self, name: str) -> Array:
        """Return the value that files hold of the parameter `name`. Raises `WeightMismatchError` where there is none."""
        if name not in self.parameters:
            raise WeightMismatchError(
                f"{self} has no value for its parameter {name!r} yet: load its weights, or call initialize of its model"
            )
        return self.parameters[name]

    def computing(self, name: str) -> Array:
        """Return a parameter in the type in which the layer computes (mixed policies keep it in another)."""
        parameter: Array = getattr(self, name).astype(self.dtype.compute_dtype, copy=False)
        return rounded(parameter) if self.dtype.rounds else parameter

    def file_key(self, name: str) -> str:
        """Return the key of the parameter `name` in Keras' files: its number, or its name where Keras keeps that."""
        named = name in self.file_format.named_parameters
        return name if named else str(list(self.parameter_shapes).index(name))

    def load_asset(self, name: str, data: bytes) -> None:
        """Take the content of one of the assets of `file_format`."""
        raise NotImplementedError

    def save_asset(self, name: str) -> bytes | None:
        """Return the content of one of the assets, or None where this layer needs no such file."""
        raise NotImplementedError

    # --- of this and all inside -------------------------------------------------------------------------------------

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Self]]:
        """Go through this layer and all inside it, with the path to each: ``""``, ``"forward_layer/cell"``, ..."""
        yield prefix, self
        for name, child in self.children.items():
            yield from child.walk(f"{prefix}/{name}" if prefix else name)

    def count_parameters(self) -> int:
        """Count the numbers in all parameters, those of the layers inside included; what mirrors another one counts once."""
        return sum(
            known_size(shape) or 0
            for _, layer in self.walk()
            for name, shape in layer.parameter_shapes.items()
            if name not in layer.mirrors
        )

    def get_weights(self) -> list[Array]:
        """Return copies of all parameters in Keras' order: those of this layer, then those of the layers inside."""
        return [np.array(getattr(owner, name)) for owner, name in self._slots()]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all parameters, or none: one array for each, in the order of `get_weights`.

        Raises `WeightMismatchError` where a count, shape or type differs.
        """
        slots = list(self._slots())
        if not isinstance(weights, Sequence) or len(weights) != len(slots):
            got = f"{len(weights)} arrays" if isinstance(weights, Sequence) else type(weights).__name__
            raise WeightMismatchError(f"{self} has {len(slots)} parameters, got {got}")
        try:
            arrays = [np.asarray(value) for value in weights]
        except ValueError as error:
            raise WeightMismatchError(f"{self} takes arrays of numbers, got rows of different lengths") from error
        for (owner, name), array in zip(slots, arrays, strict=True):
            owner.check_parameter(name, array)
        for (owner, name), array in zip(slots, arrays, strict=True):
            owner.assign(name, array)

    def _slots(self) -> Iterator[tuple[Self, str]]:
        """Go through all parameters; those of a layer that stands in two positions count once."""
        seen: set[int] = set()
        for _, owner in self.walk():
            if id(owner) not in seen:
                seen.add(id(owner))
                yield from ((owner, name) for name in owner.parameter_shapes)
