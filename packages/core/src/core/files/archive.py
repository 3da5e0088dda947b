"""Opening a model file: which format it is by its content, and safe access to its config, weights and assets.

Nothing is extracted to disk. Members of a zip are read in place; a compressed one only if it is small.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from core.errors import ModelFileError
from core.files import hdf5
from core.files.hdf5_format import Group, open_root
from core.files.limits import LARGEST_ASSET, LARGEST_COMPRESSED, LARGEST_JSON, MOST_JSON_NESTS
from core.files.npz import Npz
from core.files.zip_directory import open_zip

_ZIP_MAGIC = b"PK\x03\x04"
_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_LOCAL_HEADER = 30  # bytes of a zip member's header before its name; two lengths stand at 26 and 28


@dataclass
class Archive:
    """An opened model file."""

    path: Path
    size: int
    config: dict[str, Any]
    keras_version: str
    #: The open HDF5 file of the weights, or the arrays of a ``model.weights.npz``.
    weights: Group | Npz
    #: True for the whole-model HDF5 file of Keras 2, whose weights are named by layer.
    legacy: bool
    #: Files beside the weights, by their path in the archive; each is read when it is asked for.
    assets: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a ``.keras`` or whole-model ``.h5`` file, whatever its name. Raises `ModelFileError`."""
    with ExitStack() as stack:
        file = stack.enter_context(open_file(path))
        size = file.seek(0, io.SEEK_END)
        if is_zip(file):
            yield _open_zip(path, size, file, stack)
        elif is_hdf5(file):
            yield _open_hdf5(path, size, file)
        else:
            magic = _magic(file)
            raise ModelFileError(f"{path}: neither a .keras archive (zip) nor an HDF5 file; it begins with {magic!r}")


def open_file(path: Path) -> BinaryIO:
    """Open a regular file for reading: a device or a pipe would never end."""
    if not path.is_file() and path.exists() and not path.is_dir():
        raise ModelFileError(f"{path}: is no regular file")
    return path.open("rb")


def is_zip(file: BinaryIO) -> bool:
    """Say whether a file is a zip archive, by its first bytes."""
    return _magic(file).startswith(_ZIP_MAGIC)


def is_hdf5(file: BinaryIO) -> bool:
    """Say whether a file is HDF5, by its first bytes."""
    return _magic(file) == _HDF5_MAGIC


def _magic(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(len(_HDF5_MAGIC))


def _open_zip(path: Path, size: int, file: BinaryIO, stack: ExitStack) -> Archive:
    archive = stack.enter_context(open_zip(file))
    members = _members(archive, path)
    if "config.json" not in members:
        raise ModelFileError(f"{path}: holds no config.json; it has {', '.join(list(members)[:5]) or 'nothing'}")
    config = parse_json(_read(archive, members["config.json"], LARGEST_JSON), "config.json")
    metadata = (
        parse_json(_read(archive, members["metadata.json"], LARGEST_JSON), "metadata.json")
        if "metadata.json" in members
        else {}
    )
    weights: Group | Npz
    if "model.weights.h5" in members:
        weights = open_root(_view(archive, members["model.weights.h5"], file))
    elif "model.weights.npz" in members:
        weights = Npz(_view(archive, members["model.weights.npz"], file))
    else:
        raise ModelFileError(f"{path}: holds neither model.weights.h5 nor model.weights.npz")
    assets = {name: partial(_read, archive, info, LARGEST_ASSET) for name, info in members.items()}
    return Archive(path, size, config, str(metadata.get("keras_version", "3")), weights, legacy=False, assets=assets)


def _open_hdf5(path: Path, size: int, file: BinaryIO) -> Archive:
    root = open_root(file)
    if "model_config" not in root.attrs:
        raise ModelFileError(
            f"{path}: an HDF5 file without model_config: weights alone? Open its model, then load_weights"
        )
    config = parse_json(hdf5.read_text(root, "model_config").encode(), "model_config")
    version = hdf5.read_text(root, "keras_version") if "keras_version" in root.attrs else "2"
    return Archive(path, size, config, version, hdf5.descend(root, "model_weights"), legacy=True)


def parse_json(data: bytes, what: str) -> dict[str, Any]:
    """Parse a JSON object."""
    if len(data) > LARGEST_JSON:
        raise ModelFileError(f"{what} is larger than {LARGEST_JSON} bytes")
    if data.count(b"[") + data.count(b"{") > MOST_JSON_NESTS:
        raise ModelFileError(f"{what} holds more than {MOST_JSON_NESTS:,} lists and objects")
    parsed = json.loads(data)
    if not isinstance(parsed, dict):
        raise ModelFileError(f"{what} must be an object, got {type(parsed).__name__}")
    return parsed


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """List the files of an archive by name; a name twice or one that leads outside is an attack."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if ".." in parts or info.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise ModelFileError(f"{path}: the member {info.filename!r} leads out of the archive")
        if info.filename in members:
            raise ModelFileError(f"{path}: the member {info.filename!r} is there twice")
        if not info.is_dir():
            members[info.filename] = info
    unpacked = sum(info.file_size for info in members.values() if info.compress_type != zipfile.ZIP_STORED)
    if unpacked > LARGEST_COMPRESSED:
        raise ModelFileError(f"{path}: {unpacked:,} bytes are compressed, more than the {LARGEST_COMPRESSED:,} allowed")
    return members


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """Read one member whole, its checksum verified; `limit` is in bytes."""
    if info.file_size > limit:
        raise ModelFileError(f"{info.filename} holds {info.file_size} bytes, more than the {limit} allowed")
    with archive.open(info) as member:
        data = member.read(limit + 1)  # also reads to the end, where the checksum is compared
    if len(data) != info.file_size:
        raise ModelFileError(f"{info.filename} says it holds {info.file_size} bytes, but {len(data)} came")
    return data


def _view(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: BinaryIO) -> BinaryIO:
    """Give a member as a file that can be read at any place: in place where it is stored, from memory where compressed."""
    if info.compress_type != zipfile.ZIP_STORED:
        return io.BytesIO(_read(archive, info, LARGEST_COMPRESSED))
    if info.flag_bits & 1:
        raise ModelFileError(f"{info.filename} is encrypted")
    file.seek(info.header_offset)
    header = file.read(_LOCAL_HEADER)
    start = (
        info.header_offset
        + _LOCAL_HEADER
        + int.from_bytes(header[26:28], "little")
        + int.from_bytes(header[28:30], "little")
    )
    part = _Slice(file, start, info.file_size)
    checksum = 0
    while block := part.read(2**20):
        checksum = zlib.crc32(block, checksum)
    if checksum != info.CRC:
        raise ModelFileError(f"{info.filename} is damaged: its checksum does not match")
    part.seek(0)
    return cast(BinaryIO, io.BufferedReader(part))


class _Slice(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._position = file, start, size, 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that any place can be reached."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the part."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read bytes into `buffer`, not beyond the part's end."""
        wanted = min(len(buffer), max(0, self._size - self._position))
        self._file.seek(self._start + self._position)
        got = self._file.readinto(memoryview(buffer)[:wanted])  # type: ignore[attr-defined]
        self._position += got
        return int(got)
