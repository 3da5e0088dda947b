"""Where batches come from: arrays, which are cut and shuffled, or an object that is gone through batch by batch.

The number of the epoch decides which batches an epoch of arrays has, so that a training can go on from any epoch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Protocol

import numpy as np

from core.checks import integer
from core.errors import InputError
from core.learning.examples import Examples
from core.nests import leaves

#: From x, y and weights of a batch to examples.
Read = Callable[..., Examples]
#: Bytes of data that are hashed in one go.
_BYTES_AT_ONCE = 2**24


class Feed(Protocol):
    """Gives the batches of each epoch; `steps` is their number, None where it is not known before."""

    steps: int | None

    def epoch(self, number: int, rng: np.random.Generator | None) -> Iterator[Examples]:
        """Return the batches of an epoch, counted from 0; `rng` draws their order."""

    def fingerprint(self) -> str | None:
        """Return what tells these data from others; None where it is not known before."""


class ArrayFeed:
    """Batches of examples in memory. With fewer `steps` than batches the next epoch goes on where this one stopped."""

    def __init__(
        self, examples: Examples, batch_size: int | None, steps: int | None, *, shuffle: bool, seed: int = 0
    ) -> None:
        rows = len(examples)
        self.examples = examples
        self.batch_size = batch_size or (-(-rows // steps) if steps else 32)
        self._batches = -(-rows // self.batch_size)
        if steps is not None and steps > self._batches:
            raise InputError(
                f"{rows} examples make {self._batches} batches of {self.batch_size}, fewer than the {steps} steps asked for"
            )
        self.steps: int | None = steps or self._batches
        self._shuffle, self._seed = shuffle, seed

    def epoch(self, number: int, rng: np.random.Generator | None) -> Iterator[Examples]:
        """Return the batches of an epoch."""
        steps = self.steps or self._batches
        if steps == self._batches:
            order = rng.permutation(len(self.examples)) if self._shuffle and rng is not None else None
            return self.examples.batches(order, self.batch_size)
        epochs = -(-self._batches // steps)  # of one pass through the data
        order = None
        if self._shuffle:
            drawn = np.random.default_rng(np.random.SeedSequence(self._seed, spawn_key=(number // epochs, 1)))
            order = drawn.permutation(len(self.examples))
        first = number % epochs * steps
        return islice(self.examples.batches(order, self.batch_size), first, first + steps)

    def fingerprint(self) -> str | None:
        """Return a hash of all arrays."""
        found = hashlib.sha256()
        for array in leaves([self.examples.x, self.examples.y, self.examples.weights]):
            if array is None:
                found.update(b"none")
                continue
            texts = array.dtype.kind in "OUS"  # the same as a list and as an array of any width
            found.update(f"{'text' if texts else array.dtype.str}{array.shape}".encode())
            rows = max(1, _BYTES_AT_ONCE // max(array[:1].nbytes, 1))
            for start in range(0, len(array), rows):
                part = array[start : start + rows]
                if texts:
                    found.update(repr(part.tolist()).encode("utf-8", "surrogatepass"))
                else:
                    found.update(np.ascontiguousarray(part).tobytes())
        return found.hexdigest()


class StreamFeed:
    """Batches (x, y) or (x, y, weights) of an iterator, or of an object that can be gone through again for each epoch."""

    def __init__(self, source: Any, steps: int | None, epochs: int, read: Read, what: str) -> None:
        self._source, self._read, self._what = source, read, what
        self._once = isinstance(source, Iterator)
        if self._once and epochs > 1 and steps is None:
            raise InputError(
                f"{what} is an iterator, which can be gone through only once, for {epochs} epochs: give the number of steps "
                "of an epoch, or an object that can be gone through again"
            )
        self.steps: int | None = steps if steps is not None or self._once else _length(source)
        self._asked = steps
        self._current: Iterator[Any] | None = None

    @property
    def repeats(self) -> bool:
        """Return whether every epoch has the same batches, whatever came before."""
        return not self._once and self._asked is None

    def epoch(self, number: int, rng: np.random.Generator | None) -> Iterator[Examples]:
        """Return the batches of an epoch. Raises `InputError` for one that is not a batch, naming its number."""
        del rng
        if not number:
            self._current = None
        step = -1
        for step, batch in enumerate(self._items() if self._asked is None else self._asked_for(self._asked)):
            name = f"batch {step} of {self._what} in epoch {number + 1}"
            if not isinstance(batch, list | tuple) or len(batch) not in {2, 3}:
                raise InputError(f"{name} must be (x, y) or (x, y, weights), got {type(batch).__name__}")
            try:
                examples = self._read(*batch)
            except InputError as error:
                raise InputError(f"{name}: {error}") from error
            yield examples
        if step < 0 or (self._asked is not None and step + 1 < self._asked):
            raise InputError(f"{self._what} ended after {step + 1} batches in epoch {number + 1}")

    def _asked_for(self, steps: int) -> Iterator[Any]:
        """Return so many batches: the next ones, from the beginning again after the last."""
        left = steps
        while left:
            fresh = self._current is None
            self._current = self._items() if self._current is None else self._current
            before = left
            for item in islice(self._current, left):
                left -= 1
                yield item
            if left:
                self._current = None
                if self._once or (fresh and left == before):
                    return

    def _items(self) -> Iterator[Any]:
        if hasattr(self._source, "__iter__"):
            return iter(self._source)
        return (self._source[index] for index in range(len(self._source)))

    def fingerprint(self) -> str | None:
        """Return None: nobody knows the data before they come."""
        return None


def is_stream(x: Any) -> bool:
    """Return whether `x` gives batches: not an array, list or dict, but something that can be gone through."""
    if isinstance(x, list | tuple | dict | str | bytes) or hasattr(x, "__array__") or hasattr(x, "dtype"):
        return False
    return hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


def _length(source: Any) -> int | None:
    """Return how many batches there are, None where the source does not know."""
    try:
        return max(len(source), 0)
    except TypeError:  # it has no length, or none that is known
        return None


def whole_or_none(value: Any, option: str) -> int | None:
    """Return a number of at least 1, or None for none."""
    return None if value is None else integer(value, option)
