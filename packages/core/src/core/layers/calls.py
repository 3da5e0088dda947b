"""How a graph calls a layer: with the masks that Keras would hand it, forward and backward, and on shapes alone.

The arguments of a call are nests. Of a tensor whose shape alone is known stands a `Symbol`; what is neither a tensor nor an
array is a constant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.arrays import Shape
from core.layers.context import Context
from core.layers.gradients import ArgumentGradients, Backward
from core.layers.names import signature
from core.layers.work import Work
from core.nests import leaves, map_nest

#: The positional arguments of a call, and those by name.
Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Symbol:
    """A tensor whose shape alone is known."""

    shape: Shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)


class Calls:
    """The calls of a layer in a graph. A model inside a model, and a raw operation, answer them in their own way."""

    #: True where a mask passes through to the output (or `compute_mask` makes one); otherwise it ends here.
    supports_masking: ClassVar[bool] = False
    #: The arguments of `call` that carry tensors and context; found from its signature.
    call_arguments: ClassVar[tuple[str, ...]] = ()

    # What `Layer` brings.
    forward: Any
    backward_of: Any
    compute_mask: Any
    build: Any
    compute_output_shape: Any
    work: Any
    mixes_rows: Any

    def apply(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], masks: Mapping[str, Any], context: Context
    ) -> tuple[Any, Any]:
        """Return the output of a call and its mask.

        `masks` names the arguments that hold tensors, each with its mask or None. A layer with one tensor argument receives
        its mask as `mask`, a layer with several as ``<argument>_mask``, where its `call` asks for them.
        """
        kwargs, mask = self._with_masks(kwargs, masks)
        outputs = self.forward(*args, **kwargs, **self._trains(context))
        return outputs, self._output_mask(args, mask)

    def apply_with_backward(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], masks: Mapping[str, Any], context: Context
    ) -> tuple[Any, Any, Backward]:
        """Do as `apply`, and return the function from dy to the `ArgumentGradients` and those of the parameters."""
        kwargs, mask = self._with_masks(kwargs, masks)
        outputs, inner = self.backward_of(*args, **kwargs, **self._trains(context))

        def backward(dy: Any) -> tuple[ArgumentGradients, Any]:
            dx, gradients = inner(dy)
            return self._by_argument(dx, len(args), masks), gradients

        return outputs, self._output_mask(args, mask), backward

    def _trains(self, context: Context) -> dict[str, Any]:
        """Return the words for `forward`: a layer that draws at random stays as in prediction where nothing may be drawn."""
        if context.training is None:
            return {"rng": context.rng}
        training = context.training and (context.draws or "rng" not in self.call_arguments)
        return {"training": training, "rng": context.rng}

    def _with_masks(self, kwargs: dict[str, Any], masks: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        """Return the arguments by name with the masks among them, and the mask that the output inherits."""
        if len(masks) == 1:
            found = {"mask": next(iter(masks.values()))}
        else:
            found = {f"{name}_mask": mask for name, mask in masks.items()}
        found = {name: mask for name, mask in found.items() if name in self.call_arguments and kwargs.get(name) is None}
        given = kwargs.get("mask")
        return kwargs | found, next(iter(masks.values()), None) if given is None else given

    def _output_mask(self, args: tuple[Any, ...], mask: Any) -> Any:
        return self.compute_mask(args[0], mask) if self.supports_masking and args else None

    def _by_argument(self, dx: Any, count: int, masks: Mapping[str, Any]) -> ArgumentGradients:
        """Return what a layer says of dx by argument: a plain dx is that of the first tensor."""
        if isinstance(dx, ArgumentGradients):
            return dx
        named = dx if isinstance(dx, dict) else {next(iter(masks), ""): dx}
        places = self.call_arguments[:count]
        by_name = {name: gradient for name, gradient in named.items() if name not in places}
        return ArgumentGradients(tuple(named.get(name) for name in places), by_name)

    # --- on shapes alone --------------------------------------------------------------------------------------------

    def shapes_of_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
        """Return the shapes of the tensors among the arguments; constant arrays are tensors as well, masks are not.

        A constant that `compute_output_shape` asks for by its name stands beside them.
        """
        shaping = signature(type(self).compute_output_shape).parameters
        shapes = tuple(map_nest(_shape_of, arg) for arg in args if _holds_tensor(arg))
        named = {
            key: map_nest(_shape_of, value)
            for key, value in kwargs.items()
            if (key != "mask" and any(isinstance(leaf, Symbol) for leaf in leaves(value)))
            or (not key.endswith("mask") and _holds_tensor(value))
            or key in shaping
        }
        return shapes, named

    def follow(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, build: bool = False) -> Any:
        """Return the shape, or the nest of shapes, that a call gives; with `build` the layer declares its parameters."""
        shapes, named = self.shapes_of_call(args, kwargs)
        if build:
            self.build(*shapes, **named)
        return self.compute_output_shape(*shapes, **named)

    def work_of_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Work:
        """Return what a call costs, once all sizes are known."""
        shapes, named = self.shapes_of_call(args, kwargs)
        found: Work = self.work(*shapes, **named)
        return found

    def call_mixes_rows(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Return whether a call mixes the rows of its inputs; see `Layer.mixes_rows`."""
        given = list(leaves([*args, *kwargs.values()]))
        if any(isinstance(leaf, np.ndarray) and leaf.ndim for leaf in given):
            return True  # a constant beside the rows has rows of its own
        return bool(self.mixes_rows(*(leaf.shape for leaf in given if isinstance(leaf, Symbol))))


def _holds_tensor(nest: Any) -> bool:
    return any(isinstance(leaf, Symbol | np.ndarray) for leaf in leaves(nest))


def _shape_of(leaf: Any) -> Any:
    """Return the shape of a tensor, or of a constant array, of which one row stands for as many as there are."""
    if isinstance(leaf, Symbol):
        return leaf.shape
    if not isinstance(leaf, np.ndarray):
        return leaf
    return (None, *leaf.shape[1:]) if leaf.shape[:1] == (1,) else leaf.shape
