"""Text vectorization turns sentences into token ids, or into bags of words, by a vocabulary that it learned or was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, integer, number, one_of
from core.errors import InputError, WeightMismatchError
from core.layers.base import Layer
from text.layers.vectorization.bags import count_ids, front_and_back, inverse_document_frequency, pad_ids
from text.layers.vectorization.texts import Tokens
from text.layers.vectorization.tokenizer import Tokenizer
from text.layers.vectorization.vocabulary import (
    MASK,
    UNKNOWN,
    Vocabulary,
    document_counts,
    rank,
    read_lines,
    show,
    to_words,
)

_OUTPUT_MODES = ("int", "multi_hot", "count", "tf_idf")


class TextVectorization(Layer):
    """text -> standardise -> split -> n-grams -> number of each token -> output:

    int: ids (batch, length) int64, 0 for padding, 1 for unknown words, cut or padded at the end to
    `output_sequence_length`, without it to the longest of the batch. multi_hot, count: (batch, depth) int64, whether or
    how often each token stands in the text. tf_idf: (batch, depth) float32, count * idf_weights. depth is the size of
    the vocabulary, or `max_tokens` with `pad_to_max_tokens`.

    Input: a string, or an array (batch,) or (batch, 1) of str or bytes. Without a split the last axis holds the tokens.
    The vocabulary comes from `adapt`, the option `vocabulary` (a list; a path is refused: a file must not name others to
    read), or the archive's ``vocabulary.txt``. Parameter with tf_idf: idf_weights (depth,).
    Source: https://keras.io/api/layers/preprocessing_layers/text/text_vectorization/
    """

    autocast = False
    input_dtype = "string"
    assets = ("vocabulary.txt",)
    named_in_files = frozenset({"idf_weights"})
    written_again = ("_lookup_layer",)

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: str | None = "lower_and_strip_punctuation",
        split: str | None = "whitespace",
        ngrams: Any = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        *,
        vocabulary_size: int | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**{key: value for key, value in common.items() if key != "dtype"})
        if sparse or ragged:
            raise InputError("sparse and ragged outputs are not supported: take the dense one")
        self.max_tokens = None if max_tokens is None else integer(max_tokens, "max_tokens", minimum=2)
        self.tokenizer = Tokenizer(standardize, split, ngrams)
        output_mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)
        self.output_mode = one_of(output_mode, "output_mode", _OUTPUT_MODES)
        self.output_sequence_length = (
            None if output_sequence_length is None else integer(output_sequence_length, "output_sequence_length")
        )
        self.pad_to_max_tokens = flag(pad_to_max_tokens, "pad_to_max_tokens")
        if self.pad_to_max_tokens and max_tokens is None:
            raise InputError("pad_to_max_tokens needs max_tokens")
        if output_sequence_length is not None and output_mode != "int":
            raise InputError("output_sequence_length needs output_mode='int'")
        one_of(str(encoding).lower(), "encoding", ("utf-8", "utf8"))
        self._expected_size = (
            None if vocabulary_size is None else integer(vocabulary_size, "vocabulary_size", minimum=0)
        )
        self.vocabulary: Vocabulary | None = None
        self._fixed = vocabulary is not None
        if self._fixed:
            self._take_vocabulary(vocabulary, idf_weights)
        elif idf_weights is not None:
            raise InputError("idf_weights without a vocabulary")

    # --- the vocabulary ---------------------------------------------------------------------------------------------

    @property
    def special(self) -> Tokens:
        """The tokens before the words: the mask has a number only where ids come out."""
        return [MASK, UNKNOWN] if self.output_mode == "int" else [UNKNOWN]

    @property
    def depth(self) -> int | None:
        """The width of a bag of words; None where the vocabulary is not there yet."""
        if self.pad_to_max_tokens:
            return self.max_tokens
        return self._expected_size if self.vocabulary is None else len(self.vocabulary)

    def get_config(self) -> dict[str, Any]:
        """Name the options that Keras asks for, and how many tokens ``vocabulary.txt`` holds."""
        steps = {name: getattr(self.tokenizer, name) for name in ("standardize", "split", "ngrams")}
        size = None if self.vocabulary is None else len(self.vocabulary)
        return super().get_config() | steps | {"vocabulary_size": size}

    def save_asset(self, name: str) -> bytes | None:
        """Give ``vocabulary.txt``; a vocabulary that stands in the config has none."""
        del name
        return None if self._fixed else b"\n".join(self._known().special + self._known().words)

    def load_asset(self, name: str, data: bytes) -> None:
        """Take the vocabulary from the archive's ``vocabulary.txt``; one that stands in the config goes before it."""
        if not self._fixed:
            try:
                self.vocabulary = Vocabulary(read_lines(data, self._expected_size), self.special, self.max_tokens)
            except InputError as error:
                raise WeightMismatchError(f"{self}: {name}: {error}") from error

    def adapt(self, texts: Any, *, steps: int | None = None) -> None:
        """Learn the vocabulary (and the idf weights) from texts: a list, an array, or an iterable of such batches."""
        if self._fixed:
            raise InputError(f"{self} was given its vocabulary and cannot learn another")
        counts: Counter[bytes] = Counter()
        containing: Counter[bytes] = Counter()
        documents = 0
        for batch in [texts] if isinstance(texts, str | bytes | list | tuple | np.ndarray) else islice(texts, steps):
            rows = self.tokenizer.tokens(self.tokenizer.documents(batch, self))
            counts.update(token for tokens in rows for token in tokens)
            documents += len(rows)
            if self.output_mode == "tf_idf":
                containing.update(document_counts(rows))
        limit = None if self.max_tokens is None else self.max_tokens - len(self.special)
        self.vocabulary = Vocabulary(rank(counts, limit), self.special, self.max_tokens)
        self._expected_size = len(self.vocabulary)
        if self.output_mode == "tf_idf":
            frequencies = [containing[word] for word in self.vocabulary.words]
            self.build(None)
            self.assign("idf_weights", inverse_document_frequency(documents, frequencies, 1, self.depth or 0))

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Set the vocabulary from a list of words: for a model whose HDF5 file lost it, as they all do."""
        self._take_vocabulary(vocabulary, idf_weights)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """Give the tokens in the order of their ids."""
        vocabulary = self._known()
        return [show(token) for token in (vocabulary.special if include_special_tokens else []) + vocabulary.words]

    def vocabulary_size(self) -> int:
        """Count the tokens, the special ones included."""
        return len(self._known())

    def _take_vocabulary(self, words: Any, idf_weights: Any) -> None:
        if isinstance(words, str | bytes):
            raise InputError(
                f"vocabulary must be a list of words; a path ({words!r}) would read a file of this machine"
            )
        if not isinstance(words, Sequence | np.ndarray) or len(words) == 0:
            raise InputError(f"vocabulary must be a list of words, got {str(words)[:100]!r}")
        given = to_words(words)
        self.vocabulary = Vocabulary(given, self.special, self.max_tokens)
        if (self.output_mode == "tf_idf") != (idf_weights is not None):
            raise InputError("a vocabulary comes with idf_weights if, and only if, output_mode is 'tf_idf'")
        if idf_weights is not None:
            listed = idf_weights.tolist() if isinstance(idf_weights, np.ndarray) else idf_weights
            if not isinstance(listed, list | tuple) or len(listed) != len(given):
                raise InputError(f"idf_weights must be {len(given)} numbers, one a word, got {str(idf_weights)[:100]}")
            weights = np.array([number(weight, "idf_weights") for weight in listed])
            padding = len(self.vocabulary) - len(given)  # words without [UNK] before them have no weight for it
            self.build(None)
            self.assign("idf_weights", front_and_back(weights, padding, self.depth or 0))

    def _known(self) -> Vocabulary:
        if self.vocabulary is None:
            raise WeightMismatchError(f"{self} has no vocabulary yet: call adapt, or give it the option vocabulary")
        return self.vocabulary

    # --- the function -----------------------------------------------------------------------------------------------

    def build(self, input_shape: Shape | None) -> None:
        """Declare the idf weights."""
        del input_shape
        if self.output_mode == "tf_idf":
            self.declare("idf_weights", (self.depth,))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch,) or (batch, 1) -> (batch, length), or (batch, depth)."""
        return (input_shape[0], self.output_sequence_length if self.output_mode == "int" else self.depth)

    def mixes_rows(self, *shapes: Any) -> bool:
        """Return whether sentences are padded to the longest one of the batch."""
        return self.output_mode == "int" and self.output_sequence_length is None

    def call(self, inputs: Any) -> Array:
        """Vectorize a string, or an array of strings."""
        vocabulary = self._known()
        texts, single = self.tokenizer.batch(inputs, self)
        rows = [vocabulary.ids(tokens) for tokens in self.tokenizer.tokens(texts)]
        numbers = self._output(rows)
        return numbers[0] if single else numbers

    def _output(self, rows: list[list[int]]) -> Array:
        if self.output_mode == "int":
            return pad_ids(rows, self.output_sequence_length)
        counts = count_ids(rows, self.depth or 0)
        if self.output_mode == "multi_hot":
            return np.minimum(counts, 1)
        weights: Array = self.idf_weights if self.output_mode == "tf_idf" else np.ones((), np.int64)
        return counts.astype(weights.dtype) * weights
