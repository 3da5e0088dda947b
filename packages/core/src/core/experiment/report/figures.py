"""Which figure shows what: the numbers of a sweep go to the functions that draw, with a sentence for those who listen."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from core.experiment.report import plots
from core.experiment.report.classes import Classes
from core.experiment.report.curves import Curve, course_plot, loss_plot, shared_limits
from core.experiment.report.plots import Dot
from core.experiment.report.published import PublishedRow
from core.experiment.report.ranking import Group, RankedVariant
from core.experiment.report.svg import LARGEST_DRAWN
from core.experiment.report.trace import LayerTrace
from core.experiment.report.wording import between, fraction, listed, power, signed


def score_figure(variants: Sequence[RankedVariant]) -> Markup:
    """Macro F1 of every variant with its interval, and its seeds as strokes."""
    dots = [
        Dot(
            variant.label,
            variant.score,
            variant.interval,
            variant.position,
            also=[run.number("keras_macro_f1") for run in variant.runs] if len(variant.runs) > 1 else (),
        )
        for variant in variants
    ]
    told = [f"{dot.label} {fraction(dot.value, 3)} {between(dot.interval, 3)}" for dot in dots]
    return plots.interval_plot(dots, "macro F1", "scores", f"Macro F1 with 95% interval: {listed(told)}.")


def difference_figure(groups: Sequence[Group]) -> Markup | None:
    """Difference of every other variant to the best of its group."""
    dots = [
        Dot(item.variant.label, item.difference.estimate, item.difference.interval, item.variant.position)
        for group in groups
        for item in group.others
        if item.difference is not None
    ]
    if not dots:
        return None
    told = [f"{dot.label} {signed(dot.value, 3)} {between(dot.interval, 3, sign=True)}" for dot in dots]
    best = groups[0].best.label if len(groups) == 1 else "the best of its group"
    return plots.interval_plot(
        dots, f"difference to {best}", "differences", f"Difference in macro F1 to {best}: {listed(told)}.", zero=True
    )


def published_figure(rows: Sequence[PublishedRow]) -> Markup | None:
    """Our scores with their intervals and the published ones as open diamonds."""
    dots = [
        Dot(row.label, row.variant.score, row.variant.interval, row.variant.position, published=row.keras_value)
        for row in rows
        if row.variant is not None
    ]
    if not any(dot.published is not None for dot in dots):
        return None
    told = [f"{dot.label} here {fraction(dot.value, 3)}, published {fraction(dot.published, 3)}" for dot in dots]
    return plots.interval_plot(
        dots, "macro F1 (Keras)", "published", f"Macro F1 here and as published: {listed(told)}."
    )


def curve_figures(
    variants: Sequence[RankedVariant],
) -> tuple[list[tuple[str, Markup]], list[tuple[RankedVariant, Markup]]]:
    """Return two named panels of all variants (training, validation) and a small one for each; empty without histories."""
    train, validation = _curves(variants, "loss"), _curves(variants, "val_loss")
    if not train and not validation:
        return [], []
    limits = shared_limits(train + validation)
    panels = [
        (name, loss_plot(curves, limits, "epoch", f"curves-{name}", _told(curves, name)))
        for curves, name in ((train, "training"), (validation, "validation"))
        if curves
    ]
    by_position = {curve.position: curve for curve in validation}
    courses = []
    for curve in train:
        own = by_position.get(curve.position)
        if own is not None:
            others = [other for other in validation if other is not own]
            told = f"Training and validation loss of {curve.label}."
            drawn = course_plot(curve, own, others, limits, f"course-{curve.position}", told)
            courses.append((variants[curve.position], drawn))
    return panels, courses


def class_figure(all_classes: Sequence[Classes]) -> Markup:
    """F1 by class, one dot a variant."""
    names = all_classes[0].names
    hardest = names[int(np.mean([item.f1 for item in all_classes], axis=0).argmin())]
    told = f"F1 of {len(names)} classes by variant; the hardest class is {hardest}."
    return plots.class_plot(names, [item.f1 for item in all_classes], "class-f1", told)


def layer_figure(variant: RankedVariant, traces: Sequence[LayerTrace]) -> Markup:
    """Largest difference after every layer."""
    worst = max(traces, key=lambda layer: layer.max_abs_diff)
    most = f"{power(worst.max_abs_diff)}, after {worst.name}"
    told = f"Largest difference between Keras and NumPy after each layer; at most {most}."
    return plots.layer_plot(
        [layer.name for layer in traces],
        [layer.max_abs_diff for layer in traces],
        [layer.step for layer in traces],
        variant.position,
        f"layers-{variant.position}",
        told,
    )


def _curves(variants: Sequence[RankedVariant], name: str) -> list[Curve]:
    curves = []
    for variant in variants:
        seeds = [
            [value if abs(value) <= LARGEST_DRAWN else math.nan for value in run.history[name]]
            for run in variant.runs
            if run.history.get(name)
        ]
        if seeds:
            curves.append(Curve(variant.label, seeds, variant.position))
    return curves


def _told(curves: Sequence[Curve], name: str) -> str:
    ends = [f"{curve.label} {curve.mean[-1]:.2f}" for curve in curves]
    return f"Mean {name} loss by epoch; at the end {listed(ends)}."
