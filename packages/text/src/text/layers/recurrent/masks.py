"""The mask of a sequence: which time steps count."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.graph import leaves
from core.layer import Layer


def check_mask(mask: Any, sequences: Array, layer: Layer) -> Array | None:
    """Give a mask as booleans (batch, time); a last axis of size 1 is dropped, as Keras allows it."""
    if mask is None or (mask := next(leaves(mask))) is None:
        return None
    mask = np.asarray(mask).astype(bool, copy=False)
    if mask.ndim == 3 and mask.shape[2] == 1:
        mask = mask[:, :, 0]
    if mask.shape != sequences.shape[:2]:
        raise InputError(f"{layer} expects a mask of shape {sequences.shape[:2]}, got {mask.shape}")
    return cast(Array, mask)
