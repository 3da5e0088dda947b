"""A network trained by Kaca follows the one trained by Keras: from the same start, on the same batches, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from parity import reopen

from core.learning import optimizers as ours
from core.learning.trainer import Trainer

#: The same optimiser on both sides.
OPTIMIZERS = {
    "adam": lambda side, **common: side.Adam(1e-3, **common),
    "sgd": lambda side, **common: side.SGD(0.01, momentum=0.9, **common),
    "nesterov": lambda side, **common: side.SGD(0.01, momentum=0.9, nesterov=True, **common),
    "rmsprop": lambda side, **common: side.RMSprop(1e-3, **common),
    "adamw": lambda side, **common: side.AdamW(1e-3, weight_decay=0.01, **common),
}


@contextmanager
def computing_in(dtype: str) -> Iterator[None]:
    """Let Keras build and train in one type: layers, losses, learning rates."""
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)


def compare_training(
    build: Callable[[], keras.Model],
    batches: Iterable[tuple[Any, Any]],
    *,
    optimizer: str,
    dtype: str,
    tolerance: float,
    loss: Any = "sparse_categorical_crossentropy",
    our_loss: Any = None,
    **common: Any,
) -> tuple[float, float]:
    """Train both on `batches`; assert that each loss agrees, relative to it, and the weights, relative to the length
    of all of them as one vector; return the largest differences of both.
    """
    with computing_in(dtype):
        keras.utils.set_random_seed(0)
        model = build()
        opened = reopen(model)
        model.compile(OPTIMIZERS[optimizer](keras.optimizers, **common), loss=loss, jit_compile=False)
        trainer = Trainer(opened, our_loss or loss, OPTIMIZERS[optimizer](ours, **common))
        rng = np.random.default_rng(0)
        theirs, mine = [], []
        for x, y in batches:
            model.reset_metrics()
            theirs.append(float(model.train_on_batch(x, y)))
            mine.append(trainer.step(x, y, rng=rng)[0])
        apart = np.abs(np.array(mine) / np.array(theirs) - 1)
        assert apart.max() <= tolerance, f"losses part at step {int(np.argmax(apart > tolerance))}: {apart.max()}"
        slots = [(part, name) for _, part in opened.walk() for name in part.parameter_shapes]
        mine_flat = np.concatenate([part.parameters[name].ravel() for part, name in slots]).astype(np.float64)
        theirs_flat = np.concatenate([weight.ravel() for weight in model.get_weights()])
        difference = float(np.linalg.norm(mine_flat - theirs_flat) / np.linalg.norm(theirs_flat))
        assert difference <= tolerance, f"the weights differ by {difference}"
    return float(apart.max()), difference
