"""How a config writes the arguments of a call: tensors by the layer they come from, and plain constants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.checks import integer
from core.errors import UnsupportedLayerError
from core.graph.nodes import Always
from core.nests import leaves

#: Inputs, or outputs, of a model.
MOST_OUTPUTS = 2_000
#: Context that Keras writes with each call although it is decided when the model runs.
_CONTEXT = ("mask", "training")


@dataclass
class History:
    """A tensor, as a config names it: output number `output` of call number `call` of a layer."""

    layer: str
    call: int
    output: int


@dataclass(frozen=True)
class RecordedCall:
    """The arguments of one call: nests of `History` and constants."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def histories(*nests: Any) -> Iterator[History]:
    """Go through the tensors in `nests`."""
    return (leaf for nest in nests for leaf in leaves(nest) if isinstance(leaf, History))


def read_call(call: Any) -> RecordedCall:
    """Read one entry of ``inbound_nodes``, in the words of Keras 3: args and kwargs."""
    args, kwargs = (call.get("args", []), call.get("kwargs", {})) if isinstance(call, dict) else (None, None)
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise UnsupportedLayerError(f"a call must have a list of args and a dict of kwargs, got {str(call)[:200]}")
    return RecordedCall(
        tuple(_read(arg) for arg in args), _without_context({key: _read(value) for key, value in kwargs.items()})
    )


def read_outputs(nest: Any) -> Any:
    """Read ``input_layers`` or ``output_layers``: one tensor, or a list or dict of them."""
    if isinstance(nest, list) and len(nest) == 3 and isinstance(nest[0], str):
        return _history(nest)
    if isinstance(nest, dict):
        return {key: read_outputs(value) for key, value in nest.items()}
    if isinstance(nest, list) and len(nest) > MOST_OUTPUTS:
        raise UnsupportedLayerError(f"a model must name {MOST_OUTPUTS:,} inputs and outputs at most, got {len(nest):,}")
    if isinstance(nest, list) and nest:
        return [read_outputs(item) for item in nest]
    raise UnsupportedLayerError(f"a model must name its inputs and outputs, got {str(nest)[:200]}")


def _history(triple: Any) -> History:
    if not isinstance(triple, list | tuple) or len(triple) != 3 or not isinstance(triple[0], str):
        raise UnsupportedLayerError(f"a tensor is written [layer, call, output], got {str(triple)[:200]}")
    return History(triple[0], integer(triple[1], "call", minimum=0), integer(triple[2], "output", minimum=0))


def _read(value: Any) -> Any:
    """Read one argument."""
    if isinstance(value, list):
        return [_read(item) for item in value]
    if not isinstance(value, dict) or "class_name" not in value:
        return {key: _read(item) for key, item in value.items()} if isinstance(value, dict) else value
    kind, inner = value["class_name"], value.get("config")
    if not isinstance(kind, str) or kind not in _KINDS or not isinstance(inner, dict):
        raise UnsupportedLayerError(f"an argument of kind {kind!r} is not one that Kaca knows: {str(value)[:200]}")
    return _KINDS[kind](inner)


def _constant(inner: dict[str, Any]) -> Any:
    dtype = inner.get("dtype")
    if dtype not in {"float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"}:
        raise UnsupportedLayerError(f"a constant must be of a plain number type, got {dtype!r}")
    try:
        return np.asarray(inner.get("value"), dtype=dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise UnsupportedLayerError(f"a constant must be a nest of numbers, got {str(inner)[:200]}") from error


def _without_context(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing: ``mask=None``, ``training=None``."""
    return {key: value for key, value in kwargs.items() if not (key in _CONTEXT and value is None)}


_KINDS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "__keras_tensor__": lambda inner: _history(inner.get("keras_history")),
    "__slice__": lambda inner: slice(*(_read(inner.get(part)) for part in ("start", "stop", "step"))),
    "__ellipsis__": lambda _: Ellipsis,
    "__numpy__": _constant,
    "__tensor__": _constant,
    "__always__": lambda inner: Always(inner.get("value") is True),
    "DTypePolicy": lambda inner: inner.get("name"),
}
