"""Safe access to HDF5: only plain groups and plain datasets that live inside the file itself are ever opened.

HDF5 can point elsewhere in four ways (external links, soft links, external storage, virtual datasets) and can declare
shapes far larger than the file. A name is followed only through hard links, one step at a time; a dataset is read only
after its shape is the expected one.
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from core.arrays import Array
from core.errors import ModelFileError, WeightMismatchError
from core.files.limits import LARGEST_JSON, MOST_GROUPS
from core.ops import bfloat16

#: How Keras writes bfloat16: two bytes without a meaning, and an attribute that says it.
_BFLOAT16 = np.dtype("V2")


def child(group: h5py.Group, name: str) -> Any:
    """Open the member `name` of a group; raises `ModelFileError` for anything but a hard link."""
    link = group.get(name, getlink=True) if "/" not in name else None
    if link is None:
        raise ModelFileError(f"the file holds no {group.name.rstrip('/')}/{name}")
    if not isinstance(link, h5py.HardLink):
        raise ModelFileError(
            f"{group.name.rstrip('/')}/{name} is a {type(link).__name__}: links out of the file are refused"
        )
    return group[name]


def has(group: h5py.Group, name: str) -> bool:
    """Say whether the group has a member `name`, without opening it."""
    return group.get(name, getlink=True) is not None


def descend(group: h5py.Group, path: str) -> h5py.Group:
    """Follow a path of group names, one hard link at a time."""
    for name in path.split("/"):
        group = child(group, name)
        if not isinstance(group, h5py.Group):
            raise ModelFileError(f"{group.name} is a dataset, expected a group")
    return group


def index_groups(root: h5py.Group) -> dict[str, h5py.Group]:
    """Find every group below `root` by its path with ``/`` between names, also where a Windows machine wrote ``\\``."""
    found: dict[str, h5py.Group] = {}
    waiting = [("", root)]
    while waiting:
        path, group = waiting.pop()
        found[path] = group
        if len(found) > MOST_GROUPS:
            raise ModelFileError(f"the file holds more than {MOST_GROUPS} groups")
        for name in group:
            if (
                group.get(name, getclass=True, getlink=True) is h5py.HardLink
                and group.get(name, getclass=True) is h5py.Group
            ):
                waiting.append((f"{path}/{name}".replace("\\", "/").lstrip("/"), group[name]))
    return found


def read_dataset(group: h5py.Group, name: str, shape: tuple[int, ...], what: str) -> Array:
    """Read a dataset of numbers whose shape must be `shape`; `what` names it in errors."""
    dataset = child(group, name)
    if not isinstance(dataset, h5py.Dataset):
        raise ModelFileError(f"{what}: {dataset.name} is a group, expected an array")
    if dataset.is_virtual or dataset.external:
        raise ModelFileError(f"{what}: {dataset.name} keeps its data in another file, which is refused")
    if dataset.shape != shape:
        raise WeightMismatchError(f"{what}: the model expects the shape {shape}, the file holds {dataset.shape}")
    halved = dataset.dtype == _BFLOAT16
    if dataset.dtype.kind not in "fiub" and not halved:
        raise WeightMismatchError(f"{what}: expected numbers, the file holds {dataset.dtype}")
    if dataset.id.get_storage_size() == 0 and 0 not in shape:
        raise ModelFileError(f"{what}: {dataset.name} has a shape but no data")
    values = np.asarray(dataset[()])
    return bfloat16.from_bytes(values) if halved else values


def write_dataset(group: h5py.Group, name: str, value: Array, dtype: str) -> None:
    """Write an array; `dtype` is that of the parameter, which NumPy may not have."""
    if dtype == "bfloat16":
        group.create_dataset(name, data=bfloat16.to_bytes(value)).attrs["dtype"] = dtype
    else:
        group.create_dataset(name, data=value)


def read_attribute(group: h5py.Group, name: str) -> Any:
    """Read an attribute, refusing one that is larger than any config."""
    attribute = h5py.h5a.open(group.id, name.encode())
    if attribute.get_storage_size() > LARGEST_JSON:
        raise ModelFileError(f"the attribute {name} of {group.name} is larger than {LARGEST_JSON} bytes")
    return group.attrs[name]


def read_names(group: h5py.Group, name: str) -> list[str]:
    """Read a list of names: Keras cuts those above 64512 bytes into `name0`, `name1`, ..."""
    if name in group.attrs:
        chunks = [read_attribute(group, name)]
    else:
        chunks = []
        while f"{name}{len(chunks)}" in group.attrs:
            chunks.append(read_attribute(group, f"{name}{len(chunks)}"))
    return [item.decode() if isinstance(item, bytes) else str(item) for chunk in chunks for item in np.ravel(chunk)]
