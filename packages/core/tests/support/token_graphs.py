"""Steps over tokens and time, for graphs of text's layers."""

from __future__ import annotations

from typing import Any

from graphs import EVERYWHERE, LAYERS, STEPS, Draw, Recipe, along_time, summed_up

CELLS = (LAYERS.SimpleRNNCell, LAYERS.LSTMCell, LAYERS.GRUCell)


def recurrent(d: Draw, sequences: bool) -> Any:
    options: dict[str, Any] = {
        "return_sequences": sequences,
        "use_bias": d.flag(),
        "activation": d.one_of("tanh", "relu", "sigmoid"),
    }
    kind = d.one_of(LAYERS.SimpleRNN, LAYERS.LSTM, LAYERS.GRU)
    if kind is LAYERS.GRU:
        options["reset_after"] = d.flag()
    return kind(d.number(2, 4), **options)


def read(d: Draw, x: Any) -> Any:
    """A sequence becomes another one, or its last output."""
    sequences = d.flag()
    return d.pick(
        {
            "plain": lambda: recurrent(d, sequences)(x),
            "both": lambda: LAYERS.Bidirectional(
                recurrent(d, sequences), merge_mode=d.one_of("concat", "sum", "mul", "ave")
            )(x),
            "stack": lambda: LAYERS.RNN([d.one_of(*CELLS)(3), d.one_of(*CELLS)(2)], return_sequences=sequences)(x),
            "state": lambda: LAYERS.LSTM(3, return_state=True)(x)[2],
            "continued": lambda: LAYERS.GRU(3, return_sequences=sequences)(
                x, initial_state=LAYERS.GRU(3, return_state=True)(x)[1]
            ),
        }
    )


def masked(d: Draw, x: Any) -> Any:
    return LAYERS.Masking(0.0)(x)


def each(d: Draw, x: Any) -> Any:
    layer = d.one_of(LAYERS.Dense(3, activation="tanh"), LAYERS.LayerNormalization(), LAYERS.Reshape((-1, 1)))
    y = LAYERS.TimeDistributed(layer)(x)
    return LAYERS.Flatten()(y) if len(y.shape) > 3 else y


def dropped(d: Draw, x: Any) -> Any:
    return LAYERS.SpatialDropout1D(0.4)(x)


def embedded(d: Draw, ids: Any) -> Any:
    return LAYERS.Embedding(7, d.number(2, 4), mask_zero=d.flag())(ids)


SEQUENCES = Recipe(
    steps=STEPS | {3: [*EVERYWHERE, along_time, summed_up, read, read, read, masked, each, dropped]},
    inputs={3: (5, 3), 2: (5,)},
    ids=embedded,
)
