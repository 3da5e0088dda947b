"""The other end of `bench.contenders.NumpyBackend`: opens a model, then times one input after the other."""

from __future__ import annotations

import pickle
import sys
import time
from pathlib import Path

import keras
import numpy as np


def main(file: Path) -> None:
    """Answer inputs on the standard input with (seconds, output) until there are no more."""
    model = keras.models.load_model(file, compile=False)
    while True:
        try:
            x = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        started = time.perf_counter()
        output = np.asarray(model(x, training=False))
        seconds = time.perf_counter() - started
        pickle.dump((seconds, output), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
