"""The weights of a whole-model HDF5 file: each layer's group lists the paths of its arrays in `weight_names`.

The list is trainable weights first, so a frozen part changes the order; a weight is therefore found by its path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import WeightMismatchError
from core.files import hdf5
from core.files.hdf5_format import Group
from core.layer import Layer

if TYPE_CHECKING:
    from core.model import Model

#: Parameters that Keras 2 called otherwise.
_RENAMED = {"depthwise_kernel": "kernel", "sn_u": "vector_u"}
#: What Keras calls a parameter that its layer gave no name.
_UNNAMED = re.compile(r"variable(_\d+)?")


@dataclass
class _Slot:
    """A parameter that waits for its array: the layer, its name, and the names of the layers around it."""

    layer: Layer
    name: str
    around: frozenset[str]


def read_legacy(model: Model, root: Group) -> None:
    """Assign every parameter of `model` from the group `model_weights`."""
    for layer in model.layers:
        slots = list(_slots(layer, frozenset({layer.name})))
        if not slots:
            continue
        group = hdf5.descend(root, layer.name)
        paths = hdf5.read_names(group, "weight_names")
        if len(paths) != len(slots):
            raise WeightMismatchError(
                f"{layer}: the model expects {len(slots)} parameters, the file holds {len(paths)}: {paths[:4]}"
            )
        for path in paths:
            slot = _find(slots, path, layer)
            slots.remove(slot)
            *folders, last = path.split("/")
            holder = hdf5.descend(group, "/".join(folders)) if folders else group
            shape = slot.layer.parameter_shapes[slot.name]
            slot.layer.assign(
                slot.name, hdf5.read_dataset(holder, last, shape, f"{slot.layer}, parameter {slot.name!r}")
            )


def _slots(layer: Layer, around: frozenset[str]) -> list[_Slot]:
    own = [_Slot(layer, name, around) for name in layer.parameter_shapes]
    inner = [
        slot
        for key, child in layer.children.items()
        for slot in _slots(child, around | {child.name, key.split("/")[-1]})
    ]
    return own + inner


def _find(slots: list[_Slot], path: str, layer: Layer) -> _Slot:
    """Find the parameter that a path means: same last name, and the most names of layers around it in common."""
    *folders, last = path.split("/")
    name = last.split(":")[0]
    named = [slot for slot in slots if slot.name == name] or [slot for slot in slots if slot.name == _RENAMED.get(name)]
    if not named and _UNNAMED.fullmatch(name):
        named = slots  # in their order, within the layers that the path names
    if not named:
        raise WeightMismatchError(
            f"{layer}: the file holds {path!r}, the model expects {[slot.name for slot in slots]}"
        )
    return max(named, key=lambda slot: sum(_means(folder, slot.around) for folder in folders))


def _means(folder: str, around: frozenset[str]) -> bool:
    """Say whether a folder names one of the layers around; the halves of a Bidirectional are named after their layer."""
    return folder in around or any(
        half in around and folder.startswith(f"{half.split('_')[0]}_") for half in ("forward_layer", "backward_layer")
    )
