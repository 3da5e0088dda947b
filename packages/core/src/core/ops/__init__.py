"""Array functions that layers and raw operations share, each with its gradient beside it: the lowest floor, of NumPy alone."""
