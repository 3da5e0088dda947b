"""What a command writes: lines in whatever encoding the output has, and nothing where there is no output.

What the encoding (cp1252, ASCII) does not have is shown as an escape.
"""

from __future__ import annotations

import sys
from typing import Any, TextIO

from core.errors import KacaError
from core.printable import printable, printable_json


def write_line(text: str) -> None:
    """Write a line to the standard output, at once. Raises `KacaError` where there is none, `OSError` where it takes no more."""
    if sys.stdout is None or sys.stdout.closed:
        raise KacaError("the standard output is closed: there is nowhere to write the result")
    _write(text, sys.stdout)
    sys.stdout.flush()


def write_json(value: Any, indent: int | None = None) -> None:
    """Write a value to the standard output as JSON, on one line or indented."""
    write_line(printable_json(value, indent, getattr(sys.stdout, "encoding", None)))


def write_error(text: str) -> None:
    """Write a line, made printable, to the standard error; nothing where there is none."""
    if sys.stderr is None or sys.stderr.closed:
        return
    try:
        _write(printable(" ".join(text.split())), sys.stderr)
    except OSError:
        return  # there is nobody left to tell


def _write(line: str, stream: TextIO) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(line.encode(encoding, errors="backslashreplace").decode(encoding) + "\n")
