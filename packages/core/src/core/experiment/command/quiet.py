"""TensorFlow talks to the terminal from C++ while it loads; it is loaded here, once, with that channel closed."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def load_tensorflow() -> None:
    """Import TensorFlow and let it look for its devices, silently unless it fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # Every network brings functions of its own to trace, of which TensorFlow warns as if they were one and the same.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with _native_errors_held_back():
        importlib.import_module("tensorflow").config.list_logical_devices()


@contextmanager
def _native_errors_held_back() -> Iterator[None]:
    """Send file descriptor 2 to a file, and show that file only if the block fails."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            if failed:
                said.seek(0)
                os.write(2, said.read())
