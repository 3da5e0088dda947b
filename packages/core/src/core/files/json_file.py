"""JSON of a stranger, in a file of its own or within another: one object, of bounded size, depth and numbers, no key twice."""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO

import numpy as np

from core.errors import ModelFileError
from core.files.budget import LARGEST_JSON, MOST_JSON_NESTS, Budget
from core.files.source import Source

#: Lists and objects within each other. A model within a model adds four; the layers that read it add calls of their own.
_DEEPEST = 200
#: Digits of a number: the largest float has 309 before its point.
_MOST_DIGITS = 1_000
#: By how much each byte changes the depth.
_STEPS = np.zeros(256, np.int8)
_STEPS[list(b"[{")], _STEPS[list(b"]}")] = 1, -1
_LONE = re.compile(r"[\ud800-\udfff]")


def is_json(file: BinaryIO) -> bool:
    """Return whether a file begins as a JSON object does, or as a text that holds one."""
    file.seek(0)
    begins = file.read(1000)
    return _text(begins).startswith(("{", '"{'))


def read_json(file: BinaryIO, what: str) -> dict[str, Any]:
    """Parse the object in a file; `json.dump(model.to_json(), file)` writes it as a text, which is parsed again."""
    file.seek(0)
    data = file.read(LARGEST_JSON + 1)
    budget = Budget.of(file)
    if _text(data[:100]).startswith('"') and len(data) <= LARGEST_JSON:
        text = json.loads(data)
        data = text.encode() if isinstance(text, str) else data
    return parse_json(data, what, budget)


def _text(data: bytes) -> str:
    """Decode the beginning of a text, without marks and spaces before it."""
    return data.decode(json.detect_encoding(data), errors="ignore").lstrip("\ufeff \t\r\n")


def read_alone(source: Source) -> dict[str, Any] | None:
    """Parse the object in a JSON file; None for a file of another kind."""
    with source.open() as file:
        return read_json(file, source.name) if is_json(file) else None


def parse_json(data: bytes, what: str, budget: Budget | None = None) -> dict[str, Any]:
    """Parse a JSON object; `what` names it in errors. Raises `ModelFileError` for anything else."""
    if len(data) > LARGEST_JSON:
        raise ModelFileError(f"{what} is larger than {LARGEST_JSON} bytes")
    if data.count(b"[") + data.count(b"{") > MOST_JSON_NESTS:
        raise ModelFileError(f"{what} holds more than {MOST_JSON_NESTS:,} lists and objects")
    if budget is not None:
        budget.charge_json(len(data))
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{what} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    _check_structure(text.encode(), what)
    try:
        parsed = json.loads(text, object_pairs_hook=_unique)
    except RecursionError as error:
        raise ModelFileError(f"{what} is nested too deep to be read") from error
    except ModelFileError as error:
        raise ModelFileError(f"{what} {error}") from error
    except ValueError as error:
        raise ModelFileError(f"{what} is not JSON: {str(error)[:200]}") from error
    if not isinstance(parsed, dict):
        raise ModelFileError(f"{what} must be an object, got {type(parsed).__name__}")
    if re.search(rb"\\u[dD][89a-fA-F]", data) and _LONE.search(json.dumps(parsed, ensure_ascii=False)):
        raise ModelFileError(f"{what} holds half a character (a lone surrogate), which is not text")
    return parsed


def _check_structure(data: bytes, what: str) -> None:
    """Raise `ModelFileError` for what would make the parser itself slow or recurse: depth, and endless numbers.

    In whole arrays rather than by a pattern: every pattern for a text has one that takes it quadratic time.
    """
    signs = np.frombuffer(data.replace(rb"\\", b"").replace(rb"\"", b""), np.uint8)  # without what is escaped
    signs = signs[np.cumsum(signs == ord('"'), dtype=np.uint8) & 1 == 0]  # outside of texts
    steps = _STEPS[signs]
    depth = int(np.cumsum(steps, dtype=np.int32).max(initial=0))
    if depth > _DEEPEST:
        raise ModelFileError(f"{what} is nested {depth:,} deep, more than {_DEEPEST} lists and objects")
    between = np.flatnonzero((signs < ord("0")) | (signs > ord("9")))
    if np.diff(between, prepend=-1, append=signs.size).max() > _MOST_DIGITS:
        raise ModelFileError(f"{what} holds a number of more than {_MOST_DIGITS} digits")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs; two readers of one that has a key twice might see two models."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ModelFileError(f"has the key {twice[:100]!r} twice in one object")
    return found
