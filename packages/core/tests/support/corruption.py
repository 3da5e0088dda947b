"""Honest model files, corrupted: bytes flipped, cut and spliced; fields of the config replaced by other types and extremes.

`corrupt(data, rng)` gives a corrupted copy of a file. The same random numbers corrupt it the same way.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

import h5py
from packing import members_of, packed

#: What a field of a config is replaced by.
EXTREMES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 7, 255, 2**31 - 1, 2**31, -(2**31), 2**53, 2**63, 10**30, -(10**30), 10**400,
    0.5, -0.0, 1e-320, 1e308, float("nan"), float("inf"), float("-inf"),
    "", "a", "valid", "same", "float16", "int8", "string", "bfloat16", "../../outside", "/etc/passwd", "\0", "\ud800",
    "abc,cd->abd", "...a,...b->...ab", "a" * 50_000, "(" * 2_000, "é" * 100,
    [], [0], [None], [-1], [1, 1], [3, -1], [10**9, 10**9, 10**9], [[[]]], [None, None, None, None, None], ["a", "b"],
    [0] * 40, [float("nan")] * 3, list(range(1000)), {}, {"": 1}, {"class_name": "Dense", "config": {"units": 1}},
    {"class_name": "Lambda", "config": {}}, {"class_name": "__keras_tensor__", "config": {}},
    {"class_name": "__numpy__", "config": {"value": [[1], [2, 3]], "dtype": "float32"}},
    {"class_name": "__slice__", "config": {"start": 0, "stop": 10**12, "step": -1}},
    {"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}},
]  # fmt: skip
_NUMBERS = [b"\0" * 8, b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\1" + b"\0" * 7]
#: Where most of the structure of a small HDF5 file stands; half of all flips go there.
_STRUCTURE = 8192


def corrupt(data: bytes, rng: Random) -> bytes:
    """Corrupt a file in one of the ways that suit its kind."""
    ways: list[Callable[[bytes, Random], bytes]] = [corrupt_bytes]
    if data.startswith(b"PK"):
        ways += [_corrupt_members] * 4
    elif data.startswith(b"\x89HDF"):
        ways += [_corrupt_attributes]
    return rng.choice(ways)(data, rng)


def corrupt_bytes(data: bytes, rng: Random) -> bytes:
    """Flip bits, write extreme numbers, copy one part over another, cut the end; a few times."""
    corrupted = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        place = rng.randrange(max(1, min(len(corrupted), _STRUCTURE if rng.random() < 0.5 else len(corrupted))))
        way = rng.randrange(6)
        if way == 0 and corrupted:
            corrupted[place] ^= 1 << rng.randrange(8)
        elif way == 1:
            corrupted[place : place + 1] = bytes([rng.choice([0, 1, 127, 128, 255])])
        elif way == 2:
            size = rng.choice([2, 4, 8])
            corrupted[place : place + size] = rng.choice(_NUMBERS)[:size]
        elif way == 3:
            corrupted[place : place + 8] = rng.randrange(len(corrupted) + 1).to_bytes(8, "little")
        elif way == 4:
            other, size = rng.randrange(len(corrupted) + 1), rng.choice([1, 8, 40, 512])
            corrupted[place : place + size] = corrupted[other : other + size]
        elif rng.random() < 0.3:
            del corrupted[place:]
    return bytes(corrupted)


def corrupt_json(data: bytes, rng: Random) -> bytes:
    """Replace, remove, repeat or exchange some fields of a JSON document."""
    try:
        document = json.loads(data)
    except ValueError:  # something else was written over it
        return data
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        places = list(_places(document))
        if not places:
            break
        holder, key = rng.choice(places)
        way = rng.randrange(8)
        if way == 0:
            del holder[key]
        elif way == 1:
            other, field = rng.choice(places)
            holder[key] = deepcopy(other[field])
        elif way == 2 and isinstance(holder, list):
            holder.insert(key, deepcopy(holder[key]))
        elif way == 3 and isinstance(holder[key], int | float):
            holder[key] = holder[key] + rng.choice([-1, 1, 10**6])
        elif way == 4 and isinstance(holder, dict):
            holder[rng.choice(["name", "dtype", "units", "axis", "surprise", ""])] = deepcopy(rng.choice(EXTREMES))
        else:
            holder[key] = deepcopy(rng.choice(EXTREMES))
    return json.dumps(document).encode()


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Go through every place of a document where a value stands: its holder and its key or index there."""
    waiting = [document] if isinstance(document, dict | list) else []  # metadata.json may have become null already
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])


def _corrupt_members(data: bytes, rng: Random) -> bytes:
    """Corrupt one member of a zip, its checksum made right again."""
    members = members_of(data)
    names = [name for name in ("config.json", "model.weights.h5", "model.weights.npz") if name in members]
    name = rng.choice(names or list(members))
    way = corrupt_json if name == "config.json" and rng.random() < 0.9 else corrupt
    if rng.random() < 0.1:
        members[rng.choice(["metadata.json", *members])] = rng.choice([b"", b"{}", b"[]", b"null", b"\xff" * 100])
    if members[name]:
        members[name] = way(members[name], rng) if members[name] else b""
    return packed(members, rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))


def _corrupt_attributes(data: bytes, rng: Random) -> bytes:
    """Corrupt the config of a whole-model HDF5 file, or an attribute of a group."""
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "a") as root:
        if "model_config" in root.attrs and rng.random() < 0.9:
            root.attrs["model_config"] = corrupt_json(root.attrs["model_config"].encode(), rng).decode()
        else:
            groups: list[Any] = [root]
            root.visititems(lambda _, found: groups.append(found))
            group = rng.choice(groups)
            name = rng.choice([*group.attrs, "weight_names", "layer_names", "keras_version", "name"])
            group.attrs[name] = rng.choice(["", "2.3.1", "x" * 1000, ["a", "b"], 3, [[1.5]], b"\xff", [""] * 50])
    return buffer.getvalue()
