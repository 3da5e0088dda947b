"""Random Functional models: a graph grows step by step, each step a layer or operation on tensors that are there.

Tensors are kept by rank: 2 for vectors (batch, n), 3 for sequences (batch, time, n), 4 for images. A package adds its own
steps to those of core. What a step draws comes from hypothesis, which can therefore shrink a graph that disagrees.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from compare import assert_close, randomize, reopen
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from keras import ops

LAYERS = keras.layers

#: Smooth and bounded enough that a chain of ten of them does not blow up what float32 rounds.
ACTIVATIONS = [
    "relu",
    "tanh",
    "sigmoid",
    "gelu",
    "silu",
    "softplus",
    "elu",
    "selu",
    "hard_sigmoid",
    "linear",
    "softsign",
]


class Draw:
    """Choices, as a step asks for them."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self._draw = draw

    def one_of(self, *values: Any) -> Any:
        return self._draw(st.sampled_from(values))

    def number(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def flag(self) -> bool:
        return self._draw(st.booleans())

    def pick(self, ways: dict[str, Callable[[], Any]]) -> Any:
        """Take one of several ways, which have names so that a failure can be read."""
        return ways[self.one_of(*ways)]()

    def activation(self) -> str:
        return self.one_of(*ACTIVATIONS)


Step = Callable[[Draw, Any], Any]


def dense(d: Draw, x: Any) -> Any:
    return LAYERS.Dense(d.number(2, 5), activation=d.activation(), use_bias=d.flag())(x)


def normalised(d: Draw, x: Any) -> Any:
    return d.pick(
        {
            "batch": lambda: LAYERS.BatchNormalization(center=d.flag(), scale=d.flag()),
            "layer": lambda: LAYERS.LayerNormalization(center=d.flag(), scale=d.flag(), epsilon=d.one_of(1e-3, 1e-2)),
            "unit": LAYERS.UnitNormalization,
            "rms": lambda: LAYERS.RMSNormalization(epsilon=d.one_of(1e-3, 1e-2)),
            "group": lambda: LAYERS.GroupNormalization(groups=-1),
            "whitened": lambda: LAYERS.Normalization(mean=[0.5] * x.shape[-1], variance=[2.0] * x.shape[-1]),
        }
    )(x)


def activated(d: Draw, x: Any) -> Any:
    return d.pick(
        {
            "activation": lambda: LAYERS.Activation(d.activation()),
            "relu": lambda: LAYERS.ReLU(max_value=d.one_of(None, 1.0, 6.0), negative_slope=d.one_of(0.0, 0.1)),
            "leaky": lambda: LAYERS.LeakyReLU(negative_slope=d.one_of(0.1, 0.3)),
            "prelu": LAYERS.PReLU,
            "elu": lambda: LAYERS.ELU(alpha=d.one_of(0.5, 1.0)),
            "softmax": lambda: LAYERS.Softmax(axis=d.one_of(-1, 1)),
            "function": lambda: getattr(keras.activations, d.activation()),
        }
    )(x)


def regularised(d: Draw, x: Any) -> Any:
    layer = d.one_of(LAYERS.Dropout, LAYERS.GaussianNoise, LAYERS.GaussianDropout, LAYERS.AlphaDropout)
    return layer(d.one_of(0.1, 0.5))(x)


def calculated(d: Draw, x: Any) -> Any:
    """Raw operations of one tensor."""
    return d.pick(
        {
            "line": lambda: x * d.one_of(2, 0.5, -1.5) + d.one_of(1, -0.25),
            "from": lambda: 1 - x,
            "ratio": lambda: x / (1 + abs(x)),
            "power": lambda: x**2 * 0.5,
            "root": lambda: ops.sqrt(abs(x) + 1),
            "clip": lambda: ops.clip(x, -1, d.one_of(0.5, 2)),
            "wave": lambda: ops.sin(x) + ops.cos(x),
            "mask": lambda: ops.where(x > d.one_of(0.0, 0.3), x, -x),
            "centre": lambda: x - ops.mean(x, axis=-1, keepdims=True),
            "cumulate": lambda: ops.cumsum(x, axis=-1) * 0.5,
            "flip": lambda: ops.flip(x, axis=-1),
            "roll": lambda: ops.roll(x, 1, axis=-1),
            "slice": lambda: x[..., : max(1, x.shape[-1] - 1)],
            "cast": lambda: ops.cast(ops.cast(x, "float64"), "float32"),
            "stack": lambda: ops.max(ops.stack([x, x * 0.5], axis=1), axis=1),
            "repeat": lambda: ops.repeat(x, 2, axis=-1),
        }
    )


def along_time(d: Draw, x: Any) -> Any:
    """A sequence becomes another one."""
    return d.pick(
        {
            "conv": lambda: LAYERS.Conv1D(
                d.number(2, 4),
                d.number(1, 3),
                padding=d.one_of("same", "causal"),
                activation=d.activation(),
                dilation_rate=d.number(1, 2),
            )(x),
            "strided": lambda: LAYERS.Conv1D(3, 2, strides=2, padding="same")(x),
            "separable": lambda: LAYERS.SeparableConv1D(3, 2, padding="same", depth_multiplier=d.number(1, 2))(x),
            "depthwise": lambda: LAYERS.DepthwiseConv1D(2, padding="same", depth_multiplier=d.number(1, 2))(x),
            "transposed": lambda: LAYERS.Conv1DTranspose(2, 3, strides=d.number(1, 2), padding="same")(x),
            "max": lambda: LAYERS.MaxPooling1D(2, strides=d.number(1, 2), padding="same")(x),
            "average": lambda: LAYERS.AveragePooling1D(2, strides=1, padding="same")(x),
            "pad": lambda: LAYERS.ZeroPadding1D((d.number(0, 1), 1))(x),
            "up": lambda: LAYERS.UpSampling1D(2)(x) if x.shape[1] < 8 else x + 1,
            "turn": lambda: LAYERS.Permute((2, 1))(x),
            "einsum": lambda: LAYERS.EinsumDense("abc,cd->abd", output_shape=(None, 3), bias_axes="d")(x),
            "attend": lambda: LAYERS.Attention(use_scale=d.flag())([x, x]),
            "heads": lambda: LAYERS.MultiHeadAttention(2, 2)(x, x, use_causal_mask=d.flag()),
            "grouped": lambda: LAYERS.GroupQueryAttention(2, 4, 2)(x, x),
        }
    )


def summed_up(d: Draw, x: Any) -> Any:
    """A sequence becomes a vector."""
    return d.pick(
        {
            "average": lambda: LAYERS.GlobalAveragePooling1D()(x),
            "max": lambda: LAYERS.GlobalMaxPooling1D()(x),
            "flat": lambda: LAYERS.Flatten()(x),
            "last": lambda: x[:, -1],
            "mean": lambda: ops.mean(x, axis=1),
            "largest": lambda: ops.max(x, axis=2),
            "matrix": lambda: ops.einsum("btn,bt->bn", x, ops.sum(x, axis=2) * 0.1),
        }
    )


def spread_out(d: Draw, x: Any) -> Any:
    """A vector becomes a sequence."""
    return d.pick(
        {
            "repeat": lambda: LAYERS.RepeatVector(d.number(2, 4))(x),
            "reshape": lambda: LAYERS.Reshape((-1, 1))(x),
            "expand": lambda: ops.expand_dims(x, 1),
        }
    )


def nested(d: Draw, x: Any) -> Any:
    """A model within the model, called once or twice."""
    size = x.shape[-1]
    entry = keras.Input(x.shape[1:])
    middle = LAYERS.Dense(3, activation="tanh")(entry)
    inner = (
        keras.Sequential([keras.Input(x.shape[1:]), LAYERS.Dense(3), LAYERS.LayerNormalization(), LAYERS.Dense(size)])
        if d.flag()
        else keras.Model(entry, LAYERS.Dense(size)(middle) * 0.5 + entry)
    )
    return inner(inner(x)) if d.flag() else inner(x)


def merged(d: Draw, one: Any, other: Any) -> Any:
    """Two tensors of one shape become one."""
    layer = d.one_of(
        LAYERS.Add, LAYERS.Subtract, LAYERS.Multiply, LAYERS.Average, LAYERS.Maximum, LAYERS.Minimum, LAYERS.Concatenate,
        None,
    )  # fmt: skip
    if layer is not None:
        return layer()([one, other])
    return d.pick(
        {
            "sum": lambda: one + other,
            "difference": lambda: one - other,
            "choice": lambda: ops.where(one > other, one, other * 0.5),
            "join": lambda: ops.concatenate([one, other, one], axis=-1),
            "larger": lambda: ops.maximum(one, other),
        }
    )


EVERYWHERE: list[Step] = [dense, normalised, activated, regularised, calculated, nested]
STEPS: dict[int, list[Step]] = {
    2: [*EVERYWHERE, spread_out],
    3: [*EVERYWHERE, along_time, along_time, summed_up],
}
#: A shape for an input of each rank.
INPUTS: dict[int, tuple[int, ...]] = {2: (4,), 3: (5, 3)}
#: Numbers for each place of a tensor, so that repeated up-sampling stays small.
_LARGEST = 600


@dataclass
class Recipe:
    """What a graph is grown from."""

    steps: dict[int, list[Step]] = field(default_factory=lambda: STEPS)
    inputs: dict[int, tuple[int, ...]] = field(default_factory=lambda: INPUTS)
    length: tuple[int, int] = (3, 9)
    #: What is done first with an input of rank 2 where those are ids of tokens.
    ids: Step | None = None


def grow(d: Draw, recipe: Recipe) -> keras.Model:
    """Grow a model: one or two inputs, some steps, one or several outputs in a list or a dict."""
    keras.backend.clear_session()
    ranks = [d.one_of(*recipe.inputs) for _ in range(d.number(1, 2))]
    kinds = ["int32" if recipe.ids and rank == 2 else "float32" for rank in ranks]
    inputs = [
        keras.Input(recipe.inputs[rank], name=f"in_{place}", dtype=kind)
        for place, (rank, kind) in enumerate(zip(ranks, kinds, strict=True))
    ]
    tensors = [recipe.ids(d, entry) if recipe.ids and entry.dtype == "int32" else entry for entry in inputs]
    applied: list[tuple[keras.layers.Layer, tuple[int, ...]]] = []
    for _ in range(d.number(*recipe.length)):
        x = d.one_of(*range(max(0, len(tensors) - 3), len(tensors)))
        x = tensors[x]
        same = [other for other in tensors if other.shape == x.shape and other is not x]
        again = [layer for layer, shape in applied if shape == x.shape]
        if same and d.number(0, 2) == 0:
            y = merged(d, x, same[d.number(0, len(same) - 1)])
        elif again and d.number(0, 2) == 0:
            y = again[d.number(0, len(again) - 1)](x)  # a layer that is shared
        elif d.number(0, 4) == 0:
            layer = LAYERS.Dense(d.number(2, 4), activation="tanh")
            applied.append((layer, x.shape))
            y = layer(x)
        else:
            y = d.one_of(*recipe.steps[len(x.shape)])(d, x)
        if None not in y.shape[1:] and int(np.prod(y.shape[1:])) <= _LARGEST:
            tensors.append(y)
    ends = tensors[-d.number(1, min(3, len(tensors))) :]
    used = [end for end in ends if not any(end is entry for entry in inputs)] or [tensors[-1] * 1.0]
    outputs = used[0] if len(used) == 1 else {f"out_{n}": y for n, y in enumerate(used)} if d.flag() else used
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs)


def inputs_of(model: keras.Model, rows: int, rng: np.random.Generator) -> Any:
    """Draw what a model takes: ids where it takes whole numbers."""
    x = [
        rng.integers(0, 7, (rows, *entry.shape[1:])).astype(entry.dtype)
        if entry.dtype.startswith("int")
        else rng.normal(size=(rows, *entry.shape[1:])).astype(np.float32)
        for entry in model.inputs
    ]
    return x if len(x) > 1 else x[0]


#: Draws are the same in every run.
SETTINGS = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def check_corpus(recipe: Recipe, examples: int) -> int:
    """Compare `examples` graphs, and let Keras open some that Kaca wrote; return how many distinct files there were."""
    seen: set[tuple[str, str]] = set()

    @settings(SETTINGS, max_examples=examples)
    @given(st.data(), st.sampled_from([".keras", ".h5"]), st.integers(0, 3))
    def run(data: Any, suffix: str, chance: int) -> None:
        model = grow(Draw(data.draw), recipe)
        file = suffix, model.to_json()
        if file not in seen:
            check_graph(model, suffix, write=chance == 0)
            seen.add(file)

    run()
    return len(seen)


def check_graph(model: keras.Model, suffix: str, *, write: bool = False, tolerance: float = 1e-5) -> None:
    """Give the model random weights, save it, open it, and compare all outputs; `write` it again for Keras to open."""
    rng = np.random.default_rng(0)
    randomize(model, rng)
    x = inputs_of(model, 3, rng)
    try:
        outputs = model(x)
    except ValueError:  # Keras builds some graphs that it cannot run: masks that do not fit the input of a Softmax
        reject()
    opened = reopen(model, suffix)
    actual = opened.forward(x)
    assert isinstance(actual, dict) == isinstance(outputs, dict)
    expected = [np.asarray(part) for part in keras.tree.flatten(outputs)]
    assert_close(keras.tree.flatten(actual), expected, tolerance)
    if write:
        with tempfile.TemporaryDirectory() as folder:
            opened.save(Path(folder) / "copy.keras")
            copy = keras.models.load_model(Path(folder) / "copy.keras")
        for one, other in zip(keras.tree.flatten(copy(x)), expected, strict=True):
            np.testing.assert_array_equal(one, other)
