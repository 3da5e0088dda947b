"""Steps that treat every number by itself: scale and shift, ReLU, any other activation, and sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from core.arrays import Array
from core.kernels.kernel import BoundCall, Kernel, Same, along_row
from core.kernels.workspace import Workspace
from core.ops.activations import Activation, glu, linear, relu, relu6


class Affine(Kernel):
    """y = x * scale + shift, scale and shift (channels,)."""

    def __init__(self, scale: Array, shift: Array) -> None:
        self.scale = scale
        self.shift = shift

    def fuse(self, following: Kernel) -> Kernel | None:
        """Let a step that can scale its weights do it, if nothing is shifted."""
        return following.scaled(self.scale) if isinstance(following, Scalable) and not self.shift.any() else None

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Multiply, then add."""
        yield partial(np.multiply, sources[0], along_row(self.scale, target), target)
        yield partial(np.add, target, along_row(self.shift, target), target)


class Scalable(Kernel):
    """A step whose weights can take a factor of its input, channel by channel, into themselves."""

    def scaled(self, scale: Array) -> Kernel:
        """Return the step for an input that still has to be multiplied by `scale`."""
        raise NotImplementedError


class Rectify(Kernel):
    """y = max(x, 0), and not more than `ceiling` where there is one."""

    def __init__(self, ceiling: float | None = None) -> None:
        self.ceiling = ceiling

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Compare with rows of zeros: NumPy compares with an array three times as fast as with a number."""
        yield partial(np.maximum, sources[0], along_row(np.zeros((), np.float32), target), out=target)
        if self.ceiling is not None:
            yield partial(np.minimum, target, along_row(np.full((), self.ceiling, np.float32), target), out=target)


class Pointwise(Kernel):
    """y = function(x), for an activation that has no faster form."""

    def __init__(self, function: Activation) -> None:
        self.function = function

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Apply the function and keep its result in the buffer."""
        source, function = sources[0], self.function

        def call() -> None:
            np.copyto(target, function(source))

        yield call


class Sum(Kernel):
    """y = x_1 + x_2 + ..., all of one shape."""

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Add one after the other."""
        yield partial(np.add, sources[0], sources[1], target)
        for source in sources[2:]:
            yield partial(np.add, target, source, target)


def activated(step: Kernel, function: Activation) -> Kernel | None:
    """Return `step` with an activation behind it."""
    activation = activate(function)
    return None if activation is None else step.fuse(activation)


def activate(function: Activation) -> Kernel | None:
    """Return the step of an activation; `glu` has none, for it halves the channels."""
    if function is glu:
        return None
    if function is linear:
        return Same()
    if function is relu:
        return Rectify()
    return Rectify(6.0) if function is relu6 else Pointwise(function)
