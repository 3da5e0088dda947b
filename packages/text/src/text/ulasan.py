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
    lines = (files("text") / "ulasan.tsv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    texts = np.array([row["text"] for row in rows], dtype=object)
    return Split(texts, np.array([CLASSES.index(row["label"]) for row in rows], np.int64))
