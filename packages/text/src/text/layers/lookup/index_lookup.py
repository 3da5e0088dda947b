"""A lookup numbers the tokens of a vocabulary, and back: what `StringLookup` and `IntegerLookup` have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, integer, number
from core.errors import InputError, WeightMismatchError
from core.layers.file_format import FileFormat
from core.layers.preprocessing.categorical import CategoricalLayer
from core.ops.encoding import MODES, bags, encode
from text.layers.lookup.tokens import Token, read_salt, to_tokens

#: An id that no encoding has a position for: the mask has none where bags come out.
_NOWHERE = 2**63 - 1


class IndexLookup(CategoricalLayer):
    """token -> id: [mask 0,] `num_oov_indices` ids for unknown tokens, then the vocabulary in its order.

    int: ids in the shape of the input, int64. one_hot, multi_hot, count: as `core.ops.encoding.encode`, int64, without an
    id for the mask. tf_idf: count * idf_weights. With `invert` ids become tokens again. Several ids for unknown tokens
    share them by hash; with none an unknown token is an error. Parameter with tf_idf: idf_weights (depth,).
    The vocabulary is in the config or in the archive's ``vocabulary.txt``; a path is refused: it would read other files.
    Source: `index_lookup.py` in https://github.com/keras-team/keras/tree/master/keras/src/layers/preprocessing
    """

    input_dtype = "int64"
    file_format = FileFormat(assets=("vocabulary.txt",), named_parameters=frozenset({"idf_weights"}))
    modes = ("int", *MODES, "tf_idf")

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: Any = None,
        oov_token: Any = None,
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        salt: Any = None,
        *,
        vocabulary_size: int | None = None,
        has_input_vocabulary: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(output_mode, sparse, **{key: value for key, value in common.items() if key != "dtype"})
        flag(has_input_vocabulary, "has_input_vocabulary")  # whether the vocabulary was given to the layer
        self.max_tokens = None if max_tokens is None else integer(max_tokens, "max_tokens", minimum=2)
        self.num_oov_indices = integer(num_oov_indices, "num_oov_indices", minimum=0, maximum=10_000)
        self.mask_token = None if mask_token is None else self.read_token(mask_token)
        self.oov_token = None if oov_token is None else self.read_token(oov_token)
        self.invert = flag(invert, "invert")
        if self.invert and self.output_mode != "int":
            raise InputError(f"invert needs output_mode='int', got {output_mode!r}")
        self.pad_to_max_tokens = flag(pad_to_max_tokens, "pad_to_max_tokens")
        if self.pad_to_max_tokens and max_tokens is None:
            raise InputError("pad_to_max_tokens needs max_tokens")
        self.salt = read_salt(salt)
        self._expected_size = (
            None if vocabulary_size is None else integer(vocabulary_size, "vocabulary_size", minimum=0)
        )
        self._words: list[Token] | None = None
        self._index: dict[Token, int] = {}
        self._is_fixed = vocabulary is not None
        if self._is_fixed:
            self.set_vocabulary(vocabulary, idf_weights)
        elif idf_weights is not None:
            raise InputError("idf_weights without a vocabulary")

    # --- what the two kinds differ in ---------------------------------------------------------------------------------

    def read_token(self, value: object) -> Token:
        """Check one token of a config."""
        raise NotImplementedError

    def read_file(self, data: bytes, expected: int | None) -> list[Token]:
        """Read ``vocabulary.txt``, which should hold the `expected` number of tokens. Raises `InputError`."""
        raise NotImplementedError

    def write_token(self, token: Token) -> bytes:
        """Write one line of it."""
        raise NotImplementedError

    def unknown(self, tokens: Array) -> Array:
        """Share unknown tokens among the `num_oov_indices` buckets, (n,) -> (n,)."""
        raise NotImplementedError

    def show(self, token: Token | None) -> Any:
        """Return a token as a user reads it."""
        raise NotImplementedError

    def tokens_of(self, tokens: Array) -> Array:
        """Return the tokens of ids in the type that Keras gives them. Raises `InputError` where one is None."""
        raise NotImplementedError

    # --- the vocabulary ---------------------------------------------------------------------------------------------

    @property
    def special(self) -> list[Token | None]:
        """What the ids before the vocabulary stand for."""
        return [*[self.mask_token] * self._first_oov, *[self.oov_token] * self.num_oov_indices]

    @property
    def _first_oov(self) -> int:
        """The first id of unknown tokens: the mask has an id only where ids come out."""
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def _first_word(self) -> int:
        return self._first_oov + self.num_oov_indices

    @property
    def depth(self) -> int | None:
        """The width of an encoding; None where the vocabulary is not there yet."""
        if self.pad_to_max_tokens:
            return self.max_tokens
        return self._expected_size if self._words is None else self.vocabulary_size()

    def get_config(self) -> dict[str, Any]:
        """Name the options, and how many tokens there are."""
        return super().get_config() | {"vocabulary_size": None if self._words is None else self.vocabulary_size()}

    def adapt_to(self, documents: Iterable[Sequence[Token]]) -> None:
        """Learn the vocabulary from documents, lists of tokens: by count, the largest first, equal counts by the token.

        With tf_idf also idf = log(1 + N / (1 + df)) of each word, for N documents of which df hold the word.
        """
        if self._is_fixed:
            raise InputError(f"{self} was given its vocabulary and cannot learn another")
        counts: Counter[Token] = Counter()
        containing: Counter[Token] = Counter()
        total = 0
        for tokens in documents:
            total += 1
            counts.update(tokens)
            if self.output_mode == "tf_idf":
                containing.update(set(tokens))
        words = (word for word in counts if word not in (self.mask_token, self.oov_token))
        limit = None if self.max_tokens is None else self.max_tokens - self._first_word
        self._set_words(sorted(words, key=lambda word: (counts[word], word), reverse=True)[:limit])
        self._expected_size = self.vocabulary_size()
        if self.output_mode == "tf_idf":
            frequencies = np.array([containing[word] for word in self._known()], np.float64)
            self._set_idf_weights(np.log(1 + total / (1 + frequencies)).astype(np.float32), self._first_word)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Set the vocabulary from a list: for a model whose HDF5 file lost it, as they all do."""
        if isinstance(vocabulary, str | bytes):
            raise InputError(f"vocabulary must be a list; a path ({vocabulary!r}) would read a file of this machine")
        if not isinstance(vocabulary, list | tuple | np.ndarray) or not len(vocabulary):
            raise InputError(f"vocabulary must be a list of tokens, got {str(vocabulary)[:100]}")
        if (self.output_mode == "tf_idf") != (idf_weights is not None):
            raise InputError("a vocabulary comes with idf_weights if, and only if, output_mode is 'tf_idf'")
        given = [self.read_token(token) for token in vocabulary]
        self._set_words(given)
        if idf_weights is not None:
            weights = idf_weights.tolist() if isinstance(idf_weights, np.ndarray) else idf_weights
            if not isinstance(weights, list | tuple) or len(weights) != len(given):
                raise InputError(f"idf_weights must be {len(given)} numbers, one a token, got {str(weights)[:100]}")
            numbers = np.array([number(weight, "idf_weights") for weight in weights])
            self._set_idf_weights(numbers, self.vocabulary_size() - len(given))
        if self._is_fixed:
            self.config |= {"vocabulary": vocabulary, "idf_weights": idf_weights}

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """Return the tokens in the order of their ids."""
        return [self.show(token) for token in [*(self.special if include_special_tokens else []), *self._known()]]

    def vocabulary_size(self) -> int:
        """Count the tokens, the special ones included."""
        return self._first_word + len(self._known())

    def load_asset(self, name: str, data: bytes) -> None:
        """Take the vocabulary from ``vocabulary.txt``; one that stands in the config goes before it."""
        if not self._is_fixed:
            try:
                self._set_words(self.read_file(data, self._expected_size))
            except InputError as error:
                raise WeightMismatchError(f"{self}: {name}: {error}") from error

    def save_asset(self, name: str) -> bytes | None:
        """Return ``vocabulary.txt``; a vocabulary that stands in the config has none."""
        del name
        if self._is_fixed:
            return None
        tokens = [*self.special, *self._known()]
        return b"\n".join(b"None" if token is None else self.write_token(token) for token in tokens)

    def _set_words(self, tokens: Sequence[Token]) -> None:
        """Set the vocabulary; the special tokens may stand before it, all or none."""
        first = self._first_word
        words = list(tokens[first:] if list(tokens[:first]) == self.special else tokens)
        if len(set(words)) < len(words):
            repeated, count = Counter(words).most_common(1)[0]
            raise InputError(f"a vocabulary must name each token once, it holds {self.show(repeated)!r} {count} times")
        if self.mask_token is not None and self.mask_token in words:
            raise InputError(f"the token for padding, {self.show(self.mask_token)!r}, must not be in the vocabulary")
        if self.invert and self.oov_token is not None and self.oov_token in words:
            raise InputError(f"the token for the unknown, {self.show(self.oov_token)!r}, must not be in the vocabulary")
        if self.max_tokens is not None and first + len(words) > self.max_tokens:
            raise InputError(f"max_tokens={self.max_tokens} cannot hold {first + len(words)} tokens")
        self._words = words
        self._index = dict(zip(words, range(first, first + len(words)), strict=True))
        if self.mask_token is not None:
            self._index[self.mask_token] = 0 if self.output_mode == "int" else _NOWHERE

    def _set_idf_weights(self, weights: Array, before: int) -> None:
        """Set the weights of the vocabulary: their mean `before` times, for special tokens, and zeros behind up to `depth`."""
        padded = np.zeros(self.depth or 0, np.float32)
        padded[:before] = weights.mean() if weights.size else 0
        padded[before : before + len(weights)] = weights
        self.build(None)
        self.assign("idf_weights", padded)

    def _known(self) -> list[Token]:
        if self._words is None:
            raise WeightMismatchError(
                f"{self} has no vocabulary yet: the file must hold one; else call set_vocabulary, or give it the option "
                "vocabulary"
            )
        return self._words

    # --- the function -----------------------------------------------------------------------------------------------

    def build(self, input_shape: Shape | None) -> None:
        """Declare the idf weights."""
        if self.output_mode == "tf_idf":
            self.declare("idf_weights", (self.depth,))

    def call(self, inputs: Any) -> Array:
        """Look up every token, or with `invert` every id."""
        tokens = to_tokens(inputs, self)
        if self.invert:
            return self.tokens_of(self._invert(tokens))
        ids = self.ids(tokens.reshape(-1).tolist()).reshape(tokens.shape)
        if self.output_mode == "tf_idf":
            return self._weigh(encode(ids, "count", self.depth or 0, np.dtype(np.int64)))
        return self.encoded(ids, np.dtype(np.int64))

    def ids(self, tokens: Sequence[Token]) -> Array:
        """Return the id of each token, (n,) int64; without a meaning for the mask where bags come out."""
        self._known()
        default = self._first_oov if self.num_oov_indices == 1 else -1
        ids = np.fromiter(map(self._index.get, tokens, repeat(default)), np.int64, len(tokens))
        if self.num_oov_indices != 1 and (unknown := np.flatnonzero(ids < 0)).size:
            lost = np.array([tokens[position] for position in unknown.tolist()], dtype=np.object_)
            if not self.num_oov_indices:
                token = self.show(lost[0])
                raise InputError(f"{self} does not know the token {token!r}, and has no id for unknown ones")
            ids[unknown] = self._first_oov + self.unknown(lost)
        return ids

    def bags(self, ids: Array, rows: Array, count: int) -> Array:
        """Encode ids (n,), each in one of `count` rows: multi_hot, count or tf_idf, (count, depth)."""
        counts = bags(ids, rows, (count, self.depth or 0), np.dtype(np.int64), once=self.output_mode == "multi_hot")
        return self._weigh(counts) if self.output_mode == "tf_idf" else counts

    def _weigh(self, counts: Array) -> Array:
        return counts.astype(self.idf_weights.dtype) * self.idf_weights

    def _invert(self, ids: Array) -> Array:
        """Return the token of every id; ids without one give the token for the unknown."""
        if ids.dtype == object:
            raise InputError(f"{self} expects ids, got words")
        tokens = [*self.special, *self._known()]
        found = np.empty(ids.shape, dtype=object)
        for position, id_ in np.ndenumerate(ids):
            found[position] = tokens[id_] if 0 <= id_ < len(tokens) else self.oov_token
        return found
