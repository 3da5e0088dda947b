"""Weights that are not Keras' own files: what they are is said in the error, with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from core.errors import ModelFileError
from core.files.source import Source

_SAVE_AGAIN = "load it with TensorFlow, then model.save_weights('w.weights.h5')"
#: The last eight bytes of a table of TensorFlow: the index of a checkpoint.
_TABLE_END = bytes.fromhex("57fb808b247547db")


def refuse_folder(source: Source) -> None:
    """Raise `ModelFileError` for a folder, and for the name of a TensorFlow checkpoint, which is no file itself."""
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
