"""Learning curves on shared axes: a thin line a seed, a thick one for their mean, and its name where the line ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from core.experiment.report.statistics import Floats, Interval
from core.experiment.report.svg import INK, MUTED, PAPER, canvas, color, dash, in_figure, markup, styled

WIDTH, HEIGHT, FOOT = 400, 290, 40
SMALL_WIDTH, SMALL_HEIGHT = 300, 180
LINE = 14  # pixels of a line of a label
FOLD = 17  # letters of a label that fit on one line


@dataclass(frozen=True)
class Curve:
    """The loss of one variant by epoch, one list a seed."""

    label: str
    seeds: Sequence[Sequence[float]]
    position: int

    @property
    def mean(self) -> Floats:
        """Mean over the seeds, as far as any of them goes; (epochs,)."""
        longest = max((len(seed) for seed in self.seeds), default=0)
        padded = np.full((len(self.seeds), longest), np.nan)
        for row, seed in zip(padded, self.seeds, strict=True):
            row[: len(seed)] = seed
        known = np.isfinite(padded)
        total = np.where(known, padded, 0.0).sum(axis=0)
        return np.divide(total, known.sum(axis=0), out=np.full(longest, np.nan), where=known.any(axis=0))


def shared_limits(curves: Sequence[Curve]) -> tuple[Interval, int]:
    """Return the losses and the epochs that all panels show."""
    values = [value for curve in curves for seed in curve.seeds for value in seed if np.isfinite(value)]
    epochs = max(1, *(len(seed) for curve in curves for seed in curve.seeds))
    if not values:
        return Interval(0.0, 1.0), epochs
    margin = 0.04 * (max(values) - min(values)) or 0.1
    return Interval(max(min(values) - margin, 0.0), max(values) + margin), epochs


@styled
def loss_plot(curves: Sequence[Curve], limits: tuple[Interval, int], scale: str, name: str, description: str) -> Markup:
    """All variants in one panel."""
    labels = [_folded(curve.label) for curve in curves]
    longest = max(len(line) for label in labels for line in label.split("\n"))
    figure, axes = canvas(WIDTH, HEIGHT, left=40, right=min(16 + 6.2 * longest, WIDTH * 0.42), top=12, bottom=FOOT)
    _frame(axes, limits, scale)
    for curve in curves:
        for seed in curve.seeds if len(curve.seeds) > 1 else []:
            axes.plot(_epochs(seed), seed, color=color(curve.position), linewidth=0.8, alpha=0.32)
        axes.plot(
            _epochs(curve.mean), curve.mean, color=color(curve.position), linestyle=dash(curve.position), linewidth=2.2
        )
    _name_the_lines(axes, curves, labels, limits, HEIGHT - FOOT - 12)
    return markup(figure, name, description)


@styled
def course_plot(
    train: Curve, validation: Curve, others: Sequence[Curve], limits: tuple[Interval, int], name: str, description: str
) -> Markup:
    """Training and validation loss of one variant; the validation loss of the others behind them, in grey."""
    figure, axes = canvas(SMALL_WIDTH, SMALL_HEIGHT, left=34, right=12, top=10, bottom=FOOT)
    _frame(axes, limits, "epoch")
    for other in others:
        axes.plot(_epochs(other.mean), other.mean, color=MUTED, linewidth=0.9, alpha=0.35)
    paint = color(train.position)
    axes.plot(_epochs(train.mean), train.mean, color=paint, linewidth=1.6, linestyle=(0, (3, 1.6)))
    axes.plot(_epochs(validation.mean), validation.mean, color=paint, linewidth=2.4)
    if np.isfinite(validation.mean).any():
        best = int(np.nanargmin(validation.mean))
        axes.plot(best + 1, validation.mean[best], "o", color=paint, markeredgecolor=PAPER, markersize=9)
    return markup(figure, name, description)


def spread_out(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Move centers of boxes of these sizes as little as needed for them to stand clear of one another, in their order.

    Boxes that would overlap form a stack around the mean of the positions they want; stacks that meet become one. A stack
    stays between ``low`` and ``high`` if there is room for it.
    """
    stacks: list[list[int]] = []
    for index in sorted(range(len(wanted)), key=lambda index: wanted[index]):
        stacks.append([index])
        while len(stacks) > 1 and _bottom(stacks[-2], wanted, sizes, low, high) + sum(
            sizes[item] for item in stacks[-2]
        ) > _bottom(stacks[-1], wanted, sizes, low, high):
            last = stacks.pop()
            stacks[-1] += last
    centers = [0.0] * len(wanted)
    for stack in stacks:
        edge = _bottom(stack, wanted, sizes, low, high)
        for index in stack:
            centers[index] = edge + sizes[index] / 2
            edge += sizes[index]
    return centers


def _bottom(stack: Sequence[int], wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> float:
    total = sum(sizes[index] for index in stack)
    middle = sum(wanted[index] for index in stack) / len(stack)
    return max(min(middle - total / 2, high - total), low)


def _frame(axes: Axes, limits: tuple[Interval, int], scale: str) -> None:
    loss, epochs = limits
    axes.set_ylim(loss.low, loss.high)
    axes.set_xlim(0.6, epochs + 0.4)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.grid(visible=False, axis="x")
    axes.set_xlabel(scale, labelpad=8)


def _name_the_lines(
    axes: Axes, curves: Sequence[Curve], labels: Sequence[str], limits: tuple[Interval, int], height: float
) -> None:
    """Write each label at the right edge, at the height of its line's end where there is room."""
    loss, epochs = limits
    named = [index for index, curve in enumerate(curves) if np.isfinite(curve.mean).any()]
    ends = [curves[index].mean[np.isfinite(curves[index].mean)][-1] for index in named]
    wanted = [(end - loss.low) / (loss.high - loss.low) * height for end in ends]
    sizes = [LINE * (1 + labels[index].count("\n")) + 1 for index in named]
    for index, end, center in zip(named, ends, spread_out(wanted, sizes, 0, height), strict=True):
        at = loss.low + center / height * (loss.high - loss.low)
        last = int(np.flatnonzero(np.isfinite(curves[index].mean))[-1]) + 1
        paint = color(curves[index].position)
        axes.annotate(
            labels[index],
            xy=(last, end),
            xytext=(epochs + 0.4 + 0.035 * epochs, at),
            va="center",
            color=INK,
            fontsize=10.5,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": paint, "linewidth": 1.1, "shrinkA": 1, "relpos": (0, 0.5)},
        )


def _epochs(values: Sequence[float] | Floats) -> range:
    return range(1, len(values) + 1)


def _folded(label: str) -> str:
    label = in_figure(label)
    return label if len(label) <= FOLD else label.replace(", ", ",\n")
