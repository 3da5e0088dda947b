"""Array functions that several packages share: padding, windows, convolution, pooling, special functions."""
