"""Regularisation: what only training sees, and the identity at inference."""
