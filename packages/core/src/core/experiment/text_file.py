"""A text file of the user is read in UTF-8, with or without a byte order mark, and no further than its kind can be long."""

from __future__ import annotations

from pathlib import Path

from core.errors import InputError
from core.experiment.command.frame import describe


def read_text(path: Path, longest: int) -> str:
    """Return the text of a file of at most `longest` bytes. Raises `InputError`."""
    try:
        with path.open("rb") as file:
            content = file.read(longest + 1)
        text = content.decode("utf-8-sig") if len(content) <= longest else None
    except OSError as error:
        raise InputError(f"{path}: cannot be read as text ({describe(error)})") from error
    except ValueError as error:  # not UTF-8, or a zero byte in the path
        raise InputError(f"{path}: cannot be read as text ({error}): save it in UTF-8") from error
    if text is None:
        raise InputError(f"{path}: longer than {longest:,} bytes")
    return text
