"""Lowering of the layers over images: see `core.engine.lowering`."""

from __future__ import annotations

import numpy as np

from core.engine.lower import Lower
from core.kernels.elementwise import Affine
from core.kernels.kernel import Kernel, Same
from vision.layers.rescaling import Rescaling
from vision.layers.residual import StochasticDepth


def _rescaling(layer: Rescaling) -> Kernel | None:
    """Scale and shift each channel."""
    if layer.scale.ndim > 1 or layer.offset.ndim > 1:
        return None
    return Affine(layer.scale.astype(np.float32), layer.offset.astype(np.float32))


LOWERING: dict[type, Lower] = {Rescaling: _rescaling, StochasticDepth: lambda _: Same()}
