"""Activations that have options or parameters of their own."""
