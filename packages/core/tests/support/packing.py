"""Model files taken apart, changed and put together again: archives of members, and HDF5 files of whole models."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py

import core
from core.files.serialization import serialize


def members_of(archive: Path | bytes) -> dict[str, bytes]:
    """Return the content of every member of a zip archive by name."""
    with zipfile.ZipFile(io.BytesIO(archive) if isinstance(archive, bytes) else archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(
    members: Mapping[str, bytes | str], method: int = zipfile.ZIP_STORED, comment: bytes = b"", **options: Any
) -> bytes:
    """Return a zip archive of members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = comment
    return buffer.getvalue()


def pack(path: Path, members: Mapping[str, bytes | str], method: int = zipfile.ZIP_STORED) -> Path:
    """Write a zip archive of members."""
    path.write_bytes(packed(members, method))
    return path


def with_config(source: Path, target: Path, change: Callable[[Any], object]) -> Path:
    """Write an archive again with a config that `change` was called with."""
    members = members_of(source)
    config = json.loads(members["config.json"])
    change(config)
    return pack(target, members | {"config.json": json.dumps(config)})


def write_whole(model: core.Model, path: Path, version: str) -> None:
    """Write a model as the whole-model HDF5 file that a version of Keras made of it."""
    with h5py.File(path, "w") as root:
        root.attrs["model_config"], root.attrs["keras_version"] = json.dumps(serialize(model)), version
        for layer in model.layers:
            group = root.create_group(f"model_weights/{layer.name}")
            group.attrs["weight_names"] = list(layer.parameters)
            for name, value in layer.parameters.items():
                group[name] = value
