"""How a call of a TensorFlow function is read, and how the operations of Keras 3 that compute it are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from core.errors import UnsupportedLayerError


@dataclass
class Given:
    """A call of a TensorFlow function: its first argument, and the others by name, each taken out as it is used."""

    title: str
    first: Any
    options: dict[str, Any]

    def take(self, name: str, default: Any = None) -> Any:
        """Take an argument out; `default` where it is not given."""
        value = self.options.pop(name, None)
        return default if value is None else value

    def tensor(self, name: str) -> Any:
        """Take out an argument that is a tensor or a constant."""
        if name not in self.options:
            raise UnsupportedLayerError(f"{self.title} is called without {name}")
        return array(self.options.pop(name))

    def only(self, name: str, *allowed: Any) -> None:
        """Take out an argument that may have no other value than these."""
        value = self.options.pop(name, None)
        if value is not None and value not in allowed:
            raise UnsupportedLayerError(f"{self.title}: {name}={str(value)[:100]} is not supported")


@dataclass
class Step:
    """One operation or layer of Keras 3; `BEFORE` among its arguments is what the step before it gave."""

    BEFORE: ClassVar[object] = object()
    operation: str
    args: list[Any]
    options: dict[str, Any] = field(default_factory=dict)
    is_layer: bool = False


Function = Callable[[Given], list[Step]]


def tensor(layer: str, call: int, output: int) -> dict[str, Any]:
    """Return a tensor in the words of Keras 3, which expects a shape and a type there and looks at neither."""
    history = {"shape": [None], "dtype": "float32", "keras_history": [layer, call, output]}
    return {"class_name": "__keras_tensor__", "config": history}


def array(value: Any) -> Any:
    """Return a constant that was written as nested lists in the words of Keras 3; anything else as it is."""
    if not isinstance(value, list) or holds_tensor(value):
        return value
    items: Any = value
    while isinstance(items, list) and items:
        items = items[0]
    dtype = "bool" if isinstance(items, bool) else "int32" if isinstance(items, int) else "float32"
    return {"class_name": "__numpy__", "config": {"value": value, "dtype": dtype}}


def holds_tensor(value: Any) -> bool:
    """Return whether a nest of lists holds a tensor."""
    return any(holds_tensor(item) for item in value) if isinstance(value, list) else isinstance(value, dict)


def operations(steps: Sequence[Step], name: str) -> Iterator[dict[str, Any]]:
    """Write the steps as layers of a config, each fed with what the one before it gave where it says so."""
    before: dict[str, Any] | None = None
    for number, step in enumerate(steps, start=1):
        own = name if number == len(steps) else f"{name}.{number}"
        args = [before if arg is Step.BEFORE else arg for arg in step.args]
        yield {
            "module": "keras.layers" if step.is_layer else "keras.src.ops.numpy",
            "class_name": step.operation,
            "config": {"name": own} | step.options,
            "name": own,
            "inbound_nodes": [{"args": args, "kwargs": {}}],
        }
        before = tensor(own, 0, 0)
