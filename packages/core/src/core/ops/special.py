"""The error function, which NumPy lacks: W. J. Cody's rational approximations, good to the last bit or two in float64.

Source: W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), 631-637;
coefficients as printed in his CALERF (1990).
"""

from __future__ import annotations

import numpy as np

from core.arrays import Array

_SMALL = 0.46875  # Cody's first border: below it erf itself is approximated, above it erfc
_LARGE = 4.0
_HUGE = 26.5  # exp(-x^2) underflows in float64: erfc is 0

_A = (
    1.85777706184603153e-1,
    3.16112374387056560e00,
    1.13864154151050156e02,
    3.77485237685302021e02,
    3.20937758913846947e03,
)
_B = (1.0, 2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03)
_C = (
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e00, 6.61191906371416295e01, 2.98635138197400131e02,
    8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03,
)  # fmt: skip
_D = (
    1.0, 1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03,
    3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03,
)  # fmt: skip
_P = (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4)  # fmt: skip  # noqa: E501
_Q = (1.0, 2.56852019228982242e00, 1.87295284992346725e00, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3)  # fmt: skip  # noqa: E501
_INVERSE_SQRT_PI = 5.6418958354775628695e-1


def erf(x: Array) -> Array:
    """Compute erf(x) = 2/sqrt(pi) * integral from 0 to x of exp(-t^2) dt, element by element, in the type of `x`."""
    value = np.asarray(x, dtype=np.float64)
    magnitude = np.abs(value)
    square = value * value
    near = value * np.polyval(_A, square) / np.polyval(_B, square)
    far = np.copysign(1.0 - _erfc_positive(np.clip(magnitude, _SMALL, _HUGE)), value)
    return np.where(magnitude <= _SMALL, near, far).astype(x.dtype)


def _erfc_positive(x: Array) -> Array:
    """Compute erfc for x >= _SMALL."""
    middle = np.polyval(_C, x) / np.polyval(_D, x)
    inverse_square = 1.0 / (x * x)
    tail = inverse_square * np.polyval(_P, inverse_square) / np.polyval(_Q, inverse_square)
    return np.exp(-x * x) * np.where(x <= _LARGE, middle, (_INVERSE_SQRT_PI - tail) / x)
