"""Text vectorization turns sentences into token ids, or into bags of words, by a vocabulary that it learned or was given."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import integer, one_of
from core.errors import InputError
from core.layers.base import Layer
from text.layers.lookup.string_lookup import StringLookup
from text.layers.vectorization.tokenizer import Tokenizer

#: What the config says of the vocabulary.
_OF_VOCABULARY = ("vocabulary", "idf_weights", "vocabulary_size")
_OUTPUT_MODES = ("int", "multi_hot", "count", "tf_idf")


class TextVectorization(Layer):
    """text -> standardize -> split -> n-grams -> `StringLookup` of the tokens -> output:

    int: ids (batch, length) int64, 0 for padding, 1 for unknown words, cut or padded at the end to
    `output_sequence_length`, without it to the longest of the batch. multi_hot, count: (batch, depth) int64, whether or
    how often each token stands in the text. tf_idf: (batch, depth) float32, count * idf_weights. depth is the size of
    the vocabulary, or `max_tokens` with `pad_to_max_tokens`.

    Input: a string, or an array (batch,) or (batch, 1) of str or bytes. Without a split the last axis holds the tokens.
    The vocabulary comes from `adapt`, the option `vocabulary` (a list; a path is refused: a file must not name others to
    read), or the archive's ``vocabulary.txt``. Parameter with tf_idf: idf_weights (depth,), that of the lookup.
    Source: https://keras.io/api/layers/preprocessing_layers/text/text_vectorization/
    """

    autocast = False
    input_dtype = "string"
    #: Keras reads what the lookup holds from both paths, and refuses files without one.
    file_format = replace(StringLookup.file_format, repeated_at=("_lookup_layer",))

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
        if ragged:
            raise InputError("ragged outputs are not supported: take the dense one")
        self.tokenizer = Tokenizer(standardize, split, ngrams)
        self.lookup = _Lookup(
            self, max_tokens=max_tokens, mask_token="", vocabulary=vocabulary, idf_weights=idf_weights, sparse=sparse,
            output_mode=output_mode, pad_to_max_tokens=pad_to_max_tokens, encoding=encoding, vocabulary_size=vocabulary_size,
        )  # fmt: skip
        self.output_mode = one_of(self.lookup.output_mode, "output_mode", _OUTPUT_MODES)
        self.output_sequence_length = (
            None if output_sequence_length is None else integer(output_sequence_length, "output_sequence_length")
        )
        if output_sequence_length is not None and output_mode != "int":
            raise InputError("output_sequence_length needs output_mode='int'")
        self.parameters, self.parameter_shapes = self.lookup.parameters, self.lookup.parameter_shapes

    def get_config(self) -> dict[str, Any]:
        """Name the options that Keras asks for, and how many tokens ``vocabulary.txt`` holds."""
        steps = {name: getattr(self.tokenizer, name) for name in ("standardize", "split", "ngrams")}
        known = self.lookup.get_config()
        return super().get_config() | steps | {name: known[name] for name in _OF_VOCABULARY}

    # --- the vocabulary ---------------------------------------------------------------------------------------------

    def adapt(self, texts: Any, *, steps: int | None = None) -> None:
        """Learn the vocabulary (and the idf weights) from texts: a list, an array, or an iterable of such batches."""
        batches = [texts] if isinstance(texts, str | bytes | list | tuple | np.ndarray) else islice(texts, steps)
        documents = (self.tokenizer.documents(batch, self) for batch in batches)
        self.lookup.adapt_to(tokens for batch in documents for tokens in self.tokenizer.tokens(batch))

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Set the vocabulary from a list of words: for a model whose HDF5 file lost it, as they all do."""
        self.lookup.set_vocabulary(vocabulary, idf_weights)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """Return the tokens in the order of their ids."""
        return self.lookup.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """Count the tokens, the special ones included."""
        return self.lookup.vocabulary_size()

    def load_asset(self, name: str, data: bytes) -> None:
        """Take the vocabulary from the archive's ``vocabulary.txt``; one that stands in the config goes before it."""
        self.lookup.load_asset(name, data)

    def save_asset(self, name: str) -> bytes | None:
        """Return ``vocabulary.txt``; a vocabulary that stands in the config has none."""
        return self.lookup.save_asset(name)

    # --- the function -----------------------------------------------------------------------------------------------

    def build(self, input_shape: Shape | None) -> None:
        """Declare the idf weights."""
        self.lookup.build(input_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch,) or (batch, 1) -> (batch, length), or (batch, depth)."""
        return (input_shape[0], self.output_sequence_length if self.output_mode == "int" else self.lookup.depth)

    def mixes_rows(self, *shapes: Any) -> bool:
        """Return whether sentences are padded to the longest one of the batch."""
        return self.output_mode == "int" and self.output_sequence_length is None

    def call(self, inputs: Any) -> Array:
        """Vectorize a string, or an array of strings."""
        texts, single = self.tokenizer.batch(inputs, self)
        length = self.output_sequence_length
        rows = [tokens[:length] for tokens in self.tokenizer.tokens(texts)]
        counts = np.array([*map(len, rows)], np.int64)
        ids = self.lookup.ids(list(chain.from_iterable(rows)))
        if self.output_mode == "int":
            y = np.zeros((len(rows), counts.max(initial=0) if length is None else length), np.int64)
            y[np.arange(y.shape[1]) < counts[:, None]] = ids
        else:
            y = self.lookup.bags(ids, np.repeat(np.arange(len(rows)), counts), len(rows))
        return y[0] if single else y


class _Lookup(StringLookup):
    """The lookup of a vectorization, whose name its errors say."""

    def __init__(self, owner: Layer, **options: Any) -> None:
        self.owner = owner
        super().__init__(**options)

    def __repr__(self) -> str:
        return repr(self.owner)
