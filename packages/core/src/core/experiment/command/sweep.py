"""A sweep runs its jobs one after the other and leaves one folder: a summary for programs, a table for CSV, and the report."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from core.experiment import provenance
from core.experiment.command.plan import Plan, check_plan, read_plan
from core.experiment.command.table import print_table
from core.experiment.errors import OptionError
from core.experiment.report.folder import variant_label
from core.experiment.task import Task
from core.experiment.training.job import Job, run_job, warn
from core.experiment.writing import own_folder, write_json, write_text
from core.printable import printable

#: The fields of a job in `summary.json` and `summary.csv`, in their order.
SUMMARY = (
    "experiment", "variant", "seed", "dataset", "n_test", "keras_macro_f1", "scratch_macro_f1", "keras_accuracy",
    "label_match", "max_abs_diff", "mean_abs_diff", "parameters", "train_seconds", "scratch_predict_seconds",
    "keras_predict_seconds", "run_dir", "val_macro_f1", "max_abs_diff_float64", "keras_rounding", "scratch_rounding",
)  # fmt: skip


class Sweep:
    """All jobs of one command. Calling it with the config of a job runs that job; `finish` sums them up."""

    def __init__(self, task: Task, checkout: Path, console: Console) -> None:
        self.task = task
        self.console = console
        self.git_commit = provenance.git_commit(checkout)
        self.command = provenance.command(task.package)
        self.folder: Path | None = None
        self.plan = Plan([], ())
        self.results: list[dict[str, Any]] = []

    def __call__(self, config: DictConfig) -> None:
        """Run one job; before the first, plan and check the whole sweep."""
        hydra = HydraConfig.get()
        settings: Any = OmegaConf.to_container(config, resolve=True)
        if hydra.mode != RunMode.MULTIRUN:
            raise OptionError(f"hydra.mode: expected MULTIRUN, got {hydra.mode.name}; a single job is a sweep of one")
        if self.folder is None:
            self.folder = Path(hydra.sweep.dir).resolve()
            self.plan = read_plan(self.folder)
            check_plan(self.plan, self.task)
            self._begin(settings)
        variant = self.plan.variant(self.plan.jobs[hydra.job.num])
        self.console.print(
            f"{hydra.job.num + 1} of {len(self.plan.jobs)}: {variant_label(variant)}, seed {settings['seed']}",
            style="bold",
            highlight=False,
        )
        folder = own_folder(Path(hydra.runtime.output_dir))
        job = Job(settings, variant, folder, self.git_commit, self.command)
        self.results.append(run_job(self.task, job, self.console))

    def finish(self) -> None:
        """Write the summary and the report, and print the table."""
        if self.folder is None:
            return
        rows = [{field: result[field] for field in SUMMARY} for result in self.results]
        write_json(self.folder / "summary.json", rows)
        table = io.StringIO(newline="")
        writer = csv.DictWriter(table, SUMMARY)
        writer.writeheader()
        writer.writerows({**row, "variant": variant_label(row["variant"])} for row in rows)
        write_text(self.folder / "summary.csv", table.getvalue())
        for fallback in dict.fromkeys(result["fallback"] for result in self.results if result["fallback"]):
            warn(fallback, self.console)
        print_table(self.results, self.console)
        from core.experiment.report.page import write_report  # noqa: PLC0415  # Matplotlib and SciPy: seconds before any training

        self.console.print(f"report: {write_report(self.folder)}", highlight=False, soft_wrap=True)

    def _begin(self, config: dict[str, Any]) -> None:
        """Write into the folder what the sweep is about, and remove the results of an earlier sweep from it."""
        assert self.folder is not None
        for stale in self.folder.glob("*/result.json"):
            if not stale.parent.is_symlink():
                stale.unlink()
        about = {key: config[key] for key in ("experiment", "title", "question", "original")}
        about |= {"command": self.command, "variants": self.plan.labels, "jobs": len(self.plan.jobs)}
        write_json(self.folder / "sweep.json", about)
        self.console.print(printable(f"{about['title']}: {about['question']}"), highlight=False, soft_wrap=True)
