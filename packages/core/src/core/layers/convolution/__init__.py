"""Convolutions for any number of axes, and their one-dimensional forms; `vision.layers` holds those over images."""
