"""All that older versions of Keras said otherwise than Keras 3: here and nowhere else.

What opens a file takes these functions from here; the modules behind them are imported when a file is of their kind, so
that a file of Keras 3 imports none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import ModelFileError
from core.files.hdf5_format import Group
from core.lazy import LazyNames

#: The name of Keras 2's hard sigmoid, for which Keras 3 has another function.
HARD_SIGMOID = "hard_sigmoid_keras2"
PARTS = LazyNames(
    __name__,
    {
        "compiling": "compile_config_of",
        "configs": "modernize_config",
        "first_input": "shape_from_weights",
        "hard_sigmoid": "by_name in_layers",
        "weights.by_layer": "read_by_layer",
        "weights.keras1": "modernize_arrays",
        "weights.numbering": "renumber",
    },
)


def __getattr__(name: str) -> Any:
    return PARTS.attribute(name)


def modernize(config: Mapping[str, Any], keras_version: str) -> Mapping[str, Any]:
    """Put the config of a model into the words of Keras 3, and what those spell out into ours."""
    if keras_version.split(".", maxsplit=1)[0] in {"1", "2"}:
        modern: Mapping[str, Any] = PARTS["modernize_config"](config)
        return modern
    return PARTS["by_name"](config) if HARD_SIGMOID in str(config) else config


def version_of(config: Mapping[str, Any]) -> str:
    """Return the version of Keras that wrote an architecture; Keras 3 does not say it, in words that differ from Keras 2's."""
    stated = config.get("keras_version")
    if isinstance(stated, str):
        return stated
    if "keras_version" in config:
        raise ModelFileError(f"keras_version must be a text, got {stated!r}")
    old = any("batch_input_shape" in inner for inner in _configs(config)) or "module" not in config
    return "2" if old or ".engine." in str(config.get("module")) else "3"


def _configs(entry: Any) -> Iterator[Mapping[str, Any]]:
    """Go through the configs of all layers."""
    waiting = [entry]
    while waiting:
        each = waiting.pop()
        inner = each.get("config") if isinstance(each, Mapping) else None
        layers = inner.get("layers") if isinstance(inner, Mapping) else inner
        if isinstance(inner, Mapping):
            yield inner
        if isinstance(layers, list):
            waiting += layers


def is_by_layer(root: Group) -> bool:
    """Return whether a group holds weights by layer, as every Keras wrote them into ``.h5``."""
    return any(name in root.attrs for name in ("layer_names", "layer_names0"))
