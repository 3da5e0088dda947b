"""Reading and writing Keras files: archive (bytes), config (graph of layers), weights (arrays to parameters)."""
