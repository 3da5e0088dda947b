"""Evaluating goes through batches as they are predicted, and gives the means of loss and metrics, as Keras weighs them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.errors import InputError
from core.learning.callbacks import Logs
from core.learning.examples import Examples
from core.learning.feeds import ArrayFeed, Feed, StreamFeed, is_stream, whole_or_none
from core.learning.metrics import Tally, add, means
from core.learning.progress import TrainingProgress
from core.learning.trainer import Scorer


def evaluate(
    scorer: Scorer, x: Any, y: Any, sample_weight: Any, batch_size: Any, steps: Any, progress: TrainingProgress | None
) -> Logs:
    """Return loss and metrics by their names; see `core.Model.evaluate`."""
    size, steps = whole_or_none(batch_size, "batch_size"), whole_or_none(steps, "steps")
    feed: Feed
    if is_stream(x):
        if y is not None or sample_weight is not None or batch_size is not None:
            raise InputError("x gives batches: y, sample_weight and batch_size cannot be given beside it")
        feed = StreamFeed(x, steps, 1, scorer.checked, "x")
    else:
        feed = ArrayFeed(scorer.checked(x, y, sample_weight), size, steps, shuffle=False)
    if progress is not None:
        progress.begin(1, feed.steps or 0)
    logs = scores_of(scorer, feed.epoch(0, None), progress)
    if progress is not None:
        progress.epoch(0, logs)
    return logs


def scores_of(scorer: Scorer, batches: Iterable[Examples], progress: TrainingProgress | None = None) -> Logs:
    """Return the means of all scores over the batches."""
    tally = Tally()
    for batch in batches:
        add(tally, scorer.score(batch)[1])
        if progress is not None:
            progress.step(means(tally, scorer.objectives.roots))
    return means(tally, scorer.objectives.roots)
