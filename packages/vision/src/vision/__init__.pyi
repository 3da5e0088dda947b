# Written by packages/core/tests/support/stubs.py from __init__.py.
from vision.cnn import CNNFromScratch as CNNFromScratch
from core.lazy import LazyNames
