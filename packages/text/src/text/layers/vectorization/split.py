"""Splitting cuts a sentence into tokens; n-grams join neighbours to tokens of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.errors import InputError
from text.layers.lookup.texts import Tokens


def characters(text: bytes) -> Tokens:
    """Cut between Unicode characters; bytes that are not UTF-8 become U+FFFD, as `tf.strings.unicode_split` does it."""
    return [character.encode("utf-8") for character in text.decode("utf-8", errors="replace")]


#: What `split` may be beside None. `bytes.split` knows the six blanks of ASCII, as `tf.strings.split` does; the no-break
#: space and the ideographic space stay within words.
SPLITTERS: dict[str, Callable[[bytes], Tokens]] = {"whitespace": bytes.split, "character": characters}


#: What the n-grams of one text may take, and what Python takes for one beside its letters.
MOST_NGRAM_BYTES = 2**30
_OBJECT_BYTES = 50


def ngrams(tokens: Tokens, widths: Sequence[int]) -> Tokens:
    """Join every `width` neighbours by a space, for one width after the other: all words, then all pairs, ...

    Raises `InputError` where they would take more than a text may: their length grows with the square of the widths.
    """
    count = len(tokens)
    widths = [*widths[:count]] if isinstance(widths, range) else [width for width in widths if width <= count]
    each = (sum(map(len, tokens)) + count) / max(1, count)
    if sum((count - width + 1) * (width * each + _OBJECT_BYTES) for width in widths) > MOST_NGRAM_BYTES:
        raise InputError(
            f"the n-grams of a text of {count:,} tokens, up to {widths[-1]:,} of them joined, are too many"
        )
    return [b" ".join(tokens[start : start + width]) for width in widths for start in range(len(tokens) - width + 1)]
