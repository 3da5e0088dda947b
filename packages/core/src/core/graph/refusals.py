"""What Python and NumPy raise while a layer runs becomes one error that names the layer and what came in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from core.errors import InputError, KacaError
from core.nests import leaves

#: What a function of NumPy, or a layer, raises on inputs that do not fit it.
FOREIGN = (
    MemoryError, RecursionError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError,
)  # fmt: skip

_Method = TypeVar("_Method", bound=Callable[..., Any])


def refusal(layer: object, inputs: Any, error: BaseException) -> KacaError:
    """Return the error to raise in the place of `error`: itself, if it is one of ours."""
    if isinstance(error, KacaError):
        return error
    came = ", ".join(_described(leaf) for leaf in leaves(inputs)) or "no tensors"
    if isinstance(error, MemoryError) or "array is too big" in str(error):
        return InputError(f"{layer} needs more memory than there is, for inputs of {came}: {error}; give fewer rows")
    if isinstance(error, RecursionError):
        return InputError(f"{layer} is nested too deep to be run")
    return InputError(f"{layer} cannot be run on inputs of {came}: {type(error).__name__}: {error}")


def refusing(method: _Method) -> _Method:
    """Let a method of a model raise no `MemoryError` or `RecursionError`: whatever it does, they become `InputError`."""

    @wraps(method)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except (MemoryError, RecursionError) as error:
            raise refusal(self, [leaf for leaf in args if isinstance(leaf, np.ndarray)], error) from error

    return cast(_Method, checked)


def _described(leaf: Any) -> str:
    return f"{leaf.dtype} {leaf.shape}" if isinstance(leaf, np.ndarray | np.generic) else type(leaf).__name__
