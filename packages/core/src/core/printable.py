"""What is printed is made printable here: a stranger's names neither steer a terminal nor end the program that shows them.

Control characters, escape sequences, bidirectional overrides and lone surrogates are shown as escapes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

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


def _is_harmless(letter: str) -> bool:
    return letter.isprintable() or letter in _JOINERS or unicodedata.category(letter) == "Zs"


def _fits(letter: str, encoding: str | None) -> bool:
    try:
        letter.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
