"""At the end of a sweep the terminal shows what came out, one line a job."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from core.experiment.report.folder import variant_label

COLUMNS = ("Keras\nF1", "Kaca\nF1", "diff.", "labels\nagree", "largest\ndiff.", "param-\neters", "trained\nin")


def print_table(results: list[dict[str, Any]], console: Console) -> None:
    """Print variant, macro F1 of both sides, their difference, agreement, size and time; 80 columns are enough."""
    several = len({result["seed"] for result in results}) > 1
    tested = " and ".join(dict.fromkeys(f"{result['n_test']:,}" for result in results))
    table = Table(
        title=f"\nMacro F1 and agreement on all {tested} test examples",
        title_justify="left",
        title_style="bold",
        caption=_caption(results),
        caption_justify="left",
        box=None,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("variant", overflow="fold")
    if several:
        table.add_column("seed", justify="right", no_wrap=True)
    for name in COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for result in results:
        seed = [str(result["seed"])] if several else []
        table.add_row(variant_label(result["variant"]).replace(", ", "\n"), *seed, *_cells(result))
    console.print(table)


def _caption(results: list[dict[str, Any]]) -> str:
    float64 = max(result["max_abs_diff_float64"] for result in results)
    rounding = max(result["keras_rounding"] for result in results)
    found = "* trained before and found again\n" if any(result["reused"] for result in results) else ""
    return f"{found}in float64 {float64:.1e}; Keras' own rounding {rounding:.1e}"


def _cells(result: dict[str, Any]) -> list[str]:
    agreeing = round(result["label_match"] * result["n_test"])
    difference = round(result["scratch_macro_f1"] - result["keras_macro_f1"], 4) + 0.0  # no negative zero
    return [
        f"{result['keras_macro_f1']:.4f}",
        f"{result['scratch_macro_f1']:.4f}",
        f"{difference:.4f}",
        "all" if agreeing == result["n_test"] else f"{agreeing:,}",
        f"{result['max_abs_diff']:.1e}",
        f"{result['parameters']:,}",
        ("*" if result["reused"] else "") + str(timedelta(seconds=round(result["train_seconds"]))),
    ]
