"""What the reader asks of an HDF5 file: plain groups and plain arrays that live inside the file itself, and nothing else.

HDF5 can point elsewhere in four ways (external links, soft links, external storage, virtual datasets) and can declare
shapes far larger than the file. A name is followed only through hard links, one step at a time; an array is read only
after its shape is the expected one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.arrays import Array
from core.errors import ModelFileError, WeightMismatchError
from core.files.budget import MOST_GROUPS
from core.files.hdf5_format import Dataset, Group
from core.files.hdf5_format.links import HARD
from core.files.hdf5_format.write import NewDataset
from core.ops import bfloat16

#: How Keras writes bfloat16: two bytes without a meaning, and an attribute that says it.
_BFLOAT16 = np.dtype("V2")


def child(group: Group, name: str) -> Group | Dataset:
    """Open the member `name` of a group; raises `ModelFileError` for anything but a hard link."""
    link = group.links.get(name)
    if link is None:
        raise ModelFileError(f"the file holds no {group.path(name)}")
    if link.kind != HARD:
        raise ModelFileError(f"{group.path(name)} is a {link.kind}: links out of the file are refused")
    return group.open(name)


def descend(group: Group, path: str) -> Group:
    """Follow a path of group names, one hard link at a time."""
    for name in path.split("/"):
        found = child(group, name)
        if not isinstance(found, Group):
            raise ModelFileError(f"{found.name} is a dataset, expected a group")
        group = found
    return group


def index_groups(root: Group) -> dict[str, Group]:
    """Find every group below `root` by its path with ``/`` between names, also where a Windows machine wrote ``\\``."""
    found: dict[str, Group] = {}
    seen = {root.address}
    waiting = [("", root)]
    while waiting:
        path, group = waiting.pop()
        if path in found:  # "a/b" may be one name, or two groups
            raise ModelFileError(f"the file holds two groups that are named {path[:200]!r}")
        found[path] = group
        for name, link in group.links.items():
            if link.kind != HARD:
                continue
            member = group.open(name)
            if isinstance(member, Group):
                if member.address in seen or len(seen) >= MOST_GROUPS:
                    raise ModelFileError(
                        f"{member.name} is there twice, or the file holds more than {MOST_GROUPS} groups"
                    )
                seen.add(member.address)
                waiting.append((f"{path}/{name}".replace("\\", "/").lstrip("/"), member))
    return found


def read_dataset(group: Group, name: str, shape: tuple[int, ...], what: str) -> Array:
    """Read a dataset of numbers whose shape must be `shape`; `what` names it in errors."""
    dataset = child(group, name)
    if not isinstance(dataset, Dataset):
        raise ModelFileError(f"{what}: {dataset.name} is a group, expected an array")
    if dataset.shape != shape:
        raise WeightMismatchError(f"{what}: the model expects the shape {shape}, the file holds {dataset.shape}")
    halved = dataset.dtype == _BFLOAT16
    if dataset.dtype.kind not in "fiub" and not halved:
        raise WeightMismatchError(f"{what}: expected numbers, the file holds {dataset.dtype}")
    try:
        values = dataset.read()
    except ModelFileError as error:
        raise ModelFileError(f"{what}: {error}") from error
    return bfloat16.from_bytes(values) if halved else values


def new_dataset(value: Array, dtype: str, read: Callable[[], Array]) -> NewDataset:
    """Return an array to write, which `read` fetches; `dtype` is that of the parameter, which NumPy may not have."""
    if dtype == "bfloat16":
        return NewDataset(value.shape, _BFLOAT16, lambda: bfloat16.to_bytes(read()), {"dtype": dtype})
    return NewDataset(value.shape, value.dtype, read)


def read_text(group: Group, name: str) -> str:
    """Read an attribute that holds one text."""
    value = group.attrs[name]
    if not isinstance(value, bytes):
        raise ModelFileError(f"the attribute {name} of {group.name} must be a text")
    return value.decode()


def read_names(group: Group, name: str) -> list[str]:
    """Read a list of names: Keras cuts those above 64512 bytes into `name0`, `name1`, ..."""
    if name in group.attrs:
        chunks = [group.attrs[name]]
    else:
        chunks = []
        while f"{name}{len(chunks)}" in group.attrs:
            chunks.append(group.attrs[f"{name}{len(chunks)}"])
    names = [item for chunk in chunks for item in np.ravel(chunk).tolist()]
    if not all(isinstance(item, bytes) for item in names):
        raise ModelFileError(f"the attribute {name} of {group.name} must be a list of names")
    return [item.decode() for item in names]
