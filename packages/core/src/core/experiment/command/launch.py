"""The command line of a trainer: Hydra makes jobs from the experiments of a checkout, and a mistake is answered in a line."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException
from rich.console import Console
from yaml import YAMLError

from core.errors import KacaError
from core.experiment.command.frame import INTERRUPTED, USAGE_ERROR, describe
from core.experiment.command.output import write_error
from core.experiment.command.sweep import Sweep
from core.experiment.errors import OptionError
from core.experiment.task import Task
from core.experiment.writing import refuse_links

SWEEP_FOLDER = "hydra.sweep.dir="  # the option that names a folder which may exist already
UNLIMITED = 200  # characters of a line where no terminal sets a limit


def launch(task: Task) -> None:
    """Run what the command line asks for; on a mistake, print one line and exit with status 2."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's log in C++; must be set before its import
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what cannot be written in its encoding is an escape
            stream.reconfigure(errors="backslashreplace")
    try:
        folder = experiments_folder(task.package)
        for argument in sys.argv[1:]:
            if argument.startswith(SWEEP_FOLDER):
                refuse_links(Path(argument.removeprefix(SWEEP_FOLDER).strip("'\"")))
        console = Console(markup=False, emoji=False)
        if not console.is_terminal:
            console = Console(markup=False, emoji=False, width=UNLIMITED)
        sweep = Sweep(task, folder, console)

        def job(config: DictConfig) -> None:
            # Hydra announces every error that leaves a job, so mistakes are answered here, inside it.
            try:
                sweep(config)
            except (KacaError, OSError) as error:
                _give_up(error)

        with _raised_as_they_are():
            hydra.main(version_base="1.3", config_path=str(folder), config_name="config")(job)()
        sweep.finish()
    except (
        HydraException,
        OmegaConfBaseException,
        YAMLError,
        UnicodeError,
    ) as error:  # a missing config is an OSError too
        for line in (*str(error).splitlines(), *str(error.__cause__ or "").splitlines()):
            write_error(line)
        raise SystemExit(1) from None
    except (KacaError, OSError) as error:
        _give_up(error)
    except KeyboardInterrupt:
        write_error("interrupted; trained runs are kept, and the same command goes on from there")
        raise SystemExit(INTERRUPTED) from None


def check_configs(folder: Path) -> None:
    """Refuse configs that Hydra would misread: it overlooks the package in a first line that begins with a byte order mark."""
    for file in folder.rglob("*.yaml"):
        try:
            marked = file.read_text(encoding="utf-8").startswith("\ufeff")
        except (OSError, UnicodeError) as error:
            raise OptionError(f"{file}: cannot be read as text in UTF-8 ({error})") from error
        if marked:
            raise OptionError(f"{file}: begins with a byte order mark: save it in UTF-8 without one")


@contextmanager
def _raised_as_they_are() -> Iterator[None]:
    """Let Hydra raise what it meets; left alone, it prints a stack trace for an unwritable folder and ends the process."""
    variable = "HYDRA_FULL_ERROR"
    before = os.environ.get(variable)
    os.environ[variable] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before


def experiments_folder(package: str) -> Path:
    """Find `experiments/<package>` of the checkout around this file, or around the current folder; raises OptionError."""
    for start in (Path(__file__).resolve(), Path.cwd() / "here"):
        for parent in start.parents:
            folder = parent / "experiments" / package
            if (folder / "config.yaml").is_file():
                check_configs(folder)
                return folder
    raise OptionError(
        f"experiments/{package}/config.yaml was not found: training needs a checkout of Kaca. Run this inside one "
        "(opening a saved model and predicting need none)."
    )


def _give_up(error: KacaError | OSError) -> NoReturn:
    write_error(f"error: {describe(error) if isinstance(error, OSError) else error}")
    raise SystemExit(USAGE_ERROR) from None
