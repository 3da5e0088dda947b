"""What there is to learn: every trainable parameter of a model once, with the options that its layer's config gives it.

Keras writes an option for each kind of parameter, ``kernel_initializer`` or ``recurrent_regularizer``; those of a recurrent
layer stand in its own config and go for the cell inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.arrays import Array
from core.layers.base import Layer
from core.layers.gradients import Slot
from core.layers.names import snake_case

#: The first word of a parameter's options, where it is not the parameter's name.
_WORDS = {"recurrent_kernel": "recurrent", "depthwise_kernel": "depthwise", "pointwise_kernel": "pointwise"}


@dataclass(frozen=True)
class Parameter:
    """One array of one layer. `around` are the layers around that one, the innermost first, itself in front."""

    layer: Layer
    name: str
    around: tuple[Layer, ...]

    @property
    def slot(self) -> Slot:
        """The key of its gradient."""
        return self.layer, self.name

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.layer.parameter_shapes[self.name]

    @property
    def value(self) -> Array:
        """Its value. Raises `WeightMismatchError` where it has none yet."""
        value: Array = getattr(self.layer, self.name)
        return value

    @property
    def trainable(self) -> bool:
        """Whether training changes it by its gradient: not a statistic, and nothing around it is frozen."""
        return self.name not in self.layer.statistics and all(layer.trainable for layer in self.around)

    def option(self, kind: str) -> Any:
        """Return what the config says as ``<word>_<kind>``, for instance for ``"regularizer"``; None where it says nothing."""
        word = _WORDS.get(self.name, self.name)
        words = ("depthwise", word) if "depthwise_initializer" in self.layer.config and word == "kernel" else (word,)
        for layer in self.around:
            for key in (f"{first}_{kind}" for first in words):
                if key in layer.config:
                    return layer.config[key]
        return None

    def __str__(self) -> str:
        return f"{self.name!r} of {self.layer}"


def parameters(model: Layer) -> list[Parameter]:
    """List every parameter once, also where layers are shared."""
    return list({parameter.slot: parameter for parameter in _walk(model, ())}.values())


def _walk(layer: Layer, around: tuple[Layer, ...]) -> Iterator[Parameter]:
    chain = (layer, *around)
    for name in layer.parameter_shapes:
        yield Parameter(layer, name, chain)
    for child in layer.children.values():
        yield from _walk(child, chain)


def named(given: Any) -> tuple[str | None, Mapping[str, Any]]:
    """Read what a config names, as ``"max_norm"`` or ``{"class_name": "MaxNorm", "config": {...}}``: its name and options.

    The name is that of the function, whichever is given; None for anything else.
    """
    name: Any = given
    config: Mapping[str, Any] = {}
    if isinstance(given, Mapping):
        name, config = given.get("class_name"), given.get("config") or {}
    return (snake_case(name) if isinstance(name, str) else None), config
