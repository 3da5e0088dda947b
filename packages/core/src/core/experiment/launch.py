"""The command line of a trainer: Hydra makes jobs from the experiments of a checkout, and a mistake is answered in a line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import hydra
from omegaconf import DictConfig
from rich.console import Console

from core.errors import KacaError
from core.experiment.errors import OptionError
from core.experiment.sweep import Sweep
from core.experiment.task import Task

USAGE_ERROR = 2  # the exit status that Unix tools give for a mistake in the command
UNLIMITED = 200  # characters of a line where no terminal sets a limit
INTERRUPTED = 130  # 128 + SIGINT


def launch(task: Task) -> None:
    """Run what the command line asks for; on a mistake, print one line and exit with status 2."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's log in C++; must be set before its import
    try:
        folder = experiments_folder(task.package)
        console = Console()
        sweep = Sweep(task, folder, console if console.is_terminal else Console(width=UNLIMITED))

        def job(config: DictConfig) -> None:
            # Hydra would print a stack trace for an error, so mistakes are answered here, inside the job.
            try:
                sweep(config)
            except KacaError as error:
                _give_up(error)

        hydra.main(version_base="1.3", config_path=str(folder), config_name="config")(job)()
        sweep.finish()
    except KacaError as error:
        _give_up(error)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; trained runs are kept, and the same command goes on from there\n")
        raise SystemExit(INTERRUPTED) from None


def experiments_folder(package: str) -> Path:
    """Find `experiments/<package>` of the checkout around this file, or around the current folder; raises OptionError."""
    for start in (Path(__file__).resolve(), Path.cwd() / "here"):
        for parent in start.parents:
            folder = parent / "experiments" / package
            if (folder / "config.yaml").is_file():
                return folder
    raise OptionError(
        f"experiments/{package}/config.yaml was not found: training needs a checkout of Kaca. Run this inside one "
        "(opening a saved model and predicting need none)."
    )


def _give_up(error: KacaError) -> NoReturn:
    sys.stderr.write(f"error: {error}\n")
    raise SystemExit(USAGE_ERROR) from None
