"""What a file is that is not a model, in a word: most are pages, pointers or archives that somebody took for one."""

from __future__ import annotations

from typing import BinaryIO

#: What the file begins with, what it is, and what to do.
_BEGINNINGS = (
    (b"version https://git-lfs", "it is a pointer of Git LFS in place of the file; fetch it with `git lfs pull`"),
    (b"<!doctype html", "it is a web page: download the file itself (GitHub: the button 'Raw')"),
    (b"<html", "it is a web page: download the file itself (GitHub: the button 'Raw')"),
    (b"\x1f\x8b", "it is packed by gzip; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "it is packed by 7-Zip; unpack it first"),
    (b"rar!", "it is packed by RAR; unpack it first"),
    (b"pk\x05\x06", "it is an empty zip archive"),
    (b"\x80\x02", "it is a pickle, which runs code when it is opened, and is never opened here"),
    (b"\x80\x03", "it is a pickle, which runs code when it is opened, and is never opened here"),
    (b"\x80\x04", "it is a pickle, which runs code when it is opened, and is never opened here"),
    (b"\x80\x05", "it is a pickle, which runs code when it is opened, and is never opened here"),
    (b"\x93numpy", "it is a single array of NumPy"),
    (b"{", "it is text (JSON?): a config without weights"),
)


def describe(file: BinaryIO) -> str:
    """Describe a file that is neither a zip archive nor HDF5."""
    file.seek(0)
    begins = file.read(64)
    plain = begins.removeprefix(b"\xef\xbb\xbf").lstrip().lower() if begins[:1] not in {b"\x1f", b"\x80"} else begins
    if not begins:
        return "it is empty"
    if plain[4:8] == b"tfl3":
        return "it is a TensorFlow Lite model; save the Keras model it was made from as .keras"
    if not begins.strip(b"\0"):
        return "it begins with zeros: a download or a copy that was cut"
    found = next((what for beginning, what in _BEGINNINGS if plain.startswith(beginning)), None)
    return found or f"it begins with {begins[:8]!r}"
