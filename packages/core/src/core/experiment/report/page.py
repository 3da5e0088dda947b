"""A sweep folder becomes one page, ``report.html``: everything that the template shows is worked out here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from core.experiment.report import answer, examples, figures, wording
from core.experiment.report.agreement import TOLERANCE, agreement
from core.experiment.report.classes import by_class
from core.experiment.report.folder import SweepFolder, read_sweep
from core.experiment.report.provenance import differing_facts, moment, shared_provenance
from core.experiment.report.published import published_rows
from core.experiment.report.ranking import RankedVariant, compare, rank
from core.experiment.report.statistics import RESAMPLES
from core.experiment.report.svg import SERIES
from core.experiment.report.trace import LayerTrace, layer_traces
from core.experiment.writing import write_text
from core.printable import printable

SEED = 0  # of the bootstrap, so that the same folder gives the same page


@dataclass(frozen=True)
class Parity:
    """What the parity section shows of one variant; trace and samples are those of its first run."""

    variant: RankedVariant
    layers: list[LayerTrace]
    layer_figure: Markup | None
    samples: examples.Samples
    disagreements: list[examples.Example]
    furthest: list[examples.Example]


def write_report(sweep_dir: Path) -> Path:
    """Write ``report.html`` into a sweep folder and return its path; raises InputError if the folder is not a sweep."""
    page = render(read_sweep(sweep_dir), np.random.default_rng(SEED))
    path = sweep_dir / "report.html"
    write_text(path, page)
    return path


def render(sweep: SweepFolder, generator: np.random.Generator) -> str:
    """Render the sweep as one HTML page that needs nothing beside itself."""
    variants = rank(sweep.runs, generator)
    first = sweep.runs[0]
    experiment = sweep.about.experiment or first.result.experiment or ""
    groups = compare(variants, experiment)
    tested, unit = first.examples, examples.unit_of(first)
    texts = examples.known_texts(sweep.runs)
    all_classes = [found for found in map(by_class, variants) if found is not None and found.names == first.classes]
    panels, courses = figures.curve_figures(variants)
    published = published_rows(sweep.about.original, variants)
    provenance = shared_provenance(sweep.runs, sweep.about.command or "")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=sweep.about.title or experiment.replace("_", " ") or printable(sweep.folder.name),
            question=sweep.about.question or "",
            experiment=experiment,
            dataset=first.result.dataset or "",
            answers=answer.answer(groups, tested, unit),
            caution=answer.caution(groups),
            fallbacks=sorted({run.result.fallback for run in sweep.runs if run.result.fallback}),
            missing=sweep.missing,
            notes=sweep.notes,
            agreement=agreement(sweep.runs),
            tolerance=TOLERANCE,
            listed_rows=examples.LISTED,
            runs=sweep.runs,
            examples=tested,
            unit=unit,
            resamples=RESAMPLES,
            variants=variants,
            groups=groups,
            best={group.best.label for group in groups},
            several_seeds=any(len(variant.runs) > 1 for variant in variants),
            score_figure=figures.score_figure(variants),
            difference_figure=figures.difference_figure(groups),
            published=published,
            published_figure=figures.published_figure(published),
            panels=panels,
            courses=courses,
            all_classes=all_classes,
            class_figure=figures.class_figure(all_classes) if all_classes else None,
            parities=[_parity(variant, texts) for variant in _best_first(variants)],
            provenance=provenance,
            run_rows=[(run, differing_facts(run, provenance.differing)) for run in sweep.runs],
            series=SERIES,
        )
    )


def _parity(variant: RankedVariant, texts: dict[int, str]) -> Parity:
    traces = layer_traces(variant.runs[0])
    return Parity(
        variant=variant,
        layers=traces,
        layer_figure=figures.layer_figure(variant, traces) if traces else None,
        samples=examples.samples_of(variant.runs[0]),
        disagreements=examples.disagreements(variant.runs, texts),
        furthest=examples.furthest(variant.runs, texts),
    )


def _best_first(variants: list[RankedVariant]) -> list[RankedVariant]:
    best = max(variants, key=lambda variant: variant.score)
    return [best, *(variant for variant in variants if variant is not best)]


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
