"""A row of a table of tests: a layer of Keras', its options, what it is called on, and what it cannot take, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Any

import keras
import numpy as np
from compare import randomize, reopen

import core

flatten, map_nest = keras.tree.flatten, keras.tree.map_structure

#: What is checked on every row; "rows" is part of the types, "predictions" (those of Keras, in `nox -s full`) of the fast form.
PROPERTIES = (
    "float32", "float64", "float16", "rows", "file", "fast form", "predictions", "GradientTape", "differences",
)  # fmt: skip


def inside(layer: Callable[..., Any], *args: Any, **options: Any) -> partial[Any]:
    """Name a layer among the options of another one; it is made with the row's type, anew for every model."""
    return partial(layer, *args, **options)


@dataclass(frozen=True, eq=False)
class Row:
    """A layer, its options, and its inputs: a shape, to be filled at random, or an array where the numbers matter.

    A list of inputs is given as a list, a tuple as arguments of their own. Instead of a layer there may be a function that
    takes the options and returns a function of tensors. `call` holds what a call is given by name; arrays among it become
    inputs of the model. `before` stands in front of the layer, for every input; `adapt` is what it learns from beforehand.
    `without` names properties that the row cannot take, each with the reason; `within` the tolerances that it needs, with theirs.
    """

    layer: Callable[..., Any]
    options: Mapping[str, Any]
    inputs: Any
    call: Mapping[str, Any] = field(default_factory=dict)
    before: Sequence[partial[Any]] = ()
    adapt: Any = None
    without: Mapping[str, str] = field(default_factory=dict)
    within: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    #: The kernels that its fast form is made of, "plain" for a layer that has none; not looked at where None.
    kernels: Sequence[str] | None = None

    def __post_init__(self) -> None:
        unknown = {*self.without, *self.within} - {*PROPERTIES}
        assert not unknown, f"{self} speaks of {unknown}, which is not a property"

    def __str__(self) -> str:
        parts = [*map(_shown, self.before), self.layer.__name__, _shown(self.options), _shown(self.call)]
        return "-".join(part for part in parts if part)

    @property
    def layer_names(self) -> set[str]:
        """The classes of Keras that this row is about."""
        return {self.layer.__name__, *_layers_in(self.options)}

    def tolerance(self, name: str, usual: float) -> float:
        """Return the tolerance of a property."""
        return self.within[name][0] if name in self.within else usual


def _shown(value: Any) -> str:
    """Show an option in the name of a test: short, the same in every run."""
    if isinstance(value, partial):
        return "/".join(
            [value.func.__name__, *map(_shown, value.args), *([_shown(value.keywords)] if value.keywords else [])]
        )
    if isinstance(value, Mapping):
        return ",".join(f"{name}={_shown(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return f"[{' '.join(map(_shown, value))}]"
    return "array" if isinstance(value, np.ndarray) else ascii(value) if isinstance(value, str) else str(value)


@dataclass
class Opened:
    """Both models of a row, with an input and Keras' output for it."""

    theirs: keras.Model
    ours: core.Model
    x: Any

    @cached_property
    def y(self) -> Any:
        """What Keras' model gives at inference."""
        return map_nest(np.asarray, self.theirs(tensors(self.x), training=False))


@lru_cache(maxsize=4)  # the properties of a row are checked one after the other
def opened(row: Row, dtype: str) -> Opened:
    """Put a row's layer in a Keras model of this type with random weights, save it and open it."""
    rng = np.random.default_rng(0)
    inputs, call = (
        map_nest(partial(_array, dtype=dtype, rng=rng), _nest(nest)) for nest in (row.inputs, dict(row.call))
    )
    arrays = [leaf for leaf in flatten((inputs, call)) if isinstance(leaf, np.ndarray)]
    with _policy(dtype):
        model = _model(row, inputs, call)
    if row.adapt is None:
        randomize(model, rng)
    x = arrays if len(arrays) > 1 else arrays[0]
    return Opened(model, reopen(model), x)


def _model(row: Row, inputs: Any, call: dict[str, Any]) -> keras.Model:
    layer, before = row.layer(**_made(row.options)), _made(row.before)
    if row.adapt is not None:
        layer.adapt(row.adapt)
    entries = map_nest(_entry, (inputs, call))
    if isinstance(inputs, np.ndarray) and not call and isinstance(layer, keras.Layer):
        return keras.Sequential([entries[0], *before, layer])
    given = entries[0]
    for one in before:
        given = map_nest(one, given)
    outputs = layer(*given, **entries[1]) if isinstance(given, tuple) else layer(given, **entries[1])
    leaves = [leaf for leaf in flatten(entries) if isinstance(leaf, keras.KerasTensor)]
    return keras.Model(
        leaves if len(leaves) > 1 else leaves[0], list(outputs) if isinstance(outputs, tuple) else outputs
    )


def _made(option: Any) -> Any:
    """Make the layers among options."""
    if isinstance(option, partial):
        return option.func(*_made(option.args), **_made(option.keywords))
    if isinstance(option, Mapping):
        return {name: _made(one) for name, one in option.items()}
    return type(option)(map(_made, option)) if isinstance(option, list | tuple) else option


def _layers_in(option: Any) -> Iterator[str]:
    """Name the layers among options."""
    if isinstance(option, partial):
        yield option.func.__name__
        option = [*option.args, *option.keywords.values()]
    for one in option.values() if isinstance(option, Mapping) else option if isinstance(option, list | tuple) else ():
        yield from _layers_in(one)


@contextmanager
def _policy(dtype: str) -> Iterator[None]:
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy("float32")


@dataclass(frozen=True)
class _Shape:
    """A shape as a leaf of a nest."""

    sizes: tuple[int, ...]


def _nest(inputs: Any) -> Any:
    """Make leaves of the shapes in a nest of inputs."""
    if isinstance(inputs, tuple) and all(isinstance(size, int) for size in inputs):
        return _Shape(inputs)
    return type(inputs)(map(_nest, inputs)) if isinstance(inputs, list | tuple) else inputs


def _array(leaf: Any, dtype: str, rng: np.random.Generator) -> Any:
    """Return the array for a shape, an array of floats in the row's type, and all else as it is."""
    if isinstance(leaf, _Shape):
        leaf = rng.normal(size=leaf.sizes)
    return leaf.astype(dtype) if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f" else leaf


def _entry(leaf: Any) -> Any:
    if not isinstance(leaf, np.ndarray):
        return leaf
    return keras.Input(leaf.shape[1:], dtype="string" if leaf.dtype.kind in "OU" else str(leaf.dtype))


def tensors(x: Any) -> Any:
    """Return what Keras takes for arrays: among texts, all must be tensors."""
    if all(leaf.dtype.kind not in "OU" for leaf in flatten(x)):
        return x
    return map_nest(
        lambda leaf: keras.ops.convert_to_tensor(
            leaf.tolist(), "string" if leaf.dtype.kind in "OU" else str(leaf.dtype)
        ),
        x,
    )
