"""The raw operations of a Functional model: one table of Keras' names, functions and shape rules for each family."""

from core.keras_ops import (
    activation,
    arithmetic,
    choosing,
    conversion,
    elementwise,
    joining,
    networks,
    products,
    reductions,
    shaping,
)
from core.keras_ops.gradients import DERIVATIVES
from core.keras_ops.homes import home_of
from core.keras_ops.operation import Operation, operation
from core.keras_ops.rows import row_rule
from core.keras_ops.work import WORK

_FAMILIES = (
    activation, arithmetic, choosing, conversion, elementwise, joining, networks, products, reductions, shaping,
)  # fmt: skip

#: What core brings to `core.load_model`, by Keras' class name of the operation.
OPERATIONS: dict[str, type[Operation]] = {
    name: operation(name, function, shape_rule, row_rule(name), home_of(name), WORK.get(name), DERIVATIVES.get(name))
    for family in _FAMILIES
    for name, (function, shape_rule) in family.TABLE.items()
}

__all__ = ["OPERATIONS"]
