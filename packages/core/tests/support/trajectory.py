"""A network trained by Kaca follows the one trained by Keras: from the same start, on the same batches, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from compare import reopen

from core.arrays import Array
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


@dataclass(frozen=True)
class Courses:
    """The loss of each step on both sides, and all weights at the end as one vector."""

    mine: Array
    theirs: Array
    my_weights: Array
    their_weights: Array

    def losses_apart(self) -> Array:
        """Compare the losses step by step, relative to them."""
        return np.abs(self.mine / self.theirs - 1)

    def weights_apart(self) -> float:
        """Compare the weights, relative to the length of all of them as one vector."""
        return float(np.linalg.norm(self.my_weights - self.their_weights) / np.linalg.norm(self.their_weights))


def train_both(
    build: Callable[[], keras.Model],
    batches: Iterable[tuple[Any, Any]],
    *,
    optimizer: str,
    dtype: str,
    loss: Any = "sparse_categorical_crossentropy",
    our_loss: Any = None,
    start: list[Array] | None = None,
    **common: Any,
) -> Courses:
    """Train both on the same batches, from `start` or from the weights that Keras draws."""
    with computing_in(dtype):
        keras.utils.set_random_seed(0)
        model = build()
        if start is not None:
            model.set_weights(start)
        opened = reopen(model)
        model.compile(OPTIMIZERS[optimizer](keras.optimizers, **common), loss=loss, jit_compile=False)
        trainer = Trainer(opened, our_loss or loss, OPTIMIZERS[optimizer](ours, **common))
        rng = np.random.default_rng(0)
        theirs, mine = [], []
        for x, y in batches:
            model.reset_metrics()
            theirs.append(float(model.train_on_batch(x, y)))
            mine.append(trainer.step(x, y, rng=rng)[0])
        slots = [(part, name) for _, part in opened.walk() for name in part.parameter_shapes]
        return Courses(
            np.array(mine),
            np.array(theirs),
            np.concatenate([part.parameters[name].ravel() for part, name in slots]).astype(np.float64),
            np.concatenate([weight.ravel() for weight in model.get_weights()]).astype(np.float64),
        )


def compare_training(
    build: Callable[[], keras.Model], batches: Iterable[tuple[Any, Any]], *, tolerance: float, **options: Any
) -> None:
    """Train both; assert that the loss of each step and the weights at the end agree."""
    courses = train_both(build, batches, **options)
    apart = courses.losses_apart()
    assert apart.max() <= tolerance, f"losses part at step {int(np.argmax(apart > tolerance))}: {apart.max()}"
    assert courses.weights_apart() <= tolerance, f"the weights differ by {courses.weights_apart()}"
