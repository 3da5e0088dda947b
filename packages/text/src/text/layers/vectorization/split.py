"""Splitting cuts a sentence into tokens; n-grams join neighbours to tokens of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from text.layers.vectorization.texts import Tokens


def characters(text: bytes) -> Tokens:
    """Cut between Unicode characters; bytes that are not UTF-8 become U+FFFD, as `tf.strings.unicode_split` does it."""
    return [character.encode("utf-8") for character in text.decode("utf-8", errors="replace")]


#: What `split` may be beside None. `bytes.split` knows the six blanks of ASCII, as `tf.strings.split` does; the no-break
#: space and the ideographic space stay within words.
SPLITTERS: dict[str, Callable[[bytes], Tokens]] = {"whitespace": bytes.split, "character": characters}


def ngrams(tokens: Tokens, widths: Sequence[int]) -> Tokens:
    """Join every `width` neighbours by a space, for one width after the other: all words, then all pairs, ..."""
    return [b" ".join(tokens[start : start + width]) for width in widths for start in range(len(tokens) - width + 1)]
