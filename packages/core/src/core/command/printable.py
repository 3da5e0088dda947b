"""What is printed is made printable here: a stranger's names neither steer a terminal nor end the program that shows them.

Control characters, escape sequences, bidirectional overrides and lone surrogates are shown as escapes, and so is what the
encoding of the output (cp1252, ASCII) does not have.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from typing import Any, TextIO

from core.errors import KacaError

#: Joiners choose the form of a letter (Persian, Hindi) or of an emoji; they move and hide nothing.
_JOINERS = frozenset("\u200c\u200d")
_NOT_ASCII = re.compile(r"[^\n\x20-\x7e]")


def printable(text: str, keep: str = "") -> str:
    """Return `text` with every character that a terminal would obey, or that cannot be seen, as an escape.

    The characters of `keep`, such as a tab, stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter in keep or _is_harmless(letter) else ascii(letter)[1:-1] for letter in text)


def printable_json(value: Any, indent: int | None = None, encoding: str | None = None) -> str:
    """Return JSON in which such characters, and those that `encoding` lacks, are escaped as JSON has it."""

    def escaped(match: re.Match[str]) -> str:
        letter = match[0]
        return letter if _is_harmless(letter) and _fits(letter, encoding) else json.dumps(letter)[1:-1]

    return _NOT_ASCII.sub(escaped, json.dumps(value, ensure_ascii=False, indent=indent))


def write_line(text: str) -> None:
    """Write a line to the standard output. Raises `KacaError` where there is none, `OSError` where it takes no more."""
    if sys.stdout is None or sys.stdout.closed:
        raise KacaError("the standard output is closed: there is nowhere to write the result")
    _write(text, sys.stdout)


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


def _is_harmless(letter: str) -> bool:
    return letter.isprintable() or letter in _JOINERS or unicodedata.category(letter) == "Zs"


def _fits(letter: str, encoding: str | None) -> bool:
    try:
        letter.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
