"""Rules of the functions that networks are made of (``tf.nn``, ``tf.image``), and of those that are layers of Keras 3."""

from __future__ import annotations

from typing import Any

from core.errors import UnsupportedLayerError
from core.files.dialects.tensorflow.calls import Function, Given, Step, holds_tensor


def length(given: Given) -> list[Step]:
    """Compute a norm; 'euclidean' is that of vectors, or of matrices for two axes."""
    kind, axis = given.take("ord", "euclidean"), given.take("axis")
    if kind == "euclidean":
        kind = None if axis is None else "fro" if isinstance(axis, list) and len(axis) == 2 else 2
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    keepdims = bool(given.take("keepdims", given.take("keep_dims", False)))
    return [Step("Norm", [given.first], {"ord": kind, "axis": axis, "keepdims": keepdims})]


def unit_length(given: Given) -> list[Step]:
    """Divide by the length."""
    shortest = float(given.take("epsilon", 1e-12)) ** 0.5  # TensorFlow bounds the square of the length
    axis = given.take("axis", given.take("dim"))
    return [Step("Normalize", [given.first], {"axis": axis, "order": 2, "epsilon": shortest})]


def bias_add(given: Given) -> list[Step]:
    """Add one number for each channel."""
    given.only("data_format", "NHWC", "NWC", "NDHWC")
    return [Step("Add", [given.first, given.tensor("bias")])]


def silu(given: Given) -> list[Step]:
    """Compute x * sigmoid(x)."""
    given.only("beta", 1.0)
    return [Step("Silu", [given.first])]


def softmax(operation: str) -> Function:
    """Make the rule of a softmax."""

    def steps(given: Given) -> list[Step]:
        return [Step(operation, [given.first], {"axis": given.take("axis", given.take("dim", -1))})]

    return steps


def pool(layer: str) -> Function:
    """Make the rule of pooling, which is a layer of Keras 3."""

    def steps(given: Given) -> list[Step]:
        given.only("data_format", "NHWC")
        size, strides = (_window(given, given.take(name)) for name in ("ksize", "strides"))
        options = {"pool_size": size, "strides": strides, "padding": str(given.take("padding")).lower()}
        return [Step(layer, [given.first], options, is_layer=True)]

    return steps


def _window(given: Given, size: Any) -> Any:
    """Return the height and width of a window, which TensorFlow also writes with the batch and the channels."""
    if isinstance(size, list) and len(size) == 4:
        if size[0] != 1 or size[3] != 1:
            raise UnsupportedLayerError(f"{given.title}: windows over the batch or the channels are not supported")
        return size[1:3]
    return size


def resize(given: Given) -> list[Step]:
    """Resize images, which is a layer of Keras 3."""
    given.only("preserve_aspect_ratio", False)
    given.only("antialias", False)
    method, size = given.take("method", "bilinear"), given.take("size")
    if not isinstance(size, list) or len(size) != 2 or holds_tensor(size):
        raise UnsupportedLayerError(f"{given.title}: a size that is computed is not supported")
    options = {"height": size[0], "width": size[1], "interpolation": method}
    return [Step("Resizing", [given.first], options, is_layer=True)]


def layer(name: str, **options: Any) -> Function:
    """Make the rule of a function that is a layer of Keras 3."""
    return lambda given: [Step(name, [given.first], options, is_layer=True)]
