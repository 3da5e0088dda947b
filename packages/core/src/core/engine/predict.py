"""Predicting cuts the rows in tiles, sends them through the engine, and gathers what comes out.

Workspace is needed for the tiles that are under way and for the output, never for the whole input: it may be an array on
disk, or an iterator that makes one batch after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from core.arrays import Array
from core.engine.engine import Engine
from core.engine.progress import Progress
from core.errors import InputError
from core.graph.inputs import count_rows
from core.graph.network import Network
from core.graph.nodes import refs
from core.kernels.blas import one_thread_each
from core.kernels.rows import PLAIN_ROWS, cut_exactly, whole
from core.kernels.threads import available_cores, each
from core.nests import leaves, map_nest


def predict(
    model: Network,
    find_engine: Callable[[], Engine],
    x: Any,
    batch_size: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """Return the model's outputs for every row of `x`, each in its own type, in the structure of the outputs.

    Where no row depends on another one, tiles of at most `batch_size` rows run on `threads` threads. Elsewhere batches of
    exactly `batch_size` rows (32 where it is None) run one after the other, as in Keras.
    """
    workers = whole(threads, "threads") or available_cores()
    batch_size = whole(batch_size, "batch_size")
    with one_thread_each():
        if not isinstance(x, Iterator):
            inputs = model.check_inputs(x)
            outputs = _predict_rows(
                model, find_engine(), inputs, count_rows(inputs, model), batch_size, workers, progress
            )
        else:
            parts, done = [], 0
            for batch in x:
                inputs = model.check_inputs(batch)
                rows = count_rows(inputs, model)
                # a batch of the iterator is a batch to the model, unless it is to be cut further
                parts.append(
                    _predict_rows(model, find_engine(), inputs, rows, batch_size or max(rows, 1), workers, None)
                )
                done += rows
                if progress is not None:
                    progress(done, None)
            if not parts:
                raise InputError(f"{model} was given an iterator without any batch")
            outputs = [_join([part[number] for part in parts]) for number in range(len(parts[0]))]
    by_ref = dict(zip(refs(model.outputs), outputs, strict=True))
    return map_nest(by_ref.__getitem__, model.outputs)


def _predict_rows(
    model: Network,
    engine: Engine,
    inputs: Any,
    rows: int,
    batch_size: int | None,
    workers: int,
    progress: Progress | None,
) -> list[Array]:
    if not engine.rows_are_independent:
        return _predict_batches(engine, inputs, rows, batch_size or PLAIN_ROWS, progress)
    gathered = Gathered(model, rows, progress)

    def run(part: slice) -> None:
        with engine.run(model.cast_rows(inputs, part)) as outputs:
            gathered.put(part, list(leaves(outputs)))

    each(run, engine.parts(rows, inputs, batch_size, workers), workers)
    return gathered.outputs


def _predict_batches(engine: Engine, inputs: Any, rows: int, batch_size: int, progress: Progress | None) -> list[Array]:
    """Run exact batches in their order: each may depend on the rows that share it, or on the batches before."""
    batches: list[list[Array]] = []
    for part in cut_exactly(rows, batch_size):
        with engine.run(engine.model.cast_rows(inputs, part)) as outputs:
            batches.append([np.array(output) for output in leaves(outputs)])
        if progress is not None:
            progress(part.stop, rows)
    return [_join([batch[number] for batch in batches]) for number in range(len(batches[0]))]


def _join(parts: list[Array]) -> Array:
    """Put the outputs of batches one after the other, as Keras does: a number for each batch becomes a row of numbers."""
    if len(parts) == 1:
        return parts[0]
    if any(part.shape[1:] != parts[0].shape[1:] for part in parts):
        shapes = sorted({part.shape[1:] for part in parts})
        raise InputError(
            f"the output has rows of the shape {shapes[0]} in some batches and {shapes[1]} in others: predict them "
            "apart, or with a batch_size that takes all of them"
        )
    return np.stack(parts) if parts[0].ndim == 0 else np.concatenate(parts)


class Gathered:
    """The outputs of all rows, filled in by tiles that end in any order."""

    def __init__(self, model: Network, rows: int, progress: Progress | None) -> None:
        self._model, self._rows, self._progress = model, rows, progress
        self._arrays: list[Array] = []
        self._texts: list[tuple[int, list[Array]]] = []
        self._done = 0
        self._lock = threading.Lock()

    @property
    def outputs(self) -> list[Array]:
        """The outputs, once all tiles are there."""
        if not self._texts:
            return self._arrays
        tiles = [tile for _, tile in sorted(self._texts, key=lambda item: item[0])]
        return [_join([tile[number] for tile in tiles]) for number in range(len(tiles[0]))]

    def put(self, part: slice, tile: list[Array]) -> None:
        """Copy the rows of one tile to their position."""
        count = part.stop - part.start
        for output in tile:
            if output.ndim == 0 or len(output) != count:
                raise InputError(
                    f"{self._model} gave an output of shape {output.shape} for {count} rows, expected {count} of them"
                )
        with self._lock:
            if any(output.dtype.kind not in "fiub" for output in tile):  # texts have no common width yet
                self._texts.append((part.start, [np.array(output) for output in tile]))
            elif not self._arrays:
                self._arrays = [np.empty((self._rows, *output.shape[1:]), output.dtype) for output in tile]
            self._done += count
            if self._progress is not None:
                self._progress(self._done, self._rows)
        for array, output in zip(self._arrays, tile, strict=False):
            if output.shape[1:] != array.shape[1:]:
                raise InputError(
                    f"the output has the shape {array.shape[1:]} for some rows and {output.shape[1:]} for others: "
                    "predict them apart, or with a batch_size that takes all of them"
                )
            array[part] = output
