"""A string lookup numbers words."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from core.arrays import Array
from core.checks import one_of
from core.errors import InputError
from text.layers.lookup.index_lookup import IndexLookup
from text.layers.lookup.tokens import Token, buckets
from text.layers.vectorization.vocabulary import read_lines, show, to_words


class StringLookup(IndexLookup):
    """word -> id, or id -> word with `invert`; see `IndexLookup`. Several ids for unknown words share them by FarmHash.

    Source: https://keras.io/api/layers/preprocessing_layers/categorical/string_lookup/
    """

    def __init__(self, *, oov_token: Any = "[UNK]", encoding: str = "utf-8", **options: Any) -> None:
        one_of(str(encoding).lower(), "encoding", ("utf-8", "utf8"))
        one_of(options.pop("oov_method", "floormod"), "oov_method", ("floormod", "farmhash"))  # for numbers alone
        super().__init__(oov_token=oov_token, **options)
        self.input_dtype = "int64" if self.invert else "string"

    def read_token(self, value: object) -> Token:
        """Give a word as UTF-8."""
        return to_words([value])[0]

    def read_file(self, data: bytes) -> list[Token]:
        """Read one word a line."""
        return list(read_lines(data, self._expected_size))

    def write_token(self, token: Token) -> bytes:
        """Write the word itself."""
        return cast(bytes, token)

    def unknown(self, tokens: Array) -> Array:
        """Hash the words."""
        return buckets(tokens, self.num_oov_indices, self.salt)

    def show(self, token: Token | None) -> str:
        """Return a word as text."""
        return show(self._word(token))

    def given_back(self, tokens: Array) -> Array:
        """Return words as bytes, like Keras: an array of objects."""
        found = np.empty(tokens.shape, dtype=object)
        for position, token in np.ndenumerate(tokens):
            found[position] = self._word(token)
        return found

    def _word(self, token: Token | None) -> bytes:
        if token is None:
            raise InputError(f"{self} has no word for an unknown id: oov_token is None")
        return cast(bytes, token)
