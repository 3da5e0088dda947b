"""The files of a sweep or a kept run are read here: whatever is wrong with one is an `InputError` with the file and the field."""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import TypeAdapter, ValidationError

from core.arrays import Array
from core.errors import InputError, KacaError
from core.experiment.text_file import read_text
from core.files.npz import Npz
from core.files.source import reading
from core.printable import printable

Kind = TypeVar("Kind")

#: Bytes of a JSON file, its values, and how deep they are nested: far more than the harness writes.
LARGEST_JSON = 16 * 2**20
MOST_VALUES = 300_000
DEEPEST = 50
#: Arrays may take this many times the size of their file, and this much more; probabilities hardly shrink when packed.
LARGEST_GROWTH, ALWAYS_ALLOWED = 40, 64 * 2**20


def read_json(path: Path, schema: TypeAdapter[Kind]) -> Kind:
    """Read a JSON file in UTF-8, with or without a byte order mark, and hold it against its schema. Raises `InputError`.

    Characters that would steer a terminal, and halves of characters, are shown as escapes from here on.
    """
    text = read_text(path, LARGEST_JSON)
    if sum(text.count(mark) for mark in "[{,") > MOST_VALUES:
        raise InputError(f"{path}: more than {MOST_VALUES:,} values")
    try:
        value = _cleaned(json.loads(text), DEEPEST)
    except RecursionError as error:
        raise InputError(f"{path}: lists or objects nested more than {DEEPEST} deep") from error
    except ValueError as error:  # not JSON, a number of thousands of digits
        raise InputError(f"{path}: not JSON: {error}") from error
    try:
        return schema.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(f"{path}: {printable(field)[:200]}: {first['msg']}, got {first['input']!r:.100}") from error


def read_arrays(path: Path, dimensions: dict[str, int]) -> dict[str, Array]:
    """Read the arrays of an npz file by name, each with its number of dimensions. Raises `KacaError`."""
    with reading(path), path.open("rb") as file:
        arrays = Npz(file)
        most = ALWAYS_ALLOWED + LARGEST_GROWTH * path.stat().st_size
        for name, count in dimensions.items():
            if name not in arrays:
                raise InputError(f"{path}: {name}: is missing")
            shape, dtype, _, _ = arrays.header(name, name)
            if len(shape) != count:
                raise InputError(f"{path}: {name}: expected {count} dimensions, got the shape {shape}")
            most -= math.prod(shape) * dtype.itemsize
            if most < 0:
                raise InputError(f"{path}: {name}: the arrays are too large for a file of this size")
        return {name: arrays[name] for name in dimensions}


def read_kept(path: Path) -> Array:
    """Read an array of a kept run. Raises `KacaError`."""
    with _kept(path), path.open("rb") as file:
        array: Array = np.load(file, allow_pickle=False)
        return array


def read_kept_arrays(path: Path) -> dict[str, Array]:
    """Read the arrays of a kept run by name. Raises `KacaError`."""
    with _kept(path), path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


@contextmanager
def _kept(path: Path) -> Iterator[None]:
    try:
        yield
    except (
        OSError,
        ValueError,
        EOFError,
        SyntaxError,
        TypeError,
        LookupError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise KacaError(f"{path}: this part of a kept run is damaged ({error}): force=true trains it anew") from error


def _cleaned(value: Any, depth: int) -> Any:
    """Make every text in a value printable; raises `RecursionError` where it is nested deeper than `depth`."""
    if isinstance(value, str):
        return printable(value, keep="\n\t")
    if not isinstance(value, list | dict):
        return value
    if depth == 0:
        raise RecursionError
    if isinstance(value, list):
        return [_cleaned(item, depth - 1) for item in value]
    return {printable(key, keep="\n\t"): _cleaned(item, depth - 1) for key, item in value.items()}
