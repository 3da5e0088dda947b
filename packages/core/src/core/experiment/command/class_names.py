"""The names of a model's classes: from a file of the user, or from the ``result.json`` that training left beside the model."""

from __future__ import annotations

import json
from pathlib import Path

from core.errors import InputError
from core.experiment.command.frame import describe

#: The name of the file that training leaves beside a model.
RESULT = "result.json"
#: Bytes of a file that names classes: a thousand names take 20,000.
_LARGEST = 8 * 2**20


def names_beside(model: Path) -> list[str] | None:
    """Read the classes from the ``result.json`` beside a model, or return None where there are none.

    Raises `InputError` for a file that is not one of ours.
    """
    path = model.parent / RESULT
    if not path.is_file():
        return None
    text = _text(path)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({str(error)[:200]})") from error
    classes = found.get("classes") if isinstance(found, dict) else None
    if classes is None:
        return None
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise InputError(f"{path}: classes: expected a list of names, got {str(classes)[:100]}")
    return classes


def names_in(path: Path) -> list[str]:
    """Read names from a file, one a line; empty lines do not count. Raises `InputError`."""
    return [name.strip() for name in _text(path).split("\n") if name.strip()]


def _text(path: Path) -> str:
    """Read a file in UTF-8, with or without a byte order mark."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise InputError(f"{path}: longer than {_LARGEST:,} bytes, too long for a file that names classes")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read as text ({describe(error)})") from error
    except ValueError as error:  # not UTF-8, or a zero byte in the path
        raise InputError(f"{path}: cannot be read as text ({error}): save it in UTF-8") from error
