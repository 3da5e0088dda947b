"""A matrix product whose sums are taken in parts, because a sum of thousands of terms taken one by one loses digits."""

from __future__ import annotations

import numpy as np

from core.arrays import Array

#: Terms that BLAS adds up in one go. Measured on networks with 3,600 to 12,544 inputs: below 1,000 the rounding is that
#: of the data itself, a tenth of what it is for the whole sum; below 500 many small products begin to cost time.
PART = 512


def product(x: Array, kernel: Array) -> Array:
    """y = x @ kernel, for x (..., inputs) and kernel (inputs, outputs); a new array."""
    y = x[..., :PART] @ kernel[:PART]
    for start in range(PART, len(kernel), PART):
        y += x[..., start : start + PART] @ kernel[start : start + PART]
    return y


def column_sums(x: Array) -> Array:
    """Sum over all axes but the last, (..., n) -> (n,), as a product with ones: faster, and it keeps more digits."""
    rows = x.reshape(-1, x.shape[-1])
    return np.ones(len(rows), x.dtype) @ rows
