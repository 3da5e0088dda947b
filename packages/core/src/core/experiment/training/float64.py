"""A trained Keras network in float64: the reference that shows how much float32 rounds."""

from __future__ import annotations

from typing import Any

import keras


def in_float64(model: keras.Model) -> keras.Model:
    """Return the same network with the same weights, computing in float64. Token ids and strings keep their types."""
    same = type(model).from_config(_in_float64(model.get_config()))
    same.set_weights(model.get_weights())
    return same


def _in_float64(config: Any) -> Any:
    """Turn every float32 policy in a config, a name or a dict that holds one, into float64."""
    if isinstance(config, dict):
        return {key: _policy(value) if key == "dtype" else _in_float64(value) for key, value in config.items()}
    return type(config)(_in_float64(value) for value in config) if isinstance(config, list | tuple) else config


def _policy(dtype: Any) -> Any:
    if isinstance(dtype, dict):
        return "float64" if dtype.get("config", {}).get("name") == "float32" else dtype
    return "float64" if dtype == "float32" else dtype
