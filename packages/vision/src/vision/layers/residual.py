"""Layers that the networks of `keras.applications` define for themselves: how a residual branch joins its block."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape
from core.checks import integer, number
from core.errors import InputError
from core.layers.base import Layer
from core.layers.file_format import FileFormat
from core.layers.gradients import Backward, Gradients
from core.layers.merging.merge import Merge, MergeBackward, shapes_in
from core.layers.regularization.dropout import DropoutLayer
from core.ops.broadcasting import unbroadcast


class CustomScaleLayer(Merge):
    """y = x + scale * branch, for a list of two tensors: the blocks of InceptionResNetV2.

    Source: Szegedy et al. 2016, https://arxiv.org/abs/1602.07261
    """

    file_format = FileFormat(module="keras.src.applications.inception_resnet_v2")
    supports_masking = False

    def __init__(self, scale: float, **common: Any) -> None:
        super().__init__(**common)
        self.scale = number(scale, "scale")

    def compute_output_shape(self, input_shapes: Any) -> Shape:
        """Broadcast the two shapes."""
        if len(shapes_in(input_shapes)) != 2:
            raise InputError(f"takes two tensors, got {len(input_shapes)}")
        return super().compute_output_shape(input_shapes)

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> tuple[Array, MergeBackward]:
        """Return x + scale * branch; dx = dy, d branch = scale * dy."""
        x, branch = inputs
        return x + branch * branch.dtype.type(self.scale), lambda dy: [dy, dy * dy.dtype.type(self.scale)]


class LayerScale(Layer):
    """y = x * gamma, gamma (projection_dim,): the blocks of ConvNeXt.

    Source: Touvron et al. 2021, https://arxiv.org/abs/2103.17239
    """

    file_format = FileFormat(module="keras.src.applications.convnext")

    def __init__(self, init_values: float, projection_dim: int, **common: Any) -> None:
        super().__init__(**common)
        number(init_values, "init_values")  # where gamma starts before training
        self.projection_dim = integer(projection_dim, "projection_dim")

    def build(self, input_shape: Shape) -> None:
        """Declare gamma."""
        self.expect(axes={-1: input_shape[-1]})
        self.declare("gamma", (self.projection_dim,))

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the scaled input; dx = gamma * dy, d gamma = sum of x * dy."""
        gamma = self.computing("gamma")

        def backward(dy: Array) -> tuple[Array, Gradients]:
            return dy * gamma, self.gradients(gamma=unbroadcast(dy * x, gamma.shape))

        return x * gamma, backward


class StochasticDepth(DropoutLayer):
    """y = x at inference; in training whole examples are dropped, y = x * keep / (1 - rate): the blocks of ConvNeXt.

    Source: Huang et al. 2016, https://arxiv.org/abs/1603.09382
    """

    file_format = FileFormat(module="keras.src.applications.convnext")

    def __init__(self, drop_path_rate: float, **common: Any) -> None:
        super().__init__(number(drop_path_rate, "drop_path_rate"), None, **common)

    def draw_shape(self, x: Array) -> tuple[int, ...]:
        """One draw for each example."""
        return (len(x), *(1 for _ in x.shape[1:]))
