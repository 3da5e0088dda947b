"""A sweep is planned before its first job runs: how many jobs, which options vary, and whether every one of them is possible."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import OmegaConf

from core.experiment.command.options import read_settings
from core.experiment.errors import OptionError
from core.experiment.report.folder import variant_label
from core.experiment.task import Task

SEED = "seed"  # a seed repeats a variant, it does not make another one
ONE_ONLY = ("exp",)  # an experiment says what is swept, so it cannot itself be swept


@dataclass(frozen=True)
class Plan:
    """The overrides of each job in order, and the options that vary from job to job (or that the experiment names)."""

    jobs: list[list[str]]
    swept: tuple[str, ...]

    def variant(self, overrides: list[str]) -> dict[str, Any]:
        """Return the swept options of one job with their values."""
        parsed = _parse(overrides)
        values = {override.key_or_group: _plain(override) for override in parsed}
        return {key: values[key] for key in self.swept if key in values}

    @property
    def labels(self) -> list[str]:
        """The variants by name, each once, in their order."""
        return list(dict.fromkeys(variant_label(self.variant(job)) for job in self.jobs))


def read_plan(sweep_dir: Path) -> Plan:
    """Work out the jobs as Hydra's own sweeper does, from the file that it leaves in the sweep's folder."""
    hydra = OmegaConf.load(sweep_dir / "multirun.yaml").hydra
    params = dict(hydra.sweeper.params or {})
    named = _parse([f"{key}={value}" for key, value in params.items()])
    typed = _parse(list(hydra.overrides.task))
    varied = [override.key_or_group for override in typed if override.is_sweep_override()]
    for key in varied:
        if key in ONE_ONLY:
            raise OptionError(f"{key}: one experiment at a time; give the command once for each of them")
    keys = [override.key_or_group for override in named] + varied
    swept = tuple(dict.fromkeys(key for key in keys if key != SEED))
    (jobs,) = BasicSweeper.split_arguments(named + typed, None)
    return Plan(jobs, swept)


def check_plan(plan: Plan, task: Task) -> None:
    """Compose every job and check its options, so that a mistake in the last one shows before the first is trained."""
    for job in plan.jobs:
        config: Any = OmegaConf.to_container(compose("config", overrides=job), resolve=True)
        read_settings(task, config)


def _parse(overrides: list[str]) -> list[Override]:
    return OverridesParser.create().parse_overrides(overrides)


def _plain(override: Override) -> Any:
    value = override.value()
    return value if isinstance(value, bool | int | float | str | list) or value is None else str(value)
