"""The hard sigmoid of Keras 2, ``min(max(0.2 x + 0.5, 0), 1)``, for which Keras 3 has no name but layers that compute it."""

from __future__ import annotations

from typing import Any

from core.dtypes import policy

#: Its name in Kaca.
NAME = "hard_sigmoid_keras2"


def in_layers(dtype: object) -> dict[str, Any]:
    """Describe it as a pipeline of two layers of Keras 3, which compute in the type of the layer around."""
    common = {"trainable": True, "dtype": policy(dtype).name}
    layers = [
        _layer("Rescaling", {"name": "rescaling", "scale": 0.2, "offset": 0.5} | common),
        _layer("ReLU", {"name": "re_lu", "max_value": 1.0, "negative_slope": 0.0, "threshold": 0.0} | common),
    ]
    return _layer("Pipeline", {"layers": layers, "name": NAME})


def _layer(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}


def is_in_layers(identifier: object) -> bool:
    """Return whether a config describes it so."""
    if not isinstance(identifier, dict) or identifier.get("class_name") != "Pipeline":
        return False
    try:
        return identifier == in_layers(identifier["config"]["layers"][0]["config"]["dtype"])
    except (KeyError, IndexError, TypeError, ValueError):
        return False
