"""Sentences come as str, bytes, lists or arrays of them; inside they are UTF-8 bytes, as they are in TensorFlow."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from core.errors import InputError

#: One document: its words as UTF-8 bytes.
Tokens: TypeAlias = list[bytes]


def to_array(texts: Any, owner: object) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return one string, or any nest of lists or arrays of strings, as an array of bytes objects of the same shape.

    Raises `InputError` that names the row for anything that is not a string, or that UTF-8 cannot hold.
    """
    if isinstance(texts, str | bytes):
        return np.array(_encode(texts, 0, owner), dtype=object)
    if not isinstance(texts, np.ndarray):
        texts = _listed(texts, owner)
    encoded = np.empty(texts.shape, dtype=object)
    for position, text in np.ndenumerate(texts):
        encoded[position] = _encode(text, position[0] if position else 0, owner)
    return encoded


def _listed(texts: Any, owner: object) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Put a list, or a list of equally long lists, in an array without letting NumPy cut or pad the strings."""
    try:
        array = np.array(texts, dtype=object)
    except ValueError as error:
        raise InputError(f"{owner} expects strings, got rows of different lengths: {error}") from error
    if array.ndim == 0:
        raise InputError(f"{owner} expects a string or a list of them, got {type(texts).__name__} ({texts!r})")
    return array


def _encode(text: object, row: int, owner: object) -> bytes:
    if isinstance(text, bytes):
        return bytes(text)
    if not isinstance(text, str):
        raise InputError(f"{owner} expects strings, got {type(text).__name__} ({text!r}) in row {row}")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"{owner}: row {row} is not text that UTF-8 can hold: {error}") from error
