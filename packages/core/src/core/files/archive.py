"""Opening a model file: which format it is by its content, and safe access to its config, weights and assets.

Nothing is extracted to disk. Members of a zip are read in place, and all that is read is charged to one budget.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from core.errors import ModelFileError
from core.files import dialects, hdf5
from core.files.budget import LARGEST_ASSET, LARGEST_JSON, Budget
from core.files.foreign import describe_file
from core.files.hdf5_format import Group, find_superblock, open_root
from core.files.json_file import parse_json
from core.files.npz import Npz
from core.files.source import Source
from core.files.zip_directory import Member, has_end
from core.files.zip_members import Zip

_ZIP_MAGIC = b"PK\x03\x04"
_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_LARGEST_METADATA_JSON = 2**20  # bytes; Keras writes two texts


#: What to do with a file of weights alone.
_WITH_THEIR_MODEL = "open their model and call its load_weights, or core.load_model('model.json', weights=...)"


@dataclass
class Archive:
    """An opened model file."""

    path: Source
    size: int
    config: dict[str, Any]
    keras_version: str
    #: The open HDF5 file of the weights, or the arrays of a ``model.weights.npz``.
    weights: Group | Npz
    #: What may still be read of the file.
    budget: Budget
    #: True for a whole-model HDF5 file, whose weights are named by layer.
    by_layer: bool
    #: Files beside the weights, by their path in the archive; each is read when it is asked for.
    assets: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)


@contextmanager
def open_archive(path: Source) -> Iterator[Archive]:
    """Open a ``.keras`` or whole-model ``.h5`` file, whatever its name. Raises `ModelFileError`."""
    with path.open() as file:
        size = file.seek(0, io.SEEK_END)
        if is_zip(file):
            yield _open_zip(path, size, file)
        elif is_hdf5(file):
            yield _open_hdf5(path, size, file)
        else:
            raise ModelFileError(f"{path}: neither a .keras archive (zip) nor an HDF5 file: {describe_file(file)}")


def is_zip(file: BinaryIO) -> bool:
    """Return whether a file is a zip archive: by its first bytes, or by its end where others stand before it."""
    magic = _magic(file)
    return magic.startswith(_ZIP_MAGIC) or (magic != _HDF5_MAGIC and has_end(file))


def is_hdf5(file: BinaryIO) -> bool:
    """Return whether a file is HDF5, whose first bytes may stand behind a block for the user."""
    return find_superblock(file) is not None


def _magic(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(len(_HDF5_MAGIC))


def _open_zip(path: Source, size: int, file: BinaryIO) -> Archive:
    archive = Zip(file)
    members = _members(archive, path)
    if "config.json" not in members:
        held = ", ".join(name[:100] for name in list(members)[:5]) or "nothing"
        raise ModelFileError(f"{path}: holds no config.json; it has {held}{_advice(members)}")
    budget = archive.budget
    config = parse_json(archive.read(members["config.json"], LARGEST_JSON), "config.json", budget)
    metadata = (
        parse_json(archive.read(members["metadata.json"], _LARGEST_METADATA_JSON), "metadata.json", budget)
        if "metadata.json" in members
        else {}
    )
    weights: Group | Npz
    if "model.weights.h5" in members:
        weights = open_root(archive.view(members["model.weights.h5"]), budget)
    elif "model.weights.npz" in members:
        weights = Npz(archive.view(members["model.weights.npz"]), budget)
    else:
        raise ModelFileError(f"{path}: holds neither model.weights.h5 nor model.weights.npz")
    assets = {name: partial(archive.read, member, LARGEST_ASSET) for name, member in members.items()}
    return Archive(
        path, size, config, str(metadata.get("keras_version", "3")), weights, budget, by_layer=False, assets=assets
    )


def _open_hdf5(path: Source, size: int, file: BinaryIO) -> Archive:
    budget = Budget.of(file)
    root = open_root(file, budget)
    if "model_config" not in root.attrs:
        raise ModelFileError(
            f"{path}: an HDF5 file without model_config, which holds weights alone: {_WITH_THEIR_MODEL}"
        )
    config = parse_json(hdf5.read_text(root, "model_config").encode(), "model_config", budget)
    version = hdf5.read_text(root, "keras_version") if "keras_version" in root.attrs else "2"
    if (compiling := _compiling(root, budget)) is not None:
        config = config | {"compile_config": compiling}
    return Archive(path, size, config, version, hdf5.descend(root, "model_weights"), budget, by_layer=True)


def _compiling(root: Group, budget: Budget) -> dict[str, Any] | None:
    """Read how a model was compiled, which no prediction depends on: where it is damaged, the model is not compiled."""
    if "training_config" not in root.attrs:
        return None
    try:
        training = parse_json(hdf5.read_text(root, "training_config").encode(), "training_config", budget)
        found: dict[str, Any] | None = dialects.compile_config_of(training)
    except (ModelFileError, ValueError):
        return None
    return found


def _members(archive: Zip, path: Source) -> dict[str, Member]:
    """List the files of an archive by name, without the one folder that they may lie in together."""
    members: dict[str, Member] = {}
    for member in archive.files():
        parts = PurePosixPath(member.name.replace("\\", "/")).parts
        if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0]:
            raise ModelFileError(f"{path}: the member {member.name[:200]!r} leads out of the archive")
        name = "/".join(parts)
        if name in members:
            raise ModelFileError(f"{path}: the member {name[:200]!r} is there twice")
        members[name] = member
    folders = [name.removesuffix("config.json") for name in members if name.endswith("/config.json")]
    if "config.json" in members or len(folders) != 1:
        return members
    outside = [name for name in members if not name.startswith(folders[0])]
    if outside:
        raise ModelFileError(
            f"{path}: the model lies in the folder {folders[0][:200]!r} of the archive, beside {outside[0][:200]!r}: "
            "pack the content of that folder alone"
        )
    return {name.removeprefix(folders[0]): member for name, member in members.items()}


def _advice(members: Mapping[str, Member]) -> str:
    """Return what to do with an archive that holds no model itself, as a part of a sentence."""
    inner = [name for name in members if name.endswith((".keras", ".h5", ".hdf5"))]
    if any(name.endswith("saved_model.pb") for name in members):
        return ": a SavedModel of TensorFlow; open it there and save it as .keras"
    if members and all(name.endswith(".npy") for name in members):
        return f": weights alone; {_WITH_THEIR_MODEL}"
    return f": unpack it, and open {inner[0][:100]!r}" if inner else ""
