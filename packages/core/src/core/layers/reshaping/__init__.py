"""Borders and up-sampling for any number of axes, and their one-dimensional forms; `vision.layers` holds the others."""
