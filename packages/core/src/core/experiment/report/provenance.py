"""The provenance of a sweep: what all runs have in common is said once, what differs is said run by run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.experiment.report.folder import Run

NAMES = {"git_commit": "Git commit", "versions": "Versions", "data": "Data", "hardware": "Hardware", "date": "Date"}


@dataclass(frozen=True)
class SharedProvenance:
    """``facts`` hold for every run, each a name with pairs or a text; ``differing`` names what does not hold for all."""

    facts: list[tuple[str, list[tuple[str, str]] | str]]
    differing: list[str]
    command: str
    config: str


def shared_provenance(runs: Sequence[Run], command: str) -> SharedProvenance:
    """Gather the provenance of the runs."""
    facts: list[tuple[str, list[tuple[str, str]] | str]] = []
    differing = []
    for key, name in NAMES.items():
        values = [run.provenance.get(key) for run in runs]
        if key == "date":
            facts.append((name, _span([str(value) for value in values if value])))
        elif all(value == values[0] for value in values):
            facts.append((name, _pairs(values[0])))
        else:
            facts.append((name, "differs between runs, see below"))
            differing.append(key)
    seeds = sorted({run.seed for run in runs})
    facts.append(("Seeds" if len(seeds) > 1 else "Seed", ", ".join(map(str, seeds))))
    reused = [run for run in runs if run.result.reused]
    if reused:
        facts.append(("Kept runs", f"{len(reused)} of {len(runs)} had been trained before and were found again"))
    again = command or str(runs[0].provenance.get("command") or "")
    return SharedProvenance(facts, differing, again, _config(runs[0].provenance.get("config")))


def _config(config: Any) -> str:
    return json.dumps(config, indent=2, ensure_ascii=False) if config else ""


def _pairs(value: Any) -> list[tuple[str, str]] | str:
    if isinstance(value, dict):
        return [(str(key), _plain(item)) for key, item in value.items() if item is not None and item != ""]
    return "not known" if value in (None, "") else str(value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _span(dates: list[str]) -> str:
    if not dates:
        return "not known"
    first, last = moment(min(dates)), moment(max(dates))
    return first if first == last else f"{first} to {last}"


def moment(date: str) -> str:
    """``2025-11-20T10:00:00+00:00`` -> ``20 November 2025, 10:00 UTC``; anything else stays as it is."""
    try:
        read = datetime.fromisoformat(date)
    except ValueError:
        return date
    return f"{read.day} {read:%B %Y, %H:%M %Z}".strip()


def differing_facts(run: Run, differing: Sequence[str]) -> list[str]:
    """Return what is said of one run: those of its facts that differ from run to run."""
    return [_in_short(run.provenance.get(key)) for key in differing]


def _in_short(value: Any) -> str:
    pairs = _pairs(value)
    return pairs if isinstance(pairs, str) else ", ".join(f"{key} {text}" for key, text in pairs)
