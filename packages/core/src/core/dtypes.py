"""A dtype policy says in which type a layer keeps its parameters and in which it computes.

Keras: ``"float32"`` means both; ``"mixed_float16"`` keeps float32 parameters and computes in float16. NumPy has no
bfloat16: it is float32 here, rounded to bfloat16 as it goes into a layer and as it comes out (Keras rounds within, too).
Source: https://keras.io/api/mixed_precision/policy/
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import InputError

_POLICIES = {
    "float16": ("float16", "float16"),
    "float32": ("float32", "float32"),
    "float64": ("float64", "float64"),
    "mixed_float16": ("float16", "float32"),
    "bfloat16": ("bfloat16", "bfloat16"),
    "mixed_bfloat16": ("bfloat16", "float32"),
} | {
    # Layers over tokens and strings carry integer or string policies; they have no parameters to keep.
    name: (name, name)
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "bool", "string")
}


@dataclass(frozen=True)
class DTypePolicy:
    """The type a layer computes in, and the type it keeps its parameters in."""

    name: str
    compute: str
    variable: str

    @property
    def compute_dtype(self) -> np.dtype:
        """The NumPy type of inputs and outputs."""
        return np.dtype(np.str_) if self.compute == "string" else _in_numpy(self.compute)

    @property
    def variable_dtype(self) -> np.dtype:
        """The NumPy type of parameters."""
        return _in_numpy(self.variable)

    @property
    def rounds(self) -> bool:
        """Whether values are rounded to bfloat16."""
        return self.compute == "bfloat16"


def _in_numpy(name: str) -> np.dtype:
    return np.dtype(np.float32 if name == "bfloat16" else name)


def policy(value: object) -> DTypePolicy:
    """Read a policy from a config: a name, or Keras' ``{"class_name": "DTypePolicy", "config": {"name": ...}}``."""
    name = value
    if isinstance(value, DTypePolicy):
        return value
    if isinstance(value, dict):
        inner = value.get("config")
        if value.get("class_name") not in {"DTypePolicy", "Policy"} or not isinstance(inner, dict):
            raise InputError(f"dtype must be a plain policy (quantized ones cannot be exact), got {value!r}")
        name = inner.get("name")
    if name is None:
        name = "float32"
    if not isinstance(name, str) or name not in _POLICIES:
        raise InputError(f"dtype must be one of {', '.join(_POLICIES)}, got {name!r}")
    return DTypePolicy(name, *_POLICIES[name])
