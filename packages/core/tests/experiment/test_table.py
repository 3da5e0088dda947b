"""The table at the end of a sweep fits a terminal of 80 columns and says what it must."""

import io

import pytest
from rich.console import Console

from core.experiment.command.table import print_table

RESULT = {
    "variant": {"model.filters": "64-128-256"}, "seed": 0, "n_test": 10_000, "keras_macro_f1": 0.67791,
    "scratch_macro_f1": 0.67790, "label_match": 1.0, "max_abs_diff": 2.5e-6, "parameters": 2_200_570, "train_seconds": 3265.3,
    "reused": False, "max_abs_diff_float64": 3.1e-15, "keras_rounding": 8.4e-7,
}  # fmt: skip
OTHER = {**RESULT, "variant": {"model.cell": "simple_rnn", "model.bidirectional": True}, "seed": 1, "reused": True,
         "label_match": 0.9999, "scratch_macro_f1": 0.6770}  # fmt: skip


def printed(*results, width=80):
    text = io.StringIO()
    print_table(list(results), Console(file=text, width=width))
    return text.getvalue()


def test_one_seed_needs_no_column_for_it():
    text = printed(RESULT)
    assert "seed" not in text
    row = next(line for line in text.splitlines() if line.startswith("filters"))
    assert row.split() == ["filters=64-128-256", "0.6779", "0.6779", "0.0000", "all", "2.5e-06", "2,200,570", "0:54:25"]
    assert "found again" not in text


@pytest.mark.parametrize("width", [80, 200])
def test_several_seeds_and_options_fit(width):
    text = printed(RESULT, OTHER, width=width)
    assert "…" not in text
    for part in ("cell=simple_rnn", "bidirectional=true", "9,999", "-0.0009", "*0:54:25", "found again", "seed"):
        assert part in text
    assert max(map(len, text.splitlines())) <= 80
