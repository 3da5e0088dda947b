"""The page: everything that the template shows, worked out beforehand, so that the template only places it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from core.experiment.report import agreement, answer, figures, wording
from core.experiment.report.classes import by_class
from core.experiment.report.folder import Sweep
from core.experiment.report.provenance import moment, origin, row_of
from core.experiment.report.published import printed_values
from core.experiment.report.ranking import Standing, compare, stand
from core.experiment.report.samples import Samples, samples_of, unit_of
from core.experiment.report.statistics import RESAMPLES
from core.experiment.report.svg import SERIES
from core.experiment.report.trace import LayerTrace, layer_traces
from core.printable import printable


@dataclass(frozen=True)
class Parity:
    """What the parity section shows of one variant; trace and samples are those of its first run."""

    standing: Standing
    layers: list[LayerTrace]
    layer_figure: Markup | None
    samples: Samples
    disagreements: list[agreement.Row]
    furthest: list[agreement.Row]


def render(sweep: Sweep, generator: np.random.Generator) -> str:
    """Render the sweep as one HTML page that needs nothing beside itself."""
    standings = stand(sweep.runs, generator)
    first = sweep.runs[0]
    experiment = sweep.about.experiment or first.result.experiment or ""
    groups = compare(standings, experiment)
    examples, unit = first.examples, unit_of(first)
    texts = agreement.known_texts(sweep.runs)
    all_classes = [found for found in map(by_class, standings) if found is not None and found.names == first.classes]
    panels, courses = figures.curve_figures(standings)
    printed = printed_values(sweep.about.original, standings)
    came_from = origin(sweep.runs, sweep.about.command or "")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=sweep.about.title or experiment.replace("_", " ") or printable(sweep.folder.name),
            question=sweep.about.question or "",
            experiment=experiment,
            dataset=first.result.dataset or "",
            answers=answer.answer(groups, examples, unit),
            caution=answer.caution(groups),
            fallbacks=sorted({run.result.fallback for run in sweep.runs if run.result.fallback}),
            missing=sweep.missing,
            notes=sweep.notes,
            agreement=agreement.agreement(sweep.runs),
            tolerance=agreement.TOLERANCE,
            listed_rows=agreement.LISTED,
            runs=sweep.runs,
            examples=examples,
            unit=unit,
            resamples=RESAMPLES,
            standings=standings,
            groups=groups,
            best={group.best.label for group in groups},
            several_seeds=any(len(standing.runs) > 1 for standing in standings),
            score_figure=figures.score_figure(standings),
            difference_figure=figures.difference_figure(groups),
            printed=printed,
            study_figure=figures.study_figure(printed),
            panels=panels,
            courses=courses,
            all_classes=all_classes,
            class_figure=figures.class_figure(all_classes) if all_classes else None,
            parities=[_parity(standing, texts) for standing in _best_first(standings)],
            origin=came_from,
            run_rows=[(run, row_of(run, came_from.differing)) for run in sweep.runs],
            series=SERIES,
        )
    )


def _parity(standing: Standing, texts: dict[int, str]) -> Parity:
    traces = layer_traces(standing.runs[0])
    return Parity(
        standing=standing,
        layers=traces,
        layer_figure=figures.layer_figure(standing, traces) if traces else None,
        samples=samples_of(standing.runs[0]),
        disagreements=agreement.disagreements(standing.runs, texts),
        furthest=agreement.furthest(standing.runs, texts),
    )


def _best_first(standings: list[Standing]) -> list[Standing]:
    best = max(standings, key=lambda standing: standing.score)
    return [best, *(standing for standing in standings if standing is not best)]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("core.experiment", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        function.__name__: function
        for function in (
            wording.fraction,
            wording.signed,
            wording.between,
            wording.power,
            wording.whole,
            wording.fixed,
            wording.listed,
            wording.numeral,
            wording.plural,
            moment,
        )
    }
    environment.filters.update(filters)
    return environment
