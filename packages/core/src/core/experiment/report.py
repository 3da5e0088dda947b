"""A sweep folder becomes one page, ``report.html``; ``python -m core.experiment.report FOLDER`` makes it again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import KacaError
from core.experiment.reporting.folder import read_sweep
from core.experiment.reporting.page import render

SEED = 0  # of the bootstrap, so that the same folder gives the same page


def write_report(sweep_dir: Path) -> Path:
    """Write ``report.html`` into a sweep folder and return its path; raises InputError if the folder is no sweep."""
    sweep = read_sweep(sweep_dir)
    page = render(sweep, np.random.default_rng(SEED))
    path = sweep_dir / "report.html"
    draft = path.with_suffix(".html.part")
    draft.write_text(page, encoding="utf-8")
    draft.replace(path)  # a reader never meets half a page
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the report of the folder on the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m core.experiment.report", description="Make the report of a sweep again."
    )
    parser.add_argument("folder", type=Path, help="the sweep folder: one folder per job, with a result.json in each")
    folder = parser.parse_args(arguments).folder
    try:
        path = write_report(folder)
    except (KacaError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
