"""At the end of a sweep the terminal shows what came out, one line a job."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from core.experiment.progress import duration
from core.experiment.reporting.folder import variant_label

COLUMNS = ("Keras F1", "Kaca F1", "difference", "labels agree", "largest diff", "parameters", "trained in")


def print_table(results: list[dict[str, Any]], console: Console) -> None:
    """Print variant, macro F1 of both sides, their difference, agreement, size and time."""
    several = len({result["seed"] for result in results}) > 1
    table = Table(title="Macro F1 and agreement over the whole test split", title_justify="left")
    table.add_column("variant", overflow="fold")
    if several:
        table.add_column("seed", justify="right")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for result in results:
        agreeing = round(result["label_match"] * result["n_test"])
        seed = [str(result["seed"])] if several else []
        table.add_row(
            variant_label(result["variant"]),
            *seed,
            f"{result['keras_macro_f1']:.4f}",
            f"{result['scratch_macro_f1']:.4f}",
            f"{result['scratch_macro_f1'] - result['keras_macro_f1']:.4f}",
            f"{agreeing:,}/{result['n_test']:,}",
            f"{result['max_abs_diff']:.1e}",
            f"{result['parameters']:,}",
            duration(result["train_seconds"]) + (" (kept)" if result["reused"] else ""),
        )
    console.print(table)
