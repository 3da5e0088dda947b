"""Opens model files in a process of its own and reports what it did: the outcome, what Python was asked for, time, memory.

``python confined.py FILE ...`` prints one JSON object a file. It first opens honest models, so that everything a reader
needs is imported; from then on any import, any file but the one to open, any process and any connection is noted.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import core
from core.files import dialects
from core.inspect import inspect
from core.layers.registry import installed_classes

HONEST = sorted((Path(__file__).parents[2] / "tests_bare" / "models").glob("*.keras"))
#: Audit events by which Python code reaches out of itself.
WATCHED = (
    "open", "import", "exec", "compile", "os.", "subprocess.", "socket.", "shutil.", "tempfile.", "ctypes.", "pickle.",
    "marshal.", "urllib.", "glob.", "pty.",
)  # fmt: skip


def main() -> None:
    """Open each file by all ways, and say what happened."""
    warnings.simplefilter("ignore")
    events: list[str] = []
    allowed: set[str] = set()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(WATCHED) and str(arguments[0] if arguments else "") not in allowed:
            events.append(f"{event} {str(arguments)[:200]}")

    for path in HONEST:
        core.load_model(path)
        inspect(path)
    for parts in (dialects.PARTS, installed_classes("layers"), installed_classes("operations")):
        dict(parts)  # each is imported when it is asked for
    sys.addaudithook(hook)
    for name in sys.argv[1:]:
        allowed.clear()
        allowed.add(name)
        events.clear()
        before, start = peak(), time.process_time()
        try:
            core.load_model(name)
            outcome, message = "opened", ""
        except Exception as error:  # noqa: BLE001 - what kind it is, is the answer
            outcome, message = type(error).__name__, str(error)
        spent, grown = time.process_time() - start, peak() - before
        described = inspect(Path(name))
        found = {"outcome": outcome, "message": message, "events": list(events), "seconds": spent, "bytes": grown}
        os.write(1, (json.dumps(found | {"why_not": described["why_not"]}) + "\n").encode())


def peak() -> int:
    """The largest resident size so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
