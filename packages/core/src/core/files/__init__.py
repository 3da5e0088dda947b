"""Reading and writing Keras files: archive (bytes), graph (config -> layers), weights (arrays -> parameters)."""

from core.files.load import load_model

__all__ = ["load_model"]
