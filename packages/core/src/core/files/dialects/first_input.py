"""The input of a line that says none, from the first kernel in its file: the kernel has a row for each feature.

How many steps or positions come is left open: a later layer that must know it says so.
"""

from __future__ import annotations

from core.arrays import Shape
from core.files import hdf5
from core.files.hdf5_format import Dataset, Group
from core.layers.base import Layer
from core.layers.names import snake_case

#: Axes between the batch and the features, for layers whose first parameter is (..., features, units).
_AXES_BETWEEN = {
    "Dense": 0, "LSTM": 1, "GRU": 1, "SimpleRNN": 1, "Bidirectional": 1, "Conv1D": 1, "Conv2D": 2, "Conv3D": 3,
}  # fmt: skip
#: Layers that leave the shape as it is.
_PASSING = ("Activation", "Dropout", "GaussianNoise", "GaussianDropout", "Masking", "ReLU", "LeakyReLU", "Rescaling")


def shape_from_weights(layers: list[Layer], root: Group) -> Shape | None:
    """Return the shape of one input, sizes that are not known as None; None where the file does not say it."""
    for position, layer in enumerate(layers):
        kind = type(layer).__name__
        if kind == "Embedding":
            return (None,)
        if kind in _AXES_BETWEEN:
            kernel = _kernel(layer, root, sum(type(one).__name__ == kind for one in layers[:position]))
            if kernel is None or len(kernel) < 2:
                return None
            return (*(None,) * _AXES_BETWEEN[kind], kernel[-2] * int(getattr(layer, "groups", 1)))
        if kind not in _PASSING:
            return None
    return None


def _kernel(layer: Layer, root: Group, number: int) -> tuple[int, ...] | None:
    """Return the shape of a layer's first kernel, in a group by layers or by numbers."""
    groups = hdf5.index_groups(root)
    kind = _numbered(layer, number)
    folders = [path for path in groups if path.split("/")[0] == layer.name or f"{path}/".startswith(f"layers/{kind}/")]
    for path in sorted(folders, key=len):
        group = groups[path]
        for name in ("kernel:0", "kernel", "0"):
            found = group.open(name) if name in group.links else None
            if isinstance(found, Dataset) and len(found.shape) >= 2:
                return tuple(found.shape)
    return None


def _numbered(layer: Layer, number: int) -> str:
    """Return the name under which Keras numbers a layer: its class, counted."""
    kind = snake_case(type(layer).__name__)
    return f"{kind}_{number}" if number else kind
