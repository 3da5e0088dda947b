"""A masked time step changes nothing, so the steps that count can be run one after the other, and the rest left out.

Every row of a batch is read step by step: step s of a row is its s-th time that counts (from the end for a row read
backwards). Rows that have the most steps come first, so that those which are not yet through are always the first `n`:
the loop over the steps works on fewer and fewer rows, and needs no mask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from core.arrays import Array


@dataclass(frozen=True)
class Order:
    """For every row (in the order `rows`) how many steps it has; for every step the time it reads."""

    mask: Array | None
    rows: Array
    counts: Array
    times: Array  # (batch, time): the times that count, first to last, in the order `rows`

    @classmethod
    def of(cls, batch: int, length: int, mask: Array | None) -> Order:
        """Put the rows of a mask (batch, time) in order."""
        if mask is None:
            every = np.broadcast_to(np.arange(length), (batch, length))
            return cls(None, np.arange(batch), np.full(batch, length), every)
        counts = mask.sum(axis=1)
        rows = np.argsort(-counts, kind="stable")
        return cls(mask, rows, counts[rows], np.argsort(~mask[rows], axis=1, kind="stable"))

    def steps(self, backwards: bool) -> Array:
        """Return the time that each row reads at each step, (steps, batch); what comes after a row's last step is any."""
        times = self.times
        if backwards:
            last = self.counts[:, None] - 1
            times = np.take_along_axis(times, np.maximum(last - np.arange(times.shape[1]), 0), axis=1)
        return times[:, : self.counts.max(initial=0)].T

    def active(self) -> Iterator[tuple[range, int]]:
        """Return the steps that the same `n` rows take: (steps, n), one such stretch after the other."""
        counted = np.bincount(self.counts, minlength=1)
        rows = len(self.counts) - np.cumsum(counted)  # rows with more than s steps
        start = 0
        for n, group in groupby(rows[: self.counts.max(initial=0)].tolist()):
            stop = start + len(list(group))
            yield range(start, stop), n
            start = stop

    def step_of_time(self, backwards: bool) -> Array:
        """Return the step that a row took last when a time was read, (batch, time), -1 before its first."""
        assert self.mask is not None
        seen = self.mask[self.rows]
        done = np.cumsum(seen[:, ::-1], axis=1)[:, ::-1] if backwards else np.cumsum(seen, axis=1)
        return done - 1
