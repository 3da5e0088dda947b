"""While tiles run on threads of our own, BLAS must not start threads of its own.

The limit holds for the whole process, so the first of several concurrent runs sets it and the last one takes it back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_running: list[Any] = []
_limits: list[Any] = []


@cache
def _controller() -> ThreadpoolController | None:
    """Look once for the libraries that are loaded; that, and the import, take a few milliseconds each.

    None on a system where they cannot be listed: BLAS keeps its threads there.
    """
    try:
        from threadpoolctl import ThreadpoolController  # noqa: PLC0415

        return ThreadpoolController()
    except (ImportError, OSError, RuntimeError, AttributeError):
        return None


@cache
def most_unpacked() -> int | None:
    """Return the most multiplications of a product that BLAS computes without copying ("packing") its matrices first.

    OpenBLAS has such a way for processors with AVX-512: up to 100 * 100 * 100, a fifth faster (measured). None elsewhere.
    Source: https://github.com/OpenMathLib/OpenBLAS/blob/develop/kernel/x86_64/sgemm_small_kernel_permit_skylakex.c
    """
    wide = {"SkylakeX", "Cooperlake", "Sapphirerapids"}
    controller = _controller()
    libraries = [entry for entry in controller.info() if entry["user_api"] == "blas"] if controller else []
    return 100**3 if any(entry.get("architecture") in wide for entry in libraries) else None


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Limit BLAS to the calling thread as long as anybody runs inside."""
    token = object()
    with _lock:
        if not _running:
            controller = _controller()
            _limits.append(controller.limit(limits=1, user_api="blas") if controller else None)
        _running.append(token)
    try:
        yield
    finally:
        with _lock:
            _running.remove(token)
            if not _running:
                limits = _limits.pop()
                if limits is not None:
                    limits.restore_original_limits()
