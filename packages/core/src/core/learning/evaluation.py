"""Evaluating goes through batches as they are predicted, and gives the means of loss and metrics, as Keras weighs them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from core.checks import flag
from core.errors import InputError
from core.graph.network import Network
from core.learning.callbacks import Logs
from core.learning.compiled import compiled
from core.learning.examples import Examples, check_examples, read_examples
from core.learning.feeds import ArrayFeed, Feed, StreamFeed, is_stream, whole_or_none
from core.learning.metrics import Tally, add, means
from core.learning.progress import Progress, progress_of
from core.learning.trainer import Scorer


def evaluate(
    model: Network,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    verbose: int | str = "auto",
    sample_weight: Any = None,
    steps: int | None = None,
    return_dict: bool = False,
    *,
    loss: Any = None,
    loss_weights: Any = None,
    metrics: Any = None,
    weighted_metrics: Any = None,
    **unknown: Any,
) -> float | list[float] | dict[str, float]:
    """Return loss and metrics of a model; see `core.Model.evaluate`."""
    if unknown:
        raise InputError(f"evaluate has no option {', '.join(map(repr, unknown))}")
    flag(return_dict, "return_dict")
    shown, size, steps = progress_of(verbose), whole_or_none(batch_size, "batch_size"), whole_or_none(steps, "steps")
    words = compiled(model, loss, loss_weights, metrics, weighted_metrics, learns=False)
    scorer = Scorer(model, words.objectives(model))
    read = partial(read_examples, model, scorer.objectives)
    feed: Feed
    if is_stream(x):
        if y is not None or sample_weight is not None or batch_size is not None:
            raise InputError("x gives batches: y, sample_weight and batch_size cannot be given beside it")

        def checked(*batch: Any) -> Examples:
            examples = read(*batch)
            check_examples(model, scorer.objectives, examples)
            return examples

        feed = StreamFeed(x, steps, 1, checked, "x")
    else:
        examples = read(x, y, sample_weight)
        check_examples(model, scorer.objectives, examples)
        feed = ArrayFeed(examples, size, steps, shuffle=False)
    if shown is not None:
        shown.begin(1, feed.steps or 0)
    logs = scores_of(scorer, feed.epoch(0, None), shown)
    if shown is not None:
        shown.epoch(0, logs)
    if return_dict:
        return logs
    listed = [logs[name] for name in scorer.objectives.listed if name in logs]
    return listed[0] if len(listed) == 1 else listed


def scores_of(scorer: Scorer, batches: Iterable[Examples], shown: Progress | None = None) -> Logs:
    """Return the means of all scores over the batches."""
    tally = Tally()
    for batch in batches:
        add(tally, scorer.score(batch)[1])
        if shown is not None:
            shown.step(means(tally, scorer.objectives.roots))
    return means(tally, scorer.objectives.roots)
