"""How much one forward pass may cost: a file of two kilobytes can ask for more than any machine has."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from core.errors import InputError

#: Operations for one example: a quarter of an hour of one core. The largest network of `keras.applications` needs 5e10.
MOST_OPERATIONS = 10**13
#: Where the system does not say how much memory it has.
_USUAL_MEMORY = 16 * 2**30
#: Where containers (cgroups of both versions) write what they may use.
_CONTAINER = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@cache
def machine_memory() -> int:
    """Return the bytes of memory that this process can have: of the machine, of its container, of the process itself."""
    found = [_USUAL_MEMORY]
    with suppress(AttributeError, ValueError, OSError):
        found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for path in _CONTAINER:
        with suppress(OSError, ValueError):
            found.append(int(path.read_text(encoding="ascii")))
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not everywhere

        most, _ = resource.getrlimit(resource.RLIMIT_AS)
        found += [most] if most != resource.RLIM_INFINITY else []
    return min(sys.maxsize, *(size for size in found if size > 0))


@dataclass(frozen=True)
class Limits:
    """What a model may need for one forward pass; what exceeds it is refused by name, before anything is computed.

    operations: for one example (a row of the batch), in multiply-adds; a number that is only read or written counts as
        one, and each step of a loop over time as some 10**5, about what Python takes for it. By default 10**13.
    memory_bytes: what all tensors that are needed at the same time take for the whole batch, and what the layer at work
        needs inside. By default the memory of the machine, or of the container.
    tensor_bytes: the largest single tensor, for the whole batch. By default as much as `memory_bytes`.

    A service that runs models of strangers sets its own: ``core.Limits(operations=10**10, memory_bytes=2 * 2**30)``.
    They bound one pass: `predict` makes as many as it cuts the rows in, some of them at once on threads.
    """

    operations: int = MOST_OPERATIONS
    memory_bytes: int = field(default_factory=machine_memory)
    tensor_bytes: int | None = None

    def __post_init__(self) -> None:
        for name in ("operations", "memory_bytes", "tensor_bytes"):
            value = getattr(self, name)
            may_lack = name == "tensor_bytes" and value is None
            if not may_lack and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise InputError(f"{name} must be a whole number from 1, got {value!r}")

    @property
    def largest_tensor(self) -> int:
        """The bytes that one tensor may take."""
        return self.memory_bytes if self.tensor_bytes is None else self.tensor_bytes
