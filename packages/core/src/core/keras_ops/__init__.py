"""The raw operations of a Functional model, one row each: function, shape, gradient, rows, work, and Keras' module."""

from core.keras_ops import (
    activation,
    arithmetic,
    attention,
    categories,
    conversion,
    einsum,
    elementwise,
    joining,
    normalization,
    products,
    reductions,
    shaping,
    sorting,
    statistics,
    taking,
)
from core.keras_ops.operation import Operation

_FAMILIES = (
    activation, arithmetic, attention, categories, conversion, einsum, elementwise, joining, normalization, products,
    reductions, shaping, sorting, statistics, taking,
)  # fmt: skip

#: What core brings to `core.load_model`, by Keras' class name of the operation.
OPERATIONS: dict[str, type[Operation]] = {
    name: row.operation(name) for family in _FAMILIES for name, row in family.ROWS.items()
}

__all__ = ["OPERATIONS"]
