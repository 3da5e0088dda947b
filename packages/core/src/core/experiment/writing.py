"""What a sweep writes into its folder is written whole, and never through a link that somebody else has put there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.files.atomic import writing
from core.printable import printable_json


@contextmanager
def own_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block ends well; a link of that name is replaced, not followed.

    Raises `InputError` where it cannot be written, or where its folder is a link to elsewhere.
    """
    try:
        if path.is_symlink():
            path.unlink()
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    with writing(path) as temporary:
        yield temporary


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8."""
    with own_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON."""
    write_text(path, printable_json(value, indent=2))


def own_folder(path: Path) -> Path:
    """Make the folder of a job, unless a link of that name leads elsewhere. Raises `InputError`."""
    if path.is_symlink():
        raise InputError(f"{path} is a link to {path.resolve()}: results are not written through it; remove it first")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be made: {error.strerror}") from error
    return path


def refuse_links(folder: Path) -> None:
    """Refuse a sweep folder in which Hydra, which follows links, would write elsewhere. Raises `InputError`."""
    jobs = [path for path in folder.glob("*") if path.is_dir()]
    for path in (folder / "multirun.yaml", *jobs, *folder.glob("*/.hydra"), *folder.glob("*/.hydra/*")):
        if path.is_symlink():
            raise InputError(f"{path} is a link to elsewhere: results are not written through it; remove it first")
