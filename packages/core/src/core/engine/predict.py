"""Predicting cuts the rows in tiles, sends them through the engine, and gathers what comes out.

Memory is needed for the tiles that are under way and for the output, never for the whole input: it may be an array on
disk, or an iterator that makes one batch after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import Array
from core.engine.blas import one_thread_each
from core.engine.progress import Progress
from core.engine.rows import whole
from core.engine.threads import available_cores, each
from core.errors import InputError
from core.graph import leaves

if TYPE_CHECKING:
    from core.model import Model


def predict(
    model: Model, x: Any, batch_size: int | None = None, threads: int | None = None, progress: Progress | None = None
) -> Array:
    """Give the model's output for every row of `x`, (rows, ...) float32, a tile of `batch_size` rows at a time."""
    workers = whole(threads, "threads") or available_cores()
    batch_size = whole(batch_size, "batch_size")
    with one_thread_each():
        if not isinstance(x, Iterator):
            return _predict_rows(model, x, batch_size, workers, progress)
        parts: list[Array] = []
        for batch in x:
            parts.append(_predict_rows(model, batch, batch_size, workers, None))
            if progress is not None:
                progress(sum(map(len, parts)), None)
    if not parts:
        raise InputError(f"{model} was given an iterator without any batch")
    return np.concatenate(parts)


def _predict_rows(model: Model, x: Any, batch_size: int | None, workers: int, progress: Progress | None) -> Array:
    inputs = model.fit_inputs(x)
    rows = len(next(leaves(inputs)))
    engine = model.engine()
    parts = engine.parts(rows, inputs, batch_size, workers)
    gathered = Gathered(rows, progress)

    def run(part: slice) -> None:
        with engine.run(model.cast_rows(inputs, part)) as output:
            if not isinstance(output, np.ndarray):
                raise InputError(f"{model} has several outputs: call forward and choose one")
            gathered.put(part, output)

    each(run, parts, workers)
    return gathered.output


class Gathered:
    """The output of all rows, filled in by tiles that end in any order."""

    def __init__(self, rows: int, progress: Progress | None) -> None:
        self.output: Array = np.empty(0, np.float32)
        self._rows, self._done, self._progress = rows, 0, progress
        self._lock = threading.Lock()

    def put(self, part: slice, output: Array) -> None:
        """Copy the rows of one tile to their place."""
        with self._lock:
            if not self._done:
                self.output = np.empty((self._rows, *output.shape[1:]), dtype=np.float32)
            self._done += len(output)
            if self._progress is not None:
                self._progress(self._done, self._rows)
        if output.shape[1:] != self.output.shape[1:]:
            raise InputError(
                f"the output has the shape {self.output.shape[1:]} for some rows and {output.shape[1:]} for others: "
                "predict them apart, or with a batch_size that takes all of them"
            )
        self.output[part] = output
