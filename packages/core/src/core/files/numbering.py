"""How Keras 2.12 and 2.13 numbered the layers of a ``.weights.h5``: a layer with weights counts twice.

They kept the layers of a model in a dict that names each once, and once more if it has weights. Both entries advance the
count of its class, so the second Dense of a model is ``dense_2`` there and ``dense_1`` since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeVar

from core.layer import Layer, snake_case

#: What they called the layers of a model.
FOLDER = "_layer_checkpoint_dependencies"

Value = TypeVar("Value")


def renumber(groups: Mapping[str, Value], model: Layer) -> dict[str, Value]:
    """Give groups by the paths of today, where they have those of 2.12; a path that the model lacks keeps its number."""
    if not any(path.startswith(FOLDER) for path in groups):
        return dict(groups)
    today = {f"{old}/vars": f"{new}/vars" for old, new in _paths(model, "", "")}
    return {today.get(path, path.replace(FOLDER, "layers")): group for path, group in groups.items()}


def _paths(layer: Layer, old: str, new: str) -> Iterator[tuple[str, str]]:
    """Go through the layers inside `layer`, with the path of each in 2.12 and today."""
    counts: Counter[str] = Counter()
    for key, child in layer.children.items():
        name = key
        if key.startswith("layers/"):
            kind = snake_case(type(child).__name__)
            name = f"{FOLDER}/{kind}_{counts[kind]}" if counts[kind] else f"{FOLDER}/{kind}"
            counts[kind] += 2 if child.count_parameters() else 1
        paths = (f"{old}/{name}".lstrip("/"), f"{new}/{key}".lstrip("/"))
        yield paths
        yield from _paths(child, *paths)
