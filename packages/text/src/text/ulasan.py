"""Ulasan ("reviews"): short Indonesian reviews in three classes, written for this project; no network needed."""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np

from core.experiment.task import Split

SOURCE = "bundled with kaca-text, ulasan.tsv"
CLASSES = ("negative", "neutral", "positive")


def load_ulasan() -> Split:
    """Read every review and its class, in the order of the file."""
    with (files("text") / "ulasan.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    texts = np.array([row["text"] for row in rows], dtype=object)
    return Split(texts, np.array([CLASSES.index(row["label"]) for row in rows], np.int64))
