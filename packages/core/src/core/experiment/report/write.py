"""A sweep folder becomes one page, ``report.html``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.experiment.report.folder import read_sweep
from core.experiment.report.page import render
from core.experiment.writing import write_text

SEED = 0  # of the bootstrap, so that the same folder gives the same page


def write_report(sweep_dir: Path) -> Path:
    """Write ``report.html`` into a sweep folder and return its path; raises InputError if the folder is not a sweep."""
    sweep = read_sweep(sweep_dir)
    page = render(sweep, np.random.default_rng(SEED))
    path = sweep_dir / "report.html"
    write_text(path, page)
    return path
