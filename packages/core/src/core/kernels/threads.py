"""Work on several rows at once: one thread for each core, kept from one call to the next, BLAS at one thread each."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from core.kernels.blas import one_thread_each

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

#: NumPy copies rows of a view that are shorter than its buffer into the buffer first, which halves the speed; with the
#: smallest buffer that it takes, it never does. (The setting is one of the thread.)
SMALLEST_BUFFER = 16
#: What the names of our threads begin with.
_POOL = "kaca"


def available_cores() -> int:
    """Count the cores that this process may use."""
    return len(_cores()) or os.cpu_count() or 1


def _cores() -> list[int]:
    """List the cores that this process may use, where the system tells."""
    with suppress(AttributeError, OSError):
        return sorted(os.sched_getaffinity(0))
    return []


def each(work: Callable[[slice], None], parts: Sequence[slice], workers: int) -> None:
    """Do the work for every part, on so many threads or as many as there are; the first error is raised here.

    One of the threads does by itself what it would hand over: they might all wait for each other.
    """
    with one_thread_each():
        pool = _pool(workers) if workers > 1 and len(parts) > 1 and not _in_pool() else None
        for _ in (map if pool is None else pool.map)(work, parts):
            pass


def _in_pool() -> bool:
    return threading.current_thread().name.startswith(_POOL)


@contextmanager
def calling_numpy() -> Iterator[None]:
    """Set up this thread for many short calls; infinities and NaN are values, as in the plain layers."""
    before = np.setbufsize(SMALLEST_BUFFER)
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            yield
    finally:
        np.setbufsize(before)


@cache
def _pool(workers: int) -> ThreadPoolExecutor | None:
    """Threads, each with a core of its own where the system lets us choose: left alone, two may share one for long.

    Fewer where the system gives no more, and None where it gives none (in a browser).
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - its import takes as long as that of a third of core

    cores = cycle((_cores() if hasattr(os, "sched_setaffinity") else []) or [None])

    def settle() -> None:
        core = next(cores)
        if core is not None:
            with suppress(OSError):  # a core that was taken away since
                os.sched_setaffinity(0, {core})

    pool = ThreadPoolExecutor(workers, thread_name_prefix=_POOL, initializer=settle)
    started, begin = 0, threading.Event()
    try:
        while started < workers:  # each waits, so that the next one needs a thread of its own
            pool.submit(begin.wait)
            started += 1
    except RuntimeError:  # "can't start new thread"
        return _pool(started) if started > 1 else None
    finally:
        begin.set()
    return pool


if hasattr(os, "register_at_fork"):  # threads do not live on in a forked process
    os.register_at_fork(after_in_child=_pool.cache_clear)
