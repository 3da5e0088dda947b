"""The names of a model's classes: from the user, or from the ``result.json`` that training left beside the model."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from core.errors import InputError, KacaError
from core.experiment.text_file import read_text
from core.files.json_file import parse_json

#: The name of the file that training leaves beside a model.
RESULT = "result.json"
#: Bytes of a file that names classes: a thousand names take 20,000.
_LARGEST = 8 * 2**20


def class_names(model: Path, given: str | None, count: int) -> list[str]:
    """Return a name for each of `count` classes: the user's, else those in the ``result.json`` beside the model, else numbers.

    `given` holds names with commas between, or is a file with one a line. Raises `InputError` where it does not fit the model.
    """
    if given is not None:
        return _fitting(_given_names(given), count, "--classes")
    path = model.parent / RESULT
    if path.is_file():
        try:
            return _fitting(_names_of_training(path), count, str(path))
        except KacaError as error:
            warnings.warn(f"{error}: the classes are shown by number; --classes names them", stacklevel=3)
    return [str(number) for number in range(count)]


def _fitting(names: list[str], count: int, source: str) -> list[str]:
    if len(names) != count:
        raise InputError(f"{source}: the model has {count} classes, got {len(names)} names")
    if len(set(names)) < count:
        raise InputError(f"{source}: each class needs a name of its own, got {', '.join(names)}")
    return names


def _given_names(given: str) -> list[str]:
    if "," in given and not os.path.isfile(given):  # noqa: PTH113  # Path.is_file raises for names that are too long
        return [name.strip() for name in given.split(",")]
    return [name.strip() for name in read_text(Path(given), _LARGEST).split("\n") if name.strip()]


def _names_of_training(path: Path) -> list[str]:
    """Read the names from a ``result.json``. Raises `KacaError` for a file that is not one of ours."""
    classes = parse_json(read_text(path, _LARGEST).encode(), str(path)).get("classes")
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise InputError(f"{path}: classes: expected a list of names, got {str(classes)[:100]}")
    return classes
