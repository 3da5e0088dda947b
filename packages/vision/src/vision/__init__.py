"""Convolutional networks, trained in Keras and run in NumPy.

>>> from vision import CNNFromScratch
"""

from vision.cnn import CNNFromScratch

__all__ = ["CNNFromScratch"]
