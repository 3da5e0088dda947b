"""An integer lookup numbers whole numbers: ids of products or users, in the order of a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import integer, one_of
from core.errors import InputError
from text.layers.lookup.index_lookup import IndexLookup
from text.layers.lookup.tokens import Token, buckets

_LARGEST = 2**63 - 1


class IntegerLookup(IndexLookup):
    """number -> id, or id -> number with `invert`; see `IndexLookup`.

    Several ids for unknown numbers share them by the remainder, or by FarmHash with ``oov_method="farmhash"``.
    Source: https://keras.io/api/layers/preprocessing_layers/categorical/integer_lookup/
    """

    def __init__(
        self, *, oov_token: Any = -1, vocabulary_dtype: str = "int64", oov_method: str = "floormod", **options: Any
    ) -> None:
        one_of(vocabulary_dtype, "vocabulary_dtype", ("int64",))
        self.oov_method = one_of(oov_method, "oov_method", ("floormod", "farmhash"))
        if options.get("salt") is not None and oov_method != "farmhash":
            raise InputError("salt needs oov_method='farmhash'")
        super().__init__(oov_token=oov_token, **options)

    def read_token(self, value: object) -> Token:
        """Check a number."""
        plain = value.item() if isinstance(value, np.generic) else value
        return integer(plain, "a token", minimum=-_LARGEST - 1, maximum=_LARGEST)

    def read_file(self, data: bytes, expected: int | None) -> list[Token]:
        """Read one number a line."""
        try:
            tokens = [self.read_token(int(line)) for line in data.split()]
        except ValueError as error:
            raise InputError(str(error)) from error
        if expected is not None and len(tokens) != expected:
            raise InputError(f"vocabulary.txt holds {len(tokens)} numbers, but the config says {expected}")
        return tokens

    def write_token(self, token: Token) -> bytes:
        """Write its digits."""
        return str(token).encode("ascii")

    def unknown(self, tokens: Array) -> Array:
        """Take the remainder, or hash the digits."""
        if self.oov_method == "farmhash":
            return buckets(tokens, self.num_oov_indices, self.salt)
        return np.mod(tokens, self.num_oov_indices)

    def show(self, token: Token | None) -> int:
        """Return a number."""
        if token is None:
            raise InputError(f"{self} has no number for an unknown id: oov_token is None")
        return int(token)

    def tokens_of(self, tokens: Array) -> Array:
        """Return numbers as int64."""
        return np.array([self.show(token) for token in tokens.reshape(-1)], np.int64).reshape(tokens.shape)
