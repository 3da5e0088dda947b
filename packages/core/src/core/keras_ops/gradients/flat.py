"""Operations that a gradient does not pass: what they give jumps, or does not depend on the numbers at all."""

from __future__ import annotations

from typing import Any

from core.arrays import Array

FLAT = (
    "Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "Isclose", "IsIn",
    "LogicalAnd", "LogicalOr", "LogicalXor", "LogicalNot", "Any", "All",
    "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseInvert", "BitwiseNot",
    "Argmax", "Argmin", "Argsort", "CountNonzero", "Digitize", "OneHot", "MultiHot",
    "Sign", "Floor", "Ceil", "Trunc", "Round", "FloorDivide", "Signbit",
    "Isnan", "Isinf", "Isfinite", "Isposinf", "Isneginf",
    "StopGradient", "ZerosLike", "EmptyLike", "OnesLike", "FullLike",
)  # fmt: skip


def nothing(dy: Array, y: Any, *args: Any, **options: Any) -> None:
    """dx = 0."""
    del dy, y, args, options
