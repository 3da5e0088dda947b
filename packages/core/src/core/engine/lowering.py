"""From a layer to the kernel that does its work on tiles and buffers: one table."""

from __future__ import annotations

from typing import Any

from core.layers.base import Layer


def lower(layer: Layer) -> Any:
    """Return the kernel of a layer at inference, in float32, or None: it stays as it is."""
    fast = getattr(type(layer), "fast", None)
    return None if fast is None else fast(layer)
