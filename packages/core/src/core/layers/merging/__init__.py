"""Merging: one tensor out of several, element by element, side by side, or as products."""
