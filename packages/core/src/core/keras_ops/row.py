"""A raw operation is one row: what it computes, the shape and the gradient of that, what it costs, where Keras keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from core.keras_ops.operation import Call, Operation, ShapeRule, WorkRule
from core.keras_ops.row_rules import RowRule, mixes_rows
from core.layers.file_format import FileFormat
from core.layers.names import signature

#: (gradient of the output, output, arguments of the function) -> that of the first argument, or those of the first few in a
#: tuple; None where nothing flows back.
Gradient: TypeAlias = Callable[..., Any]

#: Keras' modules.
NUMPY, CORE, NN, MATH, LINALG = (f"keras.src.ops.{name}" for name in ("numpy", "core", "nn", "math", "linalg"))

#: What sorting costs a number for each doubling of their count; what a number costs that is not summed by BLAS.
SORTED = PLAIN = 8


def flat(dy: Any, y: Any, *args: Any, **options: Any) -> None:
    """dx = 0: what comes out jumps, or does not depend on the numbers at all."""
    del dy, y, args, options


@dataclass(frozen=True)
class Row:
    """One raw operation: `gradient` is None where it is not known, `work` where a call only reads and writes its numbers."""

    function: Callable[..., Any]
    shape: ShapeRule
    gradient: Gradient | None
    keeps_rows: RowRule = mixes_rows
    work: WorkRule | None = None
    module: str = NUMPY

    def operation(self, name: str) -> type[Operation]:
        """Make the class of the operation, under Keras' name for it."""
        members = {
            "file_format": FileFormat(module=self.module, numbered=False),
            "__doc__": self.function.__doc__,
            "__module__": Operation.__module__,
            "function": staticmethod(self.function),
            "shape_rule": staticmethod(self.shape),
            "gradient": None if self.gradient is None else staticmethod(self.gradient),
            "keeps_rows": staticmethod(self.call_keeps_rows),
            "work_rule": None if self.work is None else staticmethod(self.work),
        }
        return type(name, (Operation,), members)

    def call_keeps_rows(self, call: Call) -> bool:
        """Return whether row i of what a call returns depends on row i of its tensors alone."""
        try:
            bound = signature(call.function).bind(*call.args, **call.options)
        except TypeError:  # an argument lacks; the call itself will say so
            return False
        bound.apply_defaults()
        return self.keeps_rows(bound.arguments)
