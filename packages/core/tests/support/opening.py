"""Opens each file in a process of its own, in every way there is, and reports the outcome, processor time and memory.

``python opening.py FILE ...`` prints one JSON object a file and way. A flood or an endless loop ends that process alone.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import core
from core.inspect import inspect

HONEST = sorted((Path(__file__).parents[2] / "tests_bare" / "models").glob("*.keras"))
#: Seconds of processor time and bytes of address space after which the process is ended.
SECONDS, MEMORY = 20, 4 * 2**30


def attempt(work: Callable[[], Any]) -> dict[str, Any]:
    """Do the work in a child; return what became of it."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        before, start = peak(), time.process_time()
        try:
            outcome, message = "opened", str(work())
        except Exception as error:  # noqa: BLE001 - what kind it is, is the answer
            outcome, message = type(error).__name__, str(error)
        found = {"outcome": outcome, "message": message, "seconds": time.process_time() - start}
        os.write(write, json.dumps(found | {"bytes": peak() - before}).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        found = answer.read()
    _, status = os.waitpid(pid, 0)
    return (
        json.loads(found) if found else {"outcome": f"died ({status})", "message": "", "seconds": SECONDS, "bytes": 0}
    )


def peak() -> int:
    """The largest resident size so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Open each file by all ways, and print what happened."""
    warnings.simplefilter("ignore")
    for path in HONEST:  # so that everything a reader needs is imported
        model = core.load_model(path)
        inspect(path)
    for name in sys.argv[1:]:
        path = Path(name)
        ways: dict[str, Callable[[], Any]] = {
            "load_model": lambda path=path: core.load_model(path),
            "load_weights": lambda path=path: model.load_weights(path),
            "inspect": lambda path=path: inspect(path)["why_not"],
        }
        for way, work in ways.items():
            sys.stdout.write(json.dumps({"file": path.name, "way": way} | attempt(work)) + "\n")


if __name__ == "__main__":
    main()
