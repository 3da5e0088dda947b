"""How Keras 2.12 to 2.15 named the layers of a ``.weights.h5``.

Until 2.14 they kept the layers of a model in a dict that names each once, and once more if it has weights. Until 2.13 both
entries advance the count of its class, so the second Dense of a model is ``dense_2`` there and ``dense_1`` since. And the
projections of attention had private names: ``_query_dense``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeVar

from core.layers.base import Layer
from core.layers.names import snake_case

#: What they called the layers of a model.
FOLDER = "_layer_checkpoint_dependencies"

Value = TypeVar("Value")


def renumber(groups: Mapping[str, Value], model: Layer) -> dict[str, Value]:
    """Return groups by the paths of today, where they have those of 2.12; a path that the model lacks keeps its number.

    A file of weights alone does not say its version: of the two ways to count, the one whose paths are there decides.
    """
    return _with_public_names(_with_numbers_of_today(groups, model), model)


def _with_public_names(groups: dict[str, Value], model: Layer) -> dict[str, Value]:
    for path, layer in model.walk():
        around, _, name = path.rpartition("/")
        private = f"{around}/_{name}/vars"
        if layer.parameter_shapes and f"{path}/vars" not in groups and private in groups:
            groups[f"{path}/vars"] = groups.pop(private)
    return groups


def _with_numbers_of_today(groups: Mapping[str, Value], model: Layer) -> dict[str, Value]:
    if not any(path.startswith(FOLDER) for path in groups):
        return dict(groups)
    ways = [list(_paths(model, "", "", with_weights)) for with_weights in (1, 2)]
    once, twice = (sum(f"{old}/vars" not in groups for old, _, holds in way if holds) for way in ways)
    today = {f"{old}/vars": f"{new}/vars" for old, new, _ in ways[twice < once]}
    return {today.get(path, path.replace(FOLDER, "layers")): group for path, group in groups.items()}


def _paths(layer: Layer, old: str, new: str, with_weights: int) -> Iterator[tuple[str, str, bool]]:
    """Go through the layers inside `layer`: the path of each in 2.12 and today, and whether it holds parameters itself.

    `with_weights` is by how much a layer with weights advances the count of its class.
    """
    counts: Counter[str] = Counter()
    for key, child in layer.children.items():
        name = key
        if key.startswith("layers/"):
            kind = snake_case(type(child).__name__)
            name = f"{FOLDER}/{kind}_{counts[kind]}" if counts[kind] else f"{FOLDER}/{kind}"
            counts[kind] += with_weights if child.count_parameters() else 1
        paths = (f"{old}/{name}".lstrip("/"), f"{new}/{key}".lstrip("/"))
        yield *paths, bool(child.parameter_shapes)
        yield from _paths(child, *paths, with_weights)
