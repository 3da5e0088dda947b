"""Layers that change the size of images, and the interpolations behind them."""
