"""Recurrence, for any product, of matrices or a convolution: gates, the cell of one time step, and the loop over time."""
