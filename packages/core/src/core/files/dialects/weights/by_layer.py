"""The weights of an HDF5 file by layer: a group for each layer, whose attribute `weight_names` lists its arrays in order.

They stand under ``model_weights`` of a whole model, and at the root of what ``save_weights("w.h5")`` wrote. Layers of a whole
model are found by name; weights alone are taken in the order of the layers, as Keras does, so that other names do no harm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from core.arrays import Array
from core.errors import ModelFileError, WeightMismatchError
from core.files import dialects, hdf5
from core.files.assignment import Assignment
from core.files.dialects.weights.forms import in_todays_form, turned
from core.files.dialects.weights.names import Stored, match
from core.files.dialects.weights.order import Slot, orders
from core.files.hdf5_format import Dataset, Group
from core.layers.base import Layer

#: Weights of a model that belong to none of its layers; ours have none.
_TOP = "top_level_model_weights"
#: The state of random number generators, which some versions list among the weights.
_RANDOM = ("StateVar", "seed_generator_state", "random_generator_state")


def read_by_layer(layers: Sequence[Layer], root: Group, *, whole: bool) -> Iterator[Assignment]:
    """Read the parameters of all layers; `whole` where the file holds the model too, whose names are then those of the layers."""
    version = hdf5.read_text(root, "keras_version") if "keras_version" in root.attrs else "1"
    backend = hdf5.read_text(root, "backend") if "backend" in root.attrs else ""
    slots = {layer.name: slots for layer in layers if (slots := next(orders(layer, version)))}
    groups = {name: paths for name in _layer_names(root, slots) if (paths := _weight_names(root, name))}
    if whole:
        slots = {name: own for name, own in slots.items() if name in groups or not _from_config(own)}
    for layer, name in _pair([layer for layer in layers if layer.name in slots], groups, root, whole=whole):
        group = hdf5.descend(root, name)
        arrays = [_stored(group, path) for path in groups[name]]
        own = slots[layer.name]
        arrays = in_todays_form(dialects.modernize_arrays(arrays, own) if version.startswith("1") else arrays, own)
        if len(arrays) != len(own):
            raise WeightMismatchError(
                f"{layer}: the model expects {len(own)} parameters, the file holds {len(arrays)}"
                f"{'' if name == layer.name else f' for its layer {name!r}'}: {groups[name][:4]}"
            )
        found: dict[tuple[int, str], Array] = {}
        for array, slot in match(layer, arrays, own, version):
            value = turned(array.read(slot.what), slot, backend)
            found[id(slot.layer), slot.name] = value
            yield Assignment(slot.layer, slot.name, value)
        for _, inner in layer.walk():
            for own_name, (held, its_name) in inner.mirrors.items():
                yield Assignment(inner, own_name, found[id(held), its_name])


def _from_config(slots: Sequence[Slot]) -> bool:
    """Return whether the config of a model that was just built gave all these parameters their values (idf weights, say)."""
    adapted = next(
        (slot.layer for slot in slots if slot.layer.file_format.assets and slot.name not in slot.layer.parameters), None
    )
    if adapted is not None:
        raise WeightMismatchError(
            f"{adapted} was adapted to data, and Keras keeps what it learned in no .h5 file: save the model as .keras"
        )
    return all(slot.name in slot.layer.parameters for slot in slots)


def _layer_names(root: Group, slots: dict[str, list[Slot]]) -> list[str]:
    names = hdf5.read_names(root, "layer_names") if dialects.is_by_layer(root) else list(slots)
    name, count = next(iter(Counter(names).most_common(1)), ("", 0))
    if count > 1:
        raise ModelFileError(f"{root.name} lists the layer {name[:200]!r} twice: the file was not saved whole")
    if _TOP in root and _TOP not in names and (own := _weight_names(root, _TOP)):
        raise WeightMismatchError(f"the file holds weights of the model itself, outside all layers: {own[:4]}")
    return names


def _weight_names(root: Group, name: str) -> list[str]:
    """Return the paths of a layer's arrays. Raises `ModelFileError` where one is there twice: Keras cannot save such a model."""
    paths = [
        path
        for path in hdf5.read_names(hdf5.descend(root, name), "weight_names")
        if not path.rpartition("/")[2].startswith(_RANDOM)
    ]
    path, count = next(iter(Counter(paths).most_common(1)), ("", 0))
    if count > 1:
        raise ModelFileError(
            f"{root.path(name)} lists {path[:200]!r} twice: two layers have one name, of which the file holds one; "
            "save the model as .keras"
        )
    return paths


def _pair(
    layers: Sequence[Layer], groups: dict[str, list[str]], root: Group, *, whole: bool
) -> Iterator[tuple[Layer, str]]:
    """Find the group of each layer that has parameters."""
    ours, theirs = [layer.name for layer in layers], list(groups)
    if ours == theirs or (whole and set(ours) <= set(theirs)):
        yield from zip(layers, ours, strict=True)
        return
    if len(ours) != len(theirs):
        known = set(ours)
        missing = [name for name in ours if name not in groups] or [name for name in theirs if name not in known]
        raise WeightMismatchError(
            f"the model has {len(ours)} layers with parameters, the file {len(theirs)}; "
            f"only one of them has {', '.join(repr(name[:100]) for name in missing[:5])}"
        )
    if set(ours) == set(theirs) and _fits_in_order(layers, groups, root):
        first = next(index for index, name in enumerate(ours) if name != theirs[index])
        raise WeightMismatchError(
            f"the file lists the layers of the model in another order: where the model has {ours[first]!r}, it has "
            f"{theirs[first]!r}. Keras would go by the order, their names say otherwise; name or list them alike"
        )
    yield from zip(layers, ours if set(ours) == set(theirs) else theirs, strict=True)


def _fits_in_order(layers: Sequence[Layer], groups: dict[str, list[str]], root: Group) -> bool:
    """Return whether the shapes of the arrays would also fit the layers in the order of the file."""
    return all(
        sorted(_stored(hdf5.descend(root, name), path).shape for path in paths)
        == sorted(shape for _, inner in layer.walk() for shape in inner.parameter_shapes.values())
        for layer, (name, paths) in zip(layers, groups.items(), strict=True)
    )


def _stored(group: Group, path: str) -> Stored:
    *folders, last = path.split("/")
    holder = hdf5.descend(group, "/".join(folders)) if folders else group
    found = hdf5.child(holder, last)
    if not isinstance(found, Dataset):
        raise ModelFileError(f"{found.name} is a group, expected an array")
    return Stored(path, found.shape, partial(hdf5.read_dataset, holder, last, found.shape))
