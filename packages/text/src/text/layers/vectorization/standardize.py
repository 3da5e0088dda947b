"""Standardizing makes "Bagus!" and "bagus" the same word: small letters, no punctuation.

Only ASCII is touched, as in TensorFlow: "É" stays as it is, and so do curly quotes, the ellipsis and the dash.
Punctuation is deleted, not replaced by a space: "tidak-apa" becomes one word.
"""

from __future__ import annotations

import string
from collections.abc import Callable

#: `string.punctuation` is the set that Keras' regular expression names.
_PUNCTUATION = string.punctuation.encode("ascii")


def strip_punctuation(text: bytes) -> bytes:
    """Delete the 32 punctuation marks of ASCII."""
    return text.translate(None, delete=_PUNCTUATION)


def lower_and_strip_punctuation(text: bytes) -> bytes:
    """Do both, which is Keras' default."""
    return strip_punctuation(text.lower())


#: What `standardize` may be; `bytes.lower` changes A to Z alone.
STANDARDIZERS: dict[str | None, Callable[[bytes], bytes]] = {
    "lower_and_strip_punctuation": lower_and_strip_punctuation,
    "lower": bytes.lower,
    "strip_punctuation": strip_punctuation,
    None: bytes,
}
