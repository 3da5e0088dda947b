"""The order in which Keras lists the weights of a layer in HDF5: trainable ones first, so what is frozen moves to the end.

Each version collects them from the layers inside in its own way. Keras 3 lists all weights and then parts them; Keras 2
asks each layer inside for its trainable ones and for the others, where a layer that is frozen has none of the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.layers.base import Layer
from core.layers.names import snake_case

#: Layers within others whose `trainable` the config states; others are frozen with the layer that made them.
_HAVE_THEIR_OWN_FLAG = ("layers/", "layer", "forward_layer", "backward_layer")
_CELLS = ("_cell", "_cells")


@dataclass(frozen=True)
class Slot:
    """A parameter that waits for its array; `around` holds, from the outside in, the names that each layer around it may have."""

    layer: Layer
    name: str
    around: tuple[frozenset[str], ...]
    trainable: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that the array must have."""
        return self.layer.parameter_shapes[self.name]

    @property
    def what(self) -> str:
        """How errors name it."""
        return f"{self.layer}, parameter {self.name!r}"


@dataclass(frozen=True)
class _Tree:
    """A layer with its own parameters and the trees of the layers inside."""

    own: tuple[Slot, ...]
    children: tuple[_Tree, ...]
    trainable: bool
    #: True for a model, which lists the layers inside before itself.
    is_model: bool


def orders(layer: Layer, keras_version: str) -> Iterator[list[Slot]]:
    """Go through the orders in which a file may list the weights of a layer, that of its version first."""
    tree = _tree(layer, (), set(), trainable=True)
    if keras_version.startswith(("1", "2")):
        yield _trainable(tree) + _others(tree)
        yield _order_of_3(tree)
    else:
        yield _order_of_3(tree)
        yield _trainable(tree) + _others(tree)
    thawed = _tree(layer, (), set(), trainable=None)
    yield _order_of_3(thawed)
    yield list(_natural(thawed))


def _tree(
    layer: Layer, around: tuple[frozenset[str], ...], seen: set[int], trainable: bool | None, key: str = ""
) -> _Tree:
    """Return the tree of a layer, each layer once; `trainable` is that of the layer around, or None where nothing is frozen."""
    seen.add(id(layer))
    here = (*around, _names(layer, key))
    flag = trainable is None or (layer.trainable and (trainable or key.startswith(_HAVE_THEIR_OWN_FLAG)))
    own = tuple(
        Slot(layer, name, here, flag and name not in layer.statistics)
        for name in layer.parameter_shapes
        if name not in layer.mirrors
    )
    children = tuple(
        _tree(child, here, seen, None if trainable is None else flag, name)
        for name, child in layer.children.items()
        if id(child) not in seen
    )
    return _Tree(own, children, flag, is_model=any(name.startswith("layers/") for name in layer.children))


def _names(layer: Layer, key: str) -> frozenset[str]:
    """Return the names under which a layer may appear in the path of a weight."""
    last = key.rpartition("/")[2]
    names = {layer.name, last, last.removesuffix("_dense").removeprefix("_")}
    if last in {"forward_layer", "backward_layer"}:
        half = last.removesuffix("layer")
        names |= {half + layer.name.removeprefix(half)}
    kind = snake_case(type(layer).__name__)
    return frozenset((names | {kind} if kind.endswith(_CELLS) else names) - {""})


def is_named(folder: str, names: frozenset[str]) -> bool:
    """Return whether a folder of a path names a layer; Keras 2 numbers the cells that a layer makes for itself."""
    kind = re.sub(r"_\d+$", "", folder)
    return folder in names or (kind.endswith(_CELLS) and kind in names)


def _natural(tree: _Tree) -> Iterator[Slot]:
    """Go through the weights as Keras 3 lists them: a layer's own before those of the layers inside."""
    yield from (slot for slot in tree.own if slot.name not in slot.layer.statistics)
    yield from (slot for slot in tree.own if slot.name in slot.layer.statistics)
    for child in tree.children:
        yield from _natural(child)


def _order_of_3(tree: _Tree) -> list[Slot]:
    weights = list(_natural(tree))
    if not tree.trainable:
        return weights
    return [slot for slot in weights if slot.trainable] + [slot for slot in weights if not slot.trainable]


def _trainable(tree: _Tree) -> list[Slot]:
    """Return the trainable weights as Keras 2 lists them."""
    if not tree.trainable:
        return []
    own = [slot for slot in tree.own if slot.trainable]
    inner = [slot for child in tree.children for slot in _trainable(child)]
    return inner + own if tree.is_model else own + inner


def _others(tree: _Tree) -> list[Slot]:
    """Return the weights that do not learn as Keras 2 lists them."""
    statistics = [slot for slot in tree.own if slot.name in slot.layer.statistics]
    rest = [slot for slot in tree.own if slot.name not in slot.layer.statistics]
    inner = [slot for child in tree.children for slot in _others(child)]
    if tree.is_model:
        learn = [slot for child in tree.children for slot in _trainable(child)]
        return (inner if tree.trainable else learn + rest + inner) + statistics
    if tree.trainable:
        return statistics + inner
    return rest + statistics + [slot for child in tree.children for slot in _trainable(child) + _others(child)]
