"""A raw operation of a Functional model: a function of its tensors, without parameters, such as ``x * 2`` or ``mean``.

Keras writes ``x * 2 + 1`` as nodes of a graph, named after the functions of `keras.ops`. They stand beside the layers of
a model, own no weights, carry no masks, and are not counted when Keras numbers the layers in a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from core.arrays import Shape
from core.checks import refuse_endless
from core.errors import InputError, KacaError, UnsupportedLayerError
from core.layers.base import Layer
from core.layers.calls import Symbol
from core.layers.file_format import FileFormat
from core.layers.gradients import ArgumentGradients, Backward, Gradients
from core.layers.names import signature
from core.layers.work import Work, numbers_in
from core.nests import leaves

#: What a function of NumPy raises on arguments that do not fit.
_UNFIT = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, MemoryError)


#: Options of a function that Keras takes with each call, and not where it makes the operation.
_OPTIONS_OF_CALLS = {"Pad": ("constant_values",)}


@dataclass(frozen=True)
class Call:
    """A call of a function whose tensors are `Symbol`s: what a shape rule sees."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    options: dict[str, Any]

    @property
    def shapes(self) -> list[Shape]:
        """The shapes of all tensors and constant arrays, in the order of the arguments."""
        nests = (self.args, list(self.options.values()))
        return [leaf.shape for leaf in leaves(nests) if isinstance(leaf, Symbol | np.ndarray)]

    @property
    def shape(self) -> Shape:
        """The shape of the first of them."""
        return self.shapes[0]


#: Returns the shape (or the list of shapes) that a call returns.
ShapeRule = Callable[[Call], Any]
#: Returns the work of a call, from it and the shape that it returns.
WorkRule = Callable[[Call, Any], Work]


class Operation(Layer):
    """y = function(tensors and constants, options); the options come from the config, constants from the call.

    Raises `InputError` where the function cannot take its arguments. Source: https://keras.io/api/ops/
    """

    autocast = False
    file_format = FileFormat(numbered=False)
    function: ClassVar[Callable[..., Any]]
    shape_rule: ClassVar[ShapeRule]
    #: Whether row i of what a call returns depends on row i of its tensors alone.
    keeps_rows: ClassVar[Callable[[Call], bool]]
    #: (dy, y, arguments of the function) -> gradients of the first few of them; None where it is not known.
    gradient: ClassVar[Callable[..., Any] | None] = None
    #: What a call costs beyond reading its arguments and writing its output; None where that is all.
    work_rule: ClassVar[WorkRule | None] = None

    def __init__(self, *, name: str | None = None, **options: Any) -> None:
        super().__init__(name=name)
        known = signature(self.function).parameters.values()
        accepted = {parameter.name for parameter in known if parameter.kind is not parameter.VAR_POSITIONAL}
        unknown = sorted(set(options) - accepted)
        if unknown and not any(parameter.kind is parameter.VAR_KEYWORD for parameter in known):
            raise InputError(f"option {unknown[0]}={options[unknown[0]]!r} is not one that Kaca knows")
        self.options = options

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the operation that a Keras config describes: all but the name are options of its function."""
        try:
            refuse_endless(config)
            return cls(**config)
        except InputError as error:
            raise UnsupportedLayerError(f"operation {cls.__name__}: {error}") from error

    def get_config(self) -> dict[str, Any]:
        """Return the name and the options of the function; an operation does not learn."""
        at_call = _OPTIONS_OF_CALLS.get(type(self).__name__, ())
        return {key: value for key, value in self.config.items() if key not in at_call} | {"name": self.name}

    def written_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of a call, with the options that Keras takes there; Keras wants a slice in a list."""
        at_call = {
            key: self.config[key] for key in _OPTIONS_OF_CALLS.get(type(self).__name__, ()) if key in self.config
        }
        return tuple([arg] if isinstance(arg, slice) else arg for arg in args), {**at_call, **kwargs}

    def forward(self, *inputs: Any, mask: Any = None, training: Any = None, rng: Any = None, **named: Any) -> Any:
        """Apply the function; training and random numbers do not concern it."""
        del training, rng
        named |= {} if mask is None else {"mask": mask}
        with np.errstate(all="ignore"):
            return self.call(*inputs, **named)

    def call(self, *inputs: Any, **named: Any) -> Any:
        """Apply the function to tensors and constants."""
        try:
            return self.function(*inputs, **(self.options | named))
        except KacaError as error:
            raise InputError(f"{self}: {error}") from error
        except _UNFIT as error:
            raise InputError(f"{self} cannot be computed for its inputs: {error}") from error

    def backward_of(
        self, *inputs: Any, mask: Any = None, training: Any = True, rng: Any = None, **named: Any
    ) -> tuple[Any, Backward]:
        """Apply the function, and return the function from dy to the gradients of its arguments."""
        del training, rng
        named |= {} if mask is None else {"mask": mask}
        with np.errstate(all="ignore"):
            return self.call_with_backward(*inputs, **named)

    def call_with_backward(self, *inputs: Any, **named: Any) -> tuple[Any, Backward]:
        """Return y, and the function from dy to the gradients of the arguments."""
        gradient = type(self).gradient
        if gradient is None:
            return super().call_with_backward(*inputs, **named)
        y = self.call(*inputs, **named)  # raises for arguments that do not fit
        bound = signature(self.function).bind(*inputs, **(self.options | named))

        def backward(dy: Any) -> tuple[ArgumentGradients, Gradients]:
            found = gradient(dy, y, *bound.args, **bound.kwargs)
            many = any(p.kind is p.VAR_POSITIONAL for p in signature(self.function).parameters.values())
            parts = found if many or isinstance(found, tuple) else (found,)
            names = [*map(str, range(len(inputs)))] if many else [*signature(self.function).parameters]
            by_name = dict(zip(names, parts, strict=False))
            of_args = tuple(_fitting(by_name.get(name), x) for name, x in zip(names, inputs, strict=False))
            return ArgumentGradients(of_args, {name: _fitting(by_name.get(name), x) for name, x in named.items()}), {}

        return y, backward

    def follow(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, build: bool = False) -> Any:
        """Return the shape of the output of a call of `Symbol`s; constants count too."""
        del build
        try:
            with np.errstate(all="ignore"):
                return type(self).shape_rule(self._called(args, kwargs))
        except KacaError:
            raise
        except _UNFIT as error:
            raise InputError(f"its arguments do not fit: {error}") from error

    def work_of_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Work:
        """Return what a call costs, once all sizes are known."""
        call = self._called(args, kwargs)
        with np.errstate(all="ignore"):
            result = type(self).shape_rule(call)
        read, written = numbers_in(call.shapes), numbers_in(result)
        rule = type(self).work_rule
        more = Work() if rule is None else rule(call, result)
        return Work(read + written + more.operations, (read + written) * self.number_bytes + more.workspace)

    def call_mixes_rows(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Return whether row i of what a call returns depends on more than row i of its tensors."""
        return not type(self).keeps_rows(self._called(args, kwargs))

    def _called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        return Call(self.function, args, self.options | kwargs)

    @property
    def number_bytes(self) -> int:
        """Most operations compute in float32, whatever their policy says."""
        return 4

    def multiply_adds(self, *shapes: Any, **named_shapes: Any) -> int:
        """Count nothing: element by element there are few."""
        return 0


def _fitting(gradient: Any, x: Any) -> Any:
    """Return a gradient in the type of its argument; what holds no floating-point numbers has none."""
    if isinstance(x, list | tuple) and gradient is not None:
        return [_fitting(part, each) for part, each in zip(gradient, x, strict=True)]
    if gradient is None or not isinstance(x, np.ndarray | np.generic) or x.dtype.kind != "f":
        return None
    return np.asarray(gradient).astype(x.dtype, copy=False)
