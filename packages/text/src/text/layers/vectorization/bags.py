"""A bag of words forgets the order: one number a word of the vocabulary, whether or how often it stands in the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.arrays import Array


def pad_ids(rows: Sequence[Sequence[int]], length: int | None) -> Array:
    """Write lists of ids under each other, (rows, length) int64: padded with 0 and cut at the end.

    Without a length it is that of the longest row.
    """
    if length is None:
        length = max((len(row) for row in rows), default=0)
    padded = np.zeros((len(rows), length), dtype=np.int64)
    for line, row in zip(padded, rows, strict=True):
        kept = row[:length]
        line[: len(kept)] = kept
    return padded


def count_ids(rows: Sequence[Sequence[int]], depth: int) -> Array:
    """Count how often each id stands in each row, (rows, depth) int64; ids below zero do not count."""
    counts = np.zeros((len(rows), depth), dtype=np.int64)
    for line, row in zip(counts, rows, strict=True):
        for number, count in Counter(row).items():
            if 0 <= number < depth:
                line[number] = count
    return counts


def inverse_document_frequency(documents: int, containing: Sequence[int], special: int, depth: int) -> Array:
    """idf = log(1 + N / (1 + df)) of each word, (depth,) float32, for N documents of which df hold the word.

    The mean of all stands before them for the unknown word (`special` times), zeros behind them up to `depth`.
    Source: `finalize_state` in https://github.com/keras-team/keras/blob/master/keras/src/layers/preprocessing/index_lookup.py
    """
    words = np.log(1 + documents / (1 + np.asarray(containing, dtype=np.float64))).astype(np.float32)
    return front_and_back(words, special, depth)


def front_and_back(words: Array, special: int, depth: int) -> Array:
    """Put the mean of the weights before them and zeros behind."""
    weights = np.zeros(depth, dtype=np.float32)
    weights[:special] = words.mean() if words.size else 0
    weights[special : special + len(words)] = words
    return weights
