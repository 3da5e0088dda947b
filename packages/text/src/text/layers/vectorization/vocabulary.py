"""A vocabulary gives each token a number: special tokens first, then the words from the most to the least frequent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from core.errors import InputError
from text.layers.vectorization.texts import Tokens

#: What padding is read as. It has the number 0 where ids come out, and no number elsewhere.
MASK = b""
#: What every unknown word becomes.
UNKNOWN = b"[UNK]"


class Vocabulary:
    """Words with numbers: `index` maps each to its id, `special` ([mask,] unknown) come before them.

    Raises `InputError` for a word that is there twice, for the mask token among the words, for more than `max_tokens`.
    """

    def __init__(self, words: Tokens, special: Tokens, max_tokens: int | None = None) -> None:
        if words[: len(special)] == special:
            words = words[len(special) :]
        repeated = [word for word, count in Counter(words).items() if count > 1]
        if repeated:
            raise InputError(
                f"a vocabulary must name each word once, got {show(repeated[0])} {words.count(repeated[0])} times"
            )
        if MASK in words:
            raise InputError("a vocabulary must not hold the empty word, which stands for padding")
        if max_tokens is not None and len(special) + len(words) > max_tokens:
            raise InputError(f"a vocabulary of max_tokens={max_tokens} cannot hold {len(special) + len(words)} tokens")
        self.special = special
        self.words = words
        self.index = {word: number for number, word in enumerate(words, start=len(special))}
        self.unknown = special.index(UNKNOWN)

    def __len__(self) -> int:
        return len(self.special) + len(self.words)

    def ids(self, tokens: Tokens) -> list[int]:
        """Give the number of every token; that of the mask token is 0 where it is special, else -1."""
        mask = 0 if MASK in self.special else -1
        return [self.index.get(token, mask if token == MASK else self.unknown) for token in tokens]


def rank(counts: Counter[bytes], limit: int | None = None) -> Tokens:
    """Order words by count, the largest first; equal counts by their UTF-8 bytes, the largest first. At most `limit`.

    Source: `finalize_state` in https://github.com/keras-team/keras/blob/master/keras/src/layers/preprocessing/index_lookup.py
    """
    words = (word for word in counts if word not in (MASK, UNKNOWN))
    return sorted(words, key=lambda word: (counts[word], word), reverse=True)[:limit]


def read_lines(data: bytes, expected: int | None) -> Tokens:
    """Read ``vocabulary.txt``: one token a line, lines end with a line feed and with nothing else.

    Keras reads the file with `str.splitlines`, which also breaks tokens at U+2028, U+0085 or a carriage return and so
    shifts every later id. A line feed can be a token (``split="character"``): it shows as two empty lines, and is put
    together again. Raises `InputError` if the number of tokens is not the `expected` one.
    """
    data.decode("utf-8")  # raises for a file that is not text
    if b"[UNK]\r\n" in data:  # written on Windows
        data = data.replace(b"\r\n", b"\n")
    lines = data.split(b"\n")
    tokens: Tokens = []
    place = 0
    while place < len(lines):
        pair = place > 0 and lines[place : place + 2] == [b"", b""]
        tokens.append(b"\n" if pair else lines[place])
        place += 2 if pair else 1
    while tokens and tokens[-1] == MASK and len(tokens) != expected:
        tokens.pop()
    if expected is not None and len(tokens) != expected:
        raise InputError(f"vocabulary.txt holds {len(tokens)} tokens, but the config says {expected}")
    return tokens


def show(token: bytes) -> str:
    """Write a token as text; bytes that are not UTF-8 show as ``\\xff``."""
    return token.decode("utf-8", errors="backslashreplace")


def to_words(words: Iterable[object]) -> Tokens:
    """Give a config's list of words as bytes. Raises `InputError` for anything that is no string."""
    found: Tokens = []
    for word in words:
        if not isinstance(word, str):
            raise InputError(f"vocabulary must be a list of strings, it holds {word!r}")
        try:
            found.append(word.encode("utf-8"))
        except UnicodeEncodeError as error:
            raise InputError(f"vocabulary holds a word that UTF-8 cannot hold: {error}") from error
    return found


def document_counts(documents: Sequence[Tokens]) -> Counter[bytes]:
    """Count in how many documents each token stands."""
    return Counter(token for tokens in documents for token in set(tokens))
