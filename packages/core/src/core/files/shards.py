"""Weights in several files: a ``.weights.json`` of Keras 3 names the HDF5 files beside it that hold the numbered arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO

from core.errors import ModelFileError
from core.files.archive import is_hdf5
from core.files.budget import Budget, count_bytes
from core.files.hdf5_format import Group, open_root
from core.files.numbered_weights import index_numbered
from core.files.source import Source

#: Files that one set of weights may be cut into: each is held open while the arrays are read.
_MOST_SHARDS = 500


@contextmanager
def open_shards(source: Source, described: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, dict[str, Group]]]]:
    """Open the files that a parsed ``.weights.json`` names; yield their size in bytes and their arrays."""
    names = _names_of(described)
    if source.path is None:
        raise ModelFileError(f"the weights lie in {len(names)} files beside the .json: give its path, not its content")
    arrays: dict[str, dict[str, Group]] = {}
    with ExitStack() as stack:
        files: list[BinaryIO] = []
        for name in names:
            path = source.path.parent / name
            if path.is_symlink() or not path.is_file():
                raise ModelFileError(f"the file of weights {name!r} is not in the folder of {source.path.name}")
            file = stack.enter_context(Source(path).open())
            if not is_hdf5(file):
                raise ModelFileError(f"{name} is not an HDF5 file")
            files.append(file)
        size = sum(count_bytes(file) for file in files)
        budget = Budget(size)
        for name, file in zip(names, files, strict=True):
            for group, found in index_numbered(open_root(file, budget)).items():
                held = arrays.setdefault(group, {})
                twice = [key for key in found if key in held and group.rpartition("/")[2] == "vars"]
                if twice:
                    raise ModelFileError(
                        f"{name} holds {group}/{twice[0]}, which another file of the same weights holds too"
                    )
                held |= found
        yield size, arrays


def _names_of(described: Mapping[str, Any]) -> list[str]:
    """Return the files that are named, each once. Raises `ModelFileError` for a name that leads out of the folder."""
    holders = described.get("weight_map")
    if not isinstance(holders, Mapping):
        raise ModelFileError("weight_map must be an object")
    names: dict[str, None] = {}
    for some in holders.values():
        for name in some if isinstance(some, list) else [some]:
            if not isinstance(name, str) or not name or name.strip(".") == "" or set(name) & set("/\\:\0"):
                raise ModelFileError(f"weight_map must name files in its own folder, got {str(name)[:200]!r}")
            names[name] = None
            if len(names) > _MOST_SHARDS:
                raise ModelFileError(f"weight_map names more than {_MOST_SHARDS} files")
    return list(names)
