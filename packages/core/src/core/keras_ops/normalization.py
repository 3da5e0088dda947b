"""Operations that bring numbers to a common scale, as `core.ops.normalization` has them, and the lengths that they divide by."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import axes_of, axis_of
from core.errors import InputError, UnsupportedLayerError
from core.keras_ops.operation import Call
from core.keras_ops.row import LINALG, NN, PLAIN, Row
from core.keras_ops.row_rules import of_axes
from core.keras_ops.shapes import numpy_axes, reduced, same
from core.layers.work import Work, numbers_in
from core.ops import normalization
from core.ops.promotion import floating

#: Keras' `backend.epsilon()`, where an operation is given none.
EPSILON = 1e-7


def norm(x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: A002  Keras' name
    """y = the length of vectors (one axis) or the size of matrices (two)."""
    x = floating(x)
    if axis is None:
        axis = tuple(range(x.ndim))
    chosen = numpy_axes(axis)
    if isinstance(chosen, tuple) and (len(chosen) == 1 or (ord is None and len(chosen) > 2)):
        chosen = chosen[0] if len(chosen) == 1 else chosen
    if ord is None:
        return np.sqrt(np.sum(np.square(x), axis=chosen, keepdims=keepdims))
    return np.asarray(np.linalg.norm(x, ord=ord, axis=chosen, keepdims=keepdims)).astype(x.dtype)


def _norm_gradient(dy: Array, y: Array, x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: A002
    """dx = dy * x / y for the length, dy * sign(x) for the sum of magnitudes."""
    del keepdims
    axes = tuple(range(x.ndim)) if axis is None else axes_of(axis, "axis", rank=x.ndim)
    length = ord is None or (ord == 2 and len(axes) == 1) or (ord == "fro" and len(axes) == 2)
    if not length and not (ord == 1 and len(axes) == 1):
        raise UnsupportedLayerError(f"the gradient of a norm of ord={ord!r} over {len(axes)} axes is not known")
    shape = [1 if position in axes else size for position, size in enumerate(x.shape)]
    spread = dy.reshape(shape)
    return spread * x / y.reshape(shape) if length else spread * np.sign(x)


def _work_of_norm(call: Call, result: Any) -> Work:
    del result
    axis = call.options.get("axis")
    order = call.options.get("ord")
    if not isinstance(axis, list | tuple) or len(axis) != 2 or order not in (2, -2, "nuc"):
        return Work()
    shape = call.shape
    sides = [int(shape[axis_of(position, "axis", rank=len(shape))] or 0) for position in axis]
    return Work(numbers_in([shape]) * min(sides) * PLAIN)  # singular values


def normalize(x: Array, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Array:
    """y = x / max(norm of x, epsilon)."""
    shortest = EPSILON if epsilon is None else epsilon
    if order == 2:
        return normalization.unit_length(np.asarray(x), numpy_axes(axis), shortest)
    length = np.linalg.norm(x, ord=order, axis=numpy_axes(axis), keepdims=True)
    return x / np.maximum(length, x.dtype.type(shortest))


def _normalize_gradient(
    dy: Array, _: Array, x: Array, axis: Any = -1, order: int = 2, epsilon: float | None = None
) -> Array:
    """That of bringing vectors to length 1."""
    if order != 2:
        raise UnsupportedLayerError(f"the gradient of normalize with order={order!r} is not known; use order=2")
    axes = tuple(range(x.ndim)) if axis is None else tuple(axes_of(axis, "axis", rank=x.ndim))
    return normalization.unit_length_gradient(dy, x, axes, EPSILON if epsilon is None else epsilon)


def _layer_normalization(
    x: Array, gamma: Any, beta: Any, axis: Any, epsilon: float | None, rms_scaling: bool
) -> tuple[Array, normalization.Backward]:
    """Lay gamma and beta along the normalized axes."""
    axes = axes_of(axis, "axis", rank=x.ndim)
    sizes = [size if position in axes else 1 for position, size in enumerate(x.shape)]
    along = [None if each is None else np.reshape(each, sizes) for each in (gamma, beta)]
    shortest = EPSILON if epsilon is None else epsilon
    return normalization.layer_normalization(x, axes, shortest, *along, rms_scaling=rms_scaling)


def layer_normalization(
    x: Array,
    gamma: Any = None,
    beta: Any = None,
    axis: Any = -1,
    epsilon: float | None = None,
    rms_scaling: bool = False,
) -> Array:
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta over `axis`."""
    x = np.asarray(x)
    return _layer_normalization(x, gamma, beta, axis, epsilon, rms_scaling)[0].astype(x.dtype, copy=False)


def _layer_normalization_gradient(
    dy: Array, _: Array, x: Array, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None,
    rms_scaling: bool = False,
) -> tuple[Array | None, ...]:  # fmt: skip
    dx, *found = _layer_normalization(x, gamma, beta, axis, epsilon, rms_scaling)[1](dy)
    shaped = zip(found, (gamma, beta), strict=True)
    return dx, *(None if each is None else each.reshape(np.shape(parameter)) for each, parameter in shaped)


def rms_normalization(x: Array, scale: Any = None, axis: Any = -1, epsilon: float | None = None) -> Array:
    """y = scale * x / sqrt(mean of x^2 over `axis` + epsilon)."""
    x = np.asarray(x)
    return _rms_normalization(x, scale, axis, epsilon)[0].astype(x.dtype, copy=False)


def _rms_normalization(x: Array, scale: Any, axis: Any, epsilon: float | None) -> Any:
    factor = None if scale is None else np.asarray(scale)
    axes = axes_of(axis, "axis", rank=x.ndim)
    return normalization.rms_normalization(x, axes, EPSILON if epsilon is None else epsilon, factor)


def _rms_normalization_gradient(
    dy: Array, _: Array, x: Array, scale: Any = None, axis: Any = -1, epsilon: float | None = None
) -> tuple[Array, Array | None]:
    found: tuple[Array, Array | None] = _rms_normalization(x, scale, axis, epsilon)[1](dy)
    return found


def batch_normalization(
    x: Array, mean: Any, variance: Any, offset: Any = None, scale: Any = None, *, axis: int, epsilon: float = 1e-3
) -> Array:
    """y = scale * (x - mean) / sqrt(variance + epsilon) + offset along `axis`."""
    if mean is None or variance is None:
        raise InputError("mean and variance must be given")
    center, spread, shift, factor = _along_axis(x, axis, mean, variance, offset, scale)
    assert center is not None
    assert spread is not None
    return normalization.batch_normalization(x, center, spread, epsilon, factor, shift)


def _along_axis(x: Array, axis: int, *parameters: Any) -> list[Array | None]:
    sizes = [1] * np.ndim(x)
    sizes[axis] = -1
    return [None if each is None else np.reshape(each, sizes) for each in parameters]


def _batch_normalization_gradient(
    dy: Array, _: Array, x: Array, mean: Any, variance: Any, offset: Any = None, scale: Any = None, *, axis: int,
    epsilon: float = 1e-3,
) -> tuple[Array | None, ...]:  # fmt: skip
    center, spread, factor = _along_axis(x, axis, mean, variance, scale)
    assert center is not None
    assert spread is not None
    dx, *found = normalization.batch_normalization_gradient(dy, x, center, spread, epsilon, factor)
    d_mean, d_variance, d_scale, d_offset = (each.ravel() for each in found)
    return dx, d_mean, d_variance, None if offset is None else d_offset, None if scale is None else d_scale


_AXIS = of_axes("axis")
ROWS = {
    "Norm": Row(norm, reduced, _norm_gradient, _AXIS, _work_of_norm, LINALG),
    "Normalize": Row(normalize, same, _normalize_gradient, _AXIS, module=NN),
    "LayerNorm": Row(layer_normalization, same, _layer_normalization_gradient, _AXIS, module=NN),
    "RMSNorm": Row(rms_normalization, same, _rms_normalization_gradient, _AXIS, module=NN),
    "BatchNorm": Row(batch_normalization, same, _batch_normalization_gradient, _AXIS, module=NN),
}
