"""Dots with intervals, F1 by class, differences by layer: one row a thing, one scale below, the label beside its dot.

Every function takes plain numbers and returns inline SVG (see ``svg.py``). Figures are drawn about as wide as a
phone, so that their text stays readable there; on a wider screen two stand side by side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from core.experiment.report.statistics import Floats, Interval
from core.experiment.report.svg import (
    INK,
    LARGEST_DRAWN,
    MUTED,
    PAPER,
    RULE,
    canvas,
    color,
    in_figure,
    markup,
    styled,
)
from core.experiment.report.wording import fraction, power, signed

WIDTH = 400
FOOT = 40  # pixels below a plot, for the scale and its name
LETTER = 6.5  # pixels of a letter of a label, on average and at most
MARKERS = "osD^vP*"  # told apart without color


@dataclass(frozen=True)
class Dot:
    """A row of an interval plot; ``also`` are the seeds behind the value, ``published`` is the published score."""

    label: str
    value: float
    interval: Interval | None
    position: int
    also: Sequence[float] = ()
    published: float | None = None


@styled
def interval_plot(dots: Sequence[Dot], scale: str, name: str, description: str, zero: bool = False) -> Markup:
    """Dots with their intervals, first row on top; with ``zero`` they are differences around a line at 0."""
    labels = [_folded(dot.label) for dot in dots]
    tall = any(dot.also or dot.published is not None for dot in dots) or any("\n" in label for label in labels)
    row = 44 if tall else 34
    figure, axes = canvas(WIDTH, len(dots) * row + FOOT + 6, left=_label_width(labels), right=58, top=6, bottom=FOOT)
    for height, dot in enumerate(dots):
        paint = color(dot.position)
        if dot.interval is not None:
            axes.plot([dot.interval.low, dot.interval.high], [height, height], color=paint, linewidth=2.4, alpha=0.55)
        if dot.also:
            axes.plot(dot.also, [height + 0.27] * len(dot.also), "|", color=paint, markersize=7, alpha=0.8)
        if dot.published is not None:
            axes.plot(dot.published, height + 0.3, "D", markerfacecolor="none", markeredgecolor=MUTED, markersize=6)
        axes.plot(dot.value, height, "o", color=paint, markeredgecolor=PAPER, markersize=9)
        value = signed(dot.value, 3) if zero else fraction(dot.value, 3)
        axes.text(1.02, height, value, transform=axes.get_yaxis_transform(), va="center", fontweight="bold")
    if zero:
        axes.axvline(0, color=MUTED, linewidth=1)
    axes.set_yticks(range(len(dots)), labels, color=INK)
    axes.set_ylim(len(dots) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.08)
    _scale_in_fractions(axes, zero)
    axes.set_xlabel(scale, labelpad=8)
    return markup(figure, name, description)


@styled
def class_plot(classes: Sequence[str], scores: Sequence[Floats], name: str, description: str) -> Markup:
    """F1 of each class (row, best on top) by each variant (dot); scores variants x classes."""
    table = np.asarray(scores, dtype=np.float64)
    order = np.argsort(-table.mean(axis=0), kind="stable")
    labels = [in_figure(classes[index]) for index in order]
    figure, axes = canvas(WIDTH, len(labels) * 26 + FOOT + 6, left=_label_width(labels), right=16, top=6, bottom=FOOT)
    heights = np.arange(len(labels))
    axes.hlines(heights, table[:, order].min(axis=0), table[:, order].max(axis=0), color=RULE, linewidth=5)
    for position, row in enumerate(table):
        marker = MARKERS[position % len(MARKERS)]
        axes.plot(row[order], heights, marker, color=color(position), markeredgecolor=PAPER, markersize=8, alpha=0.95)
    axes.set_yticks(heights, labels, color=INK)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.06)
    _scale_in_fractions(axes)
    axes.set_xlabel("F1 of the class", labelpad=8)
    return markup(figure, name, description)


@styled
def layer_plot(
    layers: Sequence[str],
    differences: Sequence[float],
    steps: Sequence[float],
    position: int,
    name: str,
    description: str,
) -> Markup:
    """Largest difference after each layer, first layer on top, beside one float32 step at that layer's largest value."""
    figure, axes = canvas(WIDTH, len(layers) * 22 + FOOT + 6, left=_label_width(layers), right=62, top=6, bottom=FOOT)
    positive = [value for value in (*differences, *steps) if 0 < value <= LARGEST_DRAWN] or [1.0]
    low, high = min(positive) / 5, max(positive) * 3
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    for height, (difference, step) in enumerate(zip(differences, steps, strict=True)):
        if 0 < step <= LARGEST_DRAWN:
            axes.plot([step, step], [height - 0.32, height + 0.32], color=MUTED, linewidth=1.6)
        _difference_dot(axes, height, difference, low, position)
        text = power(difference)
        axes.text(1.02, height, text, transform=axes.get_yaxis_transform(), va="center", fontsize=10.5)
    axes.set_yticks(range(len(layers)), [in_figure(layer) for layer in layers], color=INK)
    axes.set_ylim(len(layers) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(LogLocator(numticks=6))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0e}"))
    axes.set_xlabel("largest difference after the layer (log scale)", labelpad=8)
    return markup(figure, name, description)


def _difference_dot(axes: Axes, height: float, difference: float, low: float, position: int) -> None:
    if 0 < difference <= LARGEST_DRAWN:
        axes.plot([low, difference], [height, height], color=RULE, linewidth=1.2)
        axes.plot(difference, height, "o", color=color(position), markeredgecolor=PAPER, markersize=8)
    elif difference == 0:
        axes.plot(1.3 * low, height, "o", markerfacecolor=PAPER, markeredgecolor=color(position), markersize=7)


def _folded(label: str) -> str:
    return in_figure(label).replace(", ", ",\n")


def _label_width(labels: Sequence[str]) -> float:
    longest = max(len(line) for label in labels for line in label.split("\n"))
    return min(14 + LETTER * longest, WIDTH * 0.45)


def _scale_in_fractions(axes: Axes, sign: bool = False) -> None:
    """Put a few round ticks on the scale, all with as many decimals as their step has."""
    locator = MaxNLocator(5, steps=[1, 2, 5, 10])
    ticks = locator.tick_values(*axes.get_xlim())
    decimals = max(1, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    write = signed if sign else fraction
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: write(value, decimals) if value else "0"))
