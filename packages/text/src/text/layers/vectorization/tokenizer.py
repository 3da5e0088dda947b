"""A tokenizer cuts a text into tokens: standardize, split, join to n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.arrays import Array
from core.checks import integer, one_of
from core.errors import InputError
from text.layers.lookup.texts import Tokens, to_array
from text.layers.vectorization.split import SPLITTERS, ngrams
from text.layers.vectorization.standardize import STANDARDIZERS


class Tokenizer:
    """tokens = ngrams(split(standardize(text))), with Keras' options of these names. Raises `InputError` for others."""

    def __init__(self, standardize: Any, split: Any, widths: Any) -> None:
        self.standardize = one_of(standardize, "standardize", tuple(STANDARDIZERS))
        self.split = one_of(split, "split", (*SPLITTERS, None))
        self.ngrams = widths
        self._widths = _widths(widths)

    def tokens(self, texts: Array) -> list[Tokens]:
        """Return the tokens of each text (batch,); without a split those of each row (batch, count) as they are."""
        standardize = STANDARDIZERS[self.standardize]
        if self.split is None:
            rows = [[standardize(token) for token in row] for row in texts]
        else:
            cut = SPLITTERS[self.split]
            rows = [cut(standardize(text)) for text in texts]
        return rows if self._widths is None else [ngrams(tokens, self._widths) for tokens in rows]

    def batch(self, inputs: Any, owner: object) -> tuple[Array, bool]:
        """Return a call's texts as `tokens` takes them, and whether it was a single one without the batch axis.

        To split: a string, (batch,) or (batch, 1). Without a split the last axis holds the tokens: (count,) is one text.
        """
        texts = to_array(inputs, owner)
        rank = 1 if self.split is not None else 2
        if rank == 1 and texts.ndim == 2 and texts.shape[1] == 1:
            texts = texts[:, 0]
        if texts.ndim not in (rank - 1, rank):
            wanted = "(batch,) or (batch, 1)" if rank == 1 else "(batch, count) (it splits nothing)"
            raise InputError(f"{owner} expects strings of shape {wanted}, got {texts.shape}")
        return (texts[None], True) if texts.ndim < rank else (texts, False)

    def documents(self, inputs: Any, owner: object) -> Array:
        """Return the texts to learn from; a list without a split is one token a document."""
        texts = to_array(inputs, owner)
        if texts.ndim == 0:
            texts = texts[None]
        if self.split is None and texts.ndim == 1:
            texts = texts[:, None]
        return self.batch(texts, owner)[0]


def _widths(value: Any) -> Sequence[int] | None:
    """Read `ngrams`: None, or n for 1 to n, or a list of widths."""
    if value is None:
        return None
    if isinstance(value, list | tuple) and value:
        return tuple(integer(width, "ngrams") for width in value)
    return range(1, integer(value, "ngrams") + 1)
