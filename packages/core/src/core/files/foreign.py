"""What a file is that is not Keras' own, and what to do: pages, pointers and archives, checkpoints and SavedModels."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from core.errors import ModelFileError
from core.files.source import Source

_SAVE_AGAIN = "load it with TensorFlow, then model.save_weights('w.weights.h5')"
#: The last eight bytes of a table of TensorFlow: the index of a checkpoint.
_TABLE_END = bytes.fromhex("57fb808b247547db")
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


def describe_file(file: BinaryIO) -> str:
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


def refuse_folder(source: Source) -> None:
    """Raise `ModelFileError` for a folder, and for the name of a TensorFlow checkpoint, which is not a file itself."""
    path = source.path
    if path is None:
        return
    if path.is_dir():
        raise ModelFileError(f"{path}: is a folder{_kind_of_folder(path)}")
    if not path.exists() and path.with_name(f"{path.name}.index").is_file():
        raise ModelFileError(
            f"{path}: is a checkpoint of TensorFlow ({path.name}.index and .data-*), which Kaca does not read: {_SAVE_AGAIN}"
        )


def describe_weights(source: Source, file: BinaryIO) -> str:
    """Describe a file that is neither HDF5 nor a zip archive, as the end of a sentence."""
    name = source.path.name if source.path is not None else ""
    file.seek(0)
    begins = file.read(64)
    size = file.seek(0, 2)
    file.seek(max(0, size - len(_TABLE_END)))
    if file.read() == _TABLE_END or ".data-" in name:
        return f"a part of a TensorFlow checkpoint, which Kaca does not read: {_SAVE_AGAIN}"
    if begins.startswith(b"model_checkpoint_path:"):
        return f"the list of TensorFlow checkpoints in its folder, which Kaca does not read: {_SAVE_AGAIN}"
    if name == "saved_model.pb":
        return f"a SavedModel of TensorFlow, which Kaca does not read: {_SAVE_AGAIN}"
    return f"neither .weights.h5, .npz, .h5, .keras nor .weights.json; it begins with {begins[:8]!r}"


def _kind_of_folder(path: Path) -> str:
    if (path / "saved_model.pb").exists():
        return f", a SavedModel of TensorFlow, which Kaca does not read: {_SAVE_AGAIN}"
    if (path / "checkpoint").exists() or next(path.glob("*.index"), None) is not None:
        return f" with checkpoints of TensorFlow, which Kaca does not read: {_SAVE_AGAIN}"
    if (path / "model.weights.h5").exists():
        return (
            ", a model saved without a zip: its weights are model.weights.h5 there; to open it, "
            "core.load_model('config.json', weights='model.weights.h5') with the paths of both"
        )
    return ", expected a file"
