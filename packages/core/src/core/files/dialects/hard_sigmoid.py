"""The hard sigmoid of Keras 2, ``min(max(0.2 x + 0.5, 0), 1)``, for which Keras 3 has no name but layers that compute it."""

from __future__ import annotations

from typing import Any

from core.dtypes import policy
from core.files.dialects import HARD_SIGMOID


def in_layers(dtype: object) -> dict[str, Any]:
    """Describe it as a pipeline of two layers of Keras 3, which compute in the type of the layer around."""
    common = {"trainable": True, "dtype": policy(dtype).name}
    layers = [
        _layer("Rescaling", {"name": "rescaling", "scale": 0.2, "offset": 0.5} | common),
        _layer("ReLU", {"name": "re_lu", "max_value": 1.0, "negative_slope": 0.0, "threshold": 0.0} | common),
    ]
    return _layer("Pipeline", {"layers": layers, "name": HARD_SIGMOID})


def _layer(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}


def by_name(nest: Any) -> Any:
    """Return a config in which the name stands wherever one of Keras 3 describes it by layers."""
    if isinstance(nest, list):
        return [by_name(item) for item in nest]
    if not isinstance(nest, dict):
        return nest
    return HARD_SIGMOID if _is_in_layers(nest) else {key: by_name(value) for key, value in nest.items()}


def _is_in_layers(entry: dict[str, Any]) -> bool:
    try:
        return entry.get("class_name") == "Pipeline" and entry == in_layers(
            entry["config"]["layers"][0]["config"]["dtype"]
        )
    except (KeyError, IndexError, TypeError, ValueError):
        return False
