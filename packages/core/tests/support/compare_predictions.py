"""Predictions beside Keras' own: the same batches must give the same numbers, whatever the threads and the tiles.

Where a row depends on others (a mean over the batch, a state that is kept), the cut into batches shows in the numbers. So
`Model.predict` is compared with Keras' `predict` for several sizes of batches, each on one, two and seven threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from compare import check_predictions, randomize, reopen
from graphs import LAYERS, SETTINGS, Draw, Recipe, Step, grow, inputs_of
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from keras import ops

#: Rows of a prediction: more than Keras' own batch of 32, and no multiple of anything.
ROWS = 41


def mixed(d: Draw, x: Any) -> Any:
    """Let rows depend on each other."""
    return d.pick(
        {
            "softmax": lambda: LAYERS.Softmax(axis=d.one_of(0, -len(x.shape)))(x),
            "unit": lambda: LAYERS.UnitNormalization(axis=0)(x),
            "centre": lambda: x - ops.mean(x, axis=0, keepdims=True),
            "everything": lambda: x * ops.mean(x),
            "flip": lambda: ops.flip(x, axis=0),
            "cumulate": lambda: ops.cumsum(x, axis=0) * 0.1,
            "roll": lambda: ops.roll(x, 1, axis=0),
            "largest": lambda: x + ops.max(x, axis=0, keepdims=True),
            "turned": lambda: ops.transpose(ops.cumsum(ops.transpose(x), axis=-1)) * 0.1,
            "trained": lambda: LAYERS.BatchNormalization()(x, training=True),
        }
    )


def with_mixing(recipe: Recipe) -> Recipe:
    """Add `mixed` to the steps of a recipe."""
    steps: dict[int, list[Step]] = {rank: [*known, mixed] for rank, known in recipe.steps.items()}
    return Recipe(steps, recipe.inputs, recipe.length, recipe.ids)


def check_many_predictions(recipe: Recipe, examples: int) -> tuple[int, int]:
    """Compare random graphs; return in how many of them rows are independent, and in how many not."""
    counts = [0, 0]

    @settings(SETTINGS, max_examples=examples)
    @given(st.data(), st.integers(1, 50))
    def run(data: Any, batch_size: int) -> None:
        model = grow(Draw(data.draw), recipe)
        rng = np.random.default_rng(0)
        randomize(model, rng)
        x = inputs_of(model, ROWS, rng)
        try:
            model.predict(x, batch_size=batch_size, verbose=0)
        except (ValueError, RuntimeError):  # Keras builds some graphs that it cannot run
            reject()
        opened = reopen(model)
        # ten layers deep, float32 rounds a little more than one layer alone
        check_predictions(model, opened, x, (batch_size,), tolerance=1e-5)
        counts[not opened.engine().rows_are_independent] += 1

    run()
    return counts[0], counts[1]
