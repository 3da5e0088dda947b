"""Pooling for any number of axes, and its one-dimensional forms; `vision.layers` holds those over images."""
