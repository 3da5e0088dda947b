"""A sweep folder becomes one page, ``report.html``; ``python -m core.experiment.report FOLDER`` makes it again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.command.frame import run_command
from core.command.output import write_line
from core.experiment.outputs import write_text
from core.experiment.reporting.folder import read_sweep
from core.experiment.reporting.page import render
from core.printable import printable

SEED = 0  # of the bootstrap, so that the same folder gives the same page


def write_report(sweep_dir: Path) -> Path:
    """Write ``report.html`` into a sweep folder and return its path; raises InputError if the folder is no sweep."""
    sweep = read_sweep(sweep_dir)
    page = render(sweep, np.random.default_rng(SEED))
    path = sweep_dir / "report.html"
    write_text(path, page)
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the report of the folder on the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m core.experiment.report", description="Make the report of a sweep again."
    )
    parser.add_argument("folder", type=Path, help="the sweep folder: one folder per job, with a result.json in each")
    folder = parser.parse_args(arguments).folder
    return run_command(lambda: _make(folder))


def _make(folder: Path) -> int:
    write_line(printable(str(write_report(folder))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
