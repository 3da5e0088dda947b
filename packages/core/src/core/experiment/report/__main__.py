"""``python -m core.experiment.report FOLDER`` makes the report of a sweep again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from core.experiment.command.frame import run_command
from core.experiment.command.output import write_line
from core.experiment.report.page import write_report
from core.printable import printable


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
