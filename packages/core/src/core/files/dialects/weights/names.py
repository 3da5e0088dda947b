"""Which array of an HDF5 file is which parameter: full names decide, and where they leave a doubt, Keras' order.

A path names the parameter and some of the layers around it. The paths of Keras 3 name them so fully that they alone decide;
those of Keras 2 may name none, or under the numbers of another session, and there the order of the list counts, as it does
for Keras. Each order is held to the names and shapes before it is believed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

from core.arrays import Array
from core.errors import WeightMismatchError
from core.files.dialects.weights.order import Slot, is_named, orders
from core.layers.base import Layer

#: Parameters that older versions called otherwise.
_RENAMED = {
    "depthwise_kernel": ("kernel",), "sn_u": ("vector_u",), "W": ("kernel", "embeddings"), "U": ("recurrent_kernel",),
    "b": ("bias",), "running_mean": ("moving_mean",), "running_std": ("moving_variance",), "alphas": ("alpha",),
}  # fmt: skip
_NUMBER = re.compile(r"_\d+$")
#: Pairs of a path and a parameter that are looked at, before names are left for the order.
_MOST_PAIRS = 100_000


@dataclass(frozen=True)
class Stored:
    """An array of the file: its path, its shape, and how its numbers are read for a parameter, which errors name."""

    path: str
    shape: tuple[int, ...]
    read: Callable[[str], Array]

    @property
    def folders(self) -> list[str]:
        """The names before the last."""
        return self.path.split("/")[:-1]

    @property
    def name(self) -> str:
        """The last name, without the number of a tensor."""
        return self.path.rpartition("/")[2].partition(":")[0]


def match(
    layer: Layer, arrays: Sequence[Stored], slots: Sequence[Slot], keras_version: str
) -> list[tuple[Stored, Slot]]:
    """Find the parameter of each array. Raises `WeightMismatchError` where one does not fit, or cannot be told."""
    named = _by_name(arrays, slots)
    full = _by_full_name(arrays, slots, named)
    settled = _settle(full)
    if settled is not None:
        _check_shapes(arrays, slots, settled)
        return [(array, slots[index]) for array, index in zip(arrays, settled, strict=True)]
    positions = {(id(slot.layer), slot.name): index for index, slot in enumerate(slots)}
    wanted: list[int] = []
    for order in orders(layer, keras_version):
        indices = [positions[id(slot.layer), slot.name] for slot in order]
        wanted = wanted or indices
        if all(
            index in named[position]
            and slots[index].shape == arrays[position].shape
            and (full is None or index in full[position])
            for position, index in enumerate(indices)
        ):
            return [(array, slots[index]) for array, index in zip(arrays, indices, strict=True)]
    raise _mismatch(layer, arrays, slots, named, wanted)


def _by_name(arrays: Sequence[Stored], slots: Sequence[Slot]) -> list[Set[int]]:
    """Return for each array the parameters that its last name allows; a name that no version has allows all."""
    having: dict[str, set[int]] = defaultdict(set)
    for index, slot in enumerate(slots):
        having[slot.name].add(index)
    every = frozenset(range(len(slots)))
    found: dict[str, Set[int]] = {}
    for array in arrays:
        if array.name not in found:
            found[array.name] = next((having[name] for name in _meanings(array.name) if name in having), every)
    return [found[array.name] for array in arrays]


def _meanings(name: str) -> Iterator[str]:
    """Go through the parameters that a name may mean, the likeliest first; Keras 1 puts the layer's name in front."""
    parts = name.split("_")
    for start in range(len(parts)):
        rest = "_".join(parts[start:])
        yield rest
        yield from _RENAMED.get(rest, ())


def _by_full_name(arrays: Sequence[Stored], slots: Sequence[Slot], named: Sequence[Set[int]]) -> list[set[int]] | None:
    """Return for each array the parameters whose layers its path names in full; None where a path names others."""
    inside: dict[str, set[int]] = defaultdict(set)
    for index, slot in enumerate(slots):
        for names in slot.around:
            for name in names:
                inside[name].add(index)
    pairs = 0
    found: list[set[int]] = []
    near: dict[tuple[str, str], Set[int]] = {}
    for array, having in zip(arrays, named, strict=True):
        last = array.folders[-1] if array.folders else ""
        key = (last, array.name)
        if key not in near:
            near[key] = having & (inside.get(last) or inside.get(_NUMBER.sub("", last)) or set()) if last else having
        pairs += len(near[key])
        if not near[key] or pairs > _MOST_PAIRS:
            return None
        found.append({index for index in near[key] if _leads_to(array.folders, slots[index])})
        if not found[-1]:
            return None
    return found


def _leads_to(folders: Sequence[str], slot: Slot) -> bool:
    """Return whether the layers around a parameter have the names of all folders, in their order."""
    around = iter(slot.around)
    return all(any(is_named(folder, names) for names in around) for folder in folders)


def _settle(candidates: Sequence[set[int]] | None) -> list[int] | None:
    """Return the one parameter for each array, where each follows from the others; None where two ways are left."""
    if candidates is None:
        return None
    count = len(candidates)
    edges = [{count + index for index in some} for some in candidates] + [set[int]() for _ in candidates]
    for position, some in enumerate(candidates):
        for index in some:
            edges[count + index].add(position)
    chosen: dict[int, int] = {}
    waiting = [node for node, ends in enumerate(edges) if len(ends) == 1]
    while waiting:
        node = waiting.pop()
        if edges[node]:  # else it was chosen, or nothing is left for it
            other = edges[node].pop()
            chosen[min(node, other)] = max(node, other) - count
            edges[node] = set()
            for neighbour in edges[other] - {node}:
                edges[neighbour].discard(other)
                if len(edges[neighbour]) == 1:
                    waiting.append(neighbour)
            edges[other] = set()
    return [chosen[position] for position in range(count)] if len(chosen) == count else None


def _check_shapes(arrays: Sequence[Stored], slots: Sequence[Slot], indices: Sequence[int]) -> None:
    for array, index in zip(arrays, indices, strict=True):
        if slots[index].shape != array.shape:
            raise _wrong_shape(array, slots[index])


def _wrong_shape(array: Stored, slot: Slot) -> WeightMismatchError:
    return WeightMismatchError(
        f"{slot.what}: the model expects the shape {slot.shape}, the file holds {array.shape} as {array.path!r}"
    )


def _mismatch(
    layer: Layer,
    arrays: Sequence[Stored],
    slots: Sequence[Slot],
    named: Sequence[Set[int]],
    wanted: Sequence[int],
) -> WeightMismatchError:
    """Return the error for the first array that does not fit in Keras' order."""
    for array, index, allowed in zip(arrays, wanted, named, strict=True):
        slot = slots[index]
        if index not in allowed and not any(slots[other].shape == array.shape for other in allowed):
            return WeightMismatchError(
                f"{layer}: the file holds {array.path!r} of the shape {array.shape}, "
                f"the model expects {slot.name!r} of {slot.layer} there, of the shape {slot.shape}"
            )
        if index in allowed and slot.shape != array.shape:
            return _wrong_shape(array, slot)
    return WeightMismatchError(
        f"{layer}: which of {[array.path for array in arrays[:4]]} is which parameter cannot be told: the names leave it "
        "open, and they contradict the order in which Keras lists the weights. Save the model as .keras"
    )
