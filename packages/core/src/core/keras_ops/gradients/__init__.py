"""The ways back through the raw operations, one table for each family; only training imports them.

A derivative takes the gradient of the output, the output, and the arguments of the function. It gives the gradient of the
first argument, or those of the first few in a tuple; None where nothing flows back.
"""

from core.keras_ops.gradients import activation, arithmetic, choosing, elementwise, networks, products, reductions
from core.keras_ops.gradients.flat import FLAT, nothing
from core.keras_ops.gradients.moving import TABLE as MOVING

DERIVATIVES = (
    dict.fromkeys(FLAT, nothing)
    | MOVING
    | activation.TABLE
    | arithmetic.TABLE
    | choosing.TABLE
    | elementwise.TABLE
    | networks.TABLE
    | products.TABLE
    | reductions.TABLE
)

__all__ = ["DERIVATIVES"]
