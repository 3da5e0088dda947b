"""Layers that stretch or spread the values of images, at inference too."""
