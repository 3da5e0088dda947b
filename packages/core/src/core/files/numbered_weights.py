"""The weights as Keras 3 numbers them, ``layers/<layer>/vars/<i>``, in the order of a layer's parameters; or by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from core.errors import ModelFileError, WeightMismatchError
from core.files import dialects, hdf5
from core.files.assignment import Assignment
from core.files.hdf5_format import Group
from core.files.npz import Npz
from core.layers.base import Layer

#: Paths of what is not a layer: optimisers, metrics, and generators of random numbers.
_OF_TRAINING = re.compile(r"^(optimizer|metrics|_?\w*(loss|metric)\w*)/|generator")
_MEMBER = re.compile(r"(.*/)?layers/[^/]+")
#: The arrays under each path that ends in ``vars``: the group that holds each of them, which may lie in another file.
Numbered = Mapping[str, Mapping[str, Group]]


def index_numbered(root: Group) -> dict[str, dict[str, Group]]:
    """Find the arrays of a file by the path of their group."""
    return {path: dict.fromkeys(group.links, group) for path, group in hdf5.index_groups(root).items()}


def read_numbered(model: Layer, arrays: Numbered) -> Iterator[Assignment]:
    """Read numbered arrays; those that the model has no parameter for are an error too."""
    if any("/_" in f"/{path}" for path in arrays):  # names that Keras 3 mostly does not begin so
        arrays = dialects.renumber(arrays, model)
    groups = _with_moved(_without_wrapper(dict(arrays), model), model)
    for path, layer in model.walk():
        group = groups.pop(f"{path}/vars" if path else "vars", {})
        names = layer.parameter_shapes
        if len(group) != len(names):
            raise WeightMismatchError(
                f"{layer}: the model expects {len(names)} parameters ({', '.join(names) or 'none'}), "
                f"the file holds {len(group)} under {path or '/'}"
            )
        for name, shape in names.items():
            key = layer.file_key(name)
            if key not in group:
                raise ModelFileError(f"{layer}: the file holds no {path}/vars/{key}, but {', '.join(group)[:200]}")
            what = f"{layer}, parameter {name!r}"
            yield Assignment(layer, name, hdf5.read_dataset(group[key], key, shape, what))
        for again in layer.file_format.repeated_at:
            groups.pop(f"{path}/{again}/vars", None)
    for path, group in groups.items():
        if len(group) and _is_of_layer(path):
            raise WeightMismatchError(
                f"the file holds {len(group)} parameters under {path}, the model has no such layer"
            )


def _is_of_layer(path: str) -> bool:
    """Return whether the arrays at a path are those of a layer; others belong to optimisers, metrics and random numbers."""
    inside = path.split("/")  # a model inside may have been compiled, too
    return inside[0] == "layers" and inside[-1] == "vars" and "generator" not in path and "optimizer" not in inside


def _without_wrapper(groups: dict[str, Mapping[str, Group]], model: Layer) -> dict[str, Mapping[str, Group]]:
    """Return groups without the path of a model around this one (a subclass that holds it), where that makes them fit."""
    wanted = {f"{path}/vars" for path, layer in model.walk() if layer.parameter_shapes}
    arrays = {path for path, group in groups.items() if path.endswith("/vars") and len(group)}
    held = {path for path in arrays if not _OF_TRAINING.search(path)}
    if not wanted or not held.isdisjoint(wanted):
        return groups
    some = min(wanted)
    for around in (path.removesuffix(some) for path in held if path.endswith(f"/{some}")):
        if held == {around + each for each in wanted}:
            return {path.removeprefix(around): group for path, group in groups.items() if path.startswith(around)}
    return groups


def _with_moved(groups: Numbered, model: Layer) -> dict[str, Mapping[str, Group]]:
    """Return groups, those that moved by the paths under which the model has them, too.

    Keras writes the arrays of an object once, where it meets it first: a layer that stands in two models (inside one, and
    beside it) has none in the second position.
    """
    found = dict(groups)
    held = {prefix for path, group in groups.items() if len(group) for prefix in _prefixes(path)}
    first: dict[tuple[type[Layer], str], str] = {}
    for path, layer in model.walk():
        if not _MEMBER.fullmatch(path):
            continue
        who = type(layer), layer.name
        if path in held:
            first.setdefault(who, path)
        elif who in first and layer.count_parameters():
            there = first[who]
            copies = {path + old.removeprefix(there): found[old] for old in found if old.startswith(f"{there}/")}
            found |= copies
            held |= {prefix for copy in copies for prefix in _prefixes(copy)}
    return found


def _prefixes(path: str) -> Iterator[str]:
    """Yield the path of every layer around some arrays: ``a/b/vars`` lies in a and in a/b."""
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts)))


def read_named(model: Layer, arrays: Npz) -> Iterator[Assignment]:
    """Read arrays by path: by the parameter's name (``layers/dense/kernel``) or number (``layers/dense/vars/0``)."""
    numbered = next((f"{path}/vars/0" in arrays for path, layer in model.walk() if layer.parameter_shapes), False)
    keys = {
        f"{path}/vars/{index}" if numbered else f"{path}/{name}": (layer, name)
        for path, layer in model.walk()
        for index, name in enumerate(layer.parameter_shapes)
    }
    missing, extra = sorted(set(keys) - set(arrays)), sorted(set(arrays) - set(keys))
    if missing or extra:
        raise WeightMismatchError(
            f"the arrays do not fit {model}: missing {missing[:3] or 'none'}, not expected {extra[:3] or 'none'}"
        )
    for key, (layer, name) in keys.items():
        shape = layer.parameter_shapes[name]
        yield Assignment(layer, name, arrays.read(key, shape, f"{layer}, parameter {name!r}"))
