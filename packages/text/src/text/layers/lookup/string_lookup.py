"""A string lookup numbers words."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from core.arrays import Array
from core.checks import one_of
from core.errors import InputError
from text.layers.lookup.index_lookup import IndexLookup
from text.layers.lookup.tokens import Token, buckets


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
        """Write a word as UTF-8."""
        if not isinstance(value, str):
            raise InputError(f"tokens must be strings, got {value!r}")
        try:
            return value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InputError(f"a token must be text that UTF-8 can hold: {error}") from error

    def read_file(self, data: bytes, expected: int | None) -> list[Token]:
        """Read one word a line; lines end with a line feed and with nothing else.

        Keras reads the file with `str.splitlines`, which also breaks words at U+2028, U+0085 or a carriage return and so
        shifts every later id. A line feed can be a word (``split="character"``): it shows as two empty lines, and is put
        together again.
        """
        data.decode("utf-8")  # raises for a file that is not text
        if b"[UNK]\r\n" in data:  # written on Windows
            data = data.replace(b"\r\n", b"\n")
        lines = data.split(b"\n")
        tokens: list[Token] = []
        position = 0
        while position < len(lines):
            pair = position > 0 and lines[position : position + 2] == [b"", b""]
            tokens.append(b"\n" if pair else lines[position])
            position += 2 if pair else 1
        while tokens and tokens[-1] == b"" and len(tokens) != expected:
            tokens.pop()
        if expected is not None and len(tokens) != expected:
            raise InputError(f"vocabulary.txt holds {len(tokens)} tokens, but the config says {expected}")
        return tokens

    def write_token(self, token: Token) -> bytes:
        """Write the word itself."""
        return cast(bytes, token)

    def unknown(self, tokens: Array) -> Array:
        """Hash the words."""
        return buckets(tokens, self.num_oov_indices, self.salt)

    def show(self, token: Token | None) -> str:
        """Return a word as text; bytes that are not UTF-8 show as ``\\xff``."""
        return self._word(token).decode("utf-8", errors="backslashreplace")

    def tokens_of(self, tokens: Array) -> Array:
        """Return words as bytes, like Keras: an array of objects."""
        found = np.empty(tokens.shape, dtype=object)
        for position, token in np.ndenumerate(tokens):
            found[position] = self._word(token)
        return found

    def _word(self, token: Token | None) -> bytes:
        if token is None:
            raise InputError(f"{self} has no word for an unknown id: oov_token is None")
        return cast(bytes, token)
