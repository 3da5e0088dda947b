"""A lookup numbers the tokens of a vocabulary, and back: what `StringLookup` and `IntegerLookup` have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, integer, number, one_of
from core.errors import InputError, WeightMismatchError
from core.layers.base import Layer
from core.ops.encoding import MODES, encode, encoded_shape, merges_rows
from text.layers.lookup.tokens import Token, read_salt, to_tokens
from text.layers.vectorization.bags import front_and_back

#: An id that no encoding has a place for: the mask has none where bags come out.
_NOWHERE = 2**63 - 1


class IndexLookup(Layer):
    """token -> id: [mask 0,] `num_oov_indices` ids for unknown tokens, then the vocabulary in its order.

    int: ids in the shape of the input, int64. one_hot, multi_hot, count: as `core.ops.encoding.encode`, int64, without an
    id for the mask. tf_idf: count * idf_weights. With `invert` ids become tokens again. Several ids for unknown tokens
    share them by hash; with none an unknown token is an error. Parameter with tf_idf: idf_weights (depth,).
    The vocabulary is in the config or in the archive's ``vocabulary.txt``; a path is refused: it would read other files.
    Source: `index_lookup.py` in https://github.com/keras-team/keras/tree/master/keras/src/layers/preprocessing
    """

    autocast = False
    input_dtype = "int64"
    assets = ("vocabulary.txt",)
    named_in_files = frozenset({"idf_weights"})

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
        super().__init__(**{key: value for key, value in common.items() if key != "dtype"})
        if flag(sparse, "sparse"):
            raise InputError("sparse outputs are not supported: take the dense one")
        flag(has_input_vocabulary, "has_input_vocabulary")  # Keras 2: where the vocabulary came from
        self.max_tokens = None if max_tokens is None else integer(max_tokens, "max_tokens", minimum=2)
        self.num_oov_indices = integer(num_oov_indices, "num_oov_indices", minimum=0, maximum=10_000)
        self.mask_token = None if mask_token is None else self.read_token(mask_token)
        self.oov_token = None if oov_token is None else self.read_token(oov_token)
        self.invert = flag(invert, "invert")
        output_mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)
        self.output_mode = one_of(output_mode, "output_mode", ("int", *MODES, "tf_idf"))
        if self.invert and self.output_mode != "int":
            raise InputError(f"invert needs output_mode='int', got {output_mode!r}")
        self.pad_to_max_tokens = flag(pad_to_max_tokens, "pad_to_max_tokens")
        if self.pad_to_max_tokens and max_tokens is None:
            raise InputError("pad_to_max_tokens needs max_tokens")
        self.salt = read_salt(salt)
        self._expected_size = (
            None if vocabulary_size is None else integer(vocabulary_size, "vocabulary_size", minimum=0)
        )
        self.words: list[Token] | None = None
        self._fixed = vocabulary is not None
        if self._fixed:
            self._take_config(vocabulary, idf_weights)
        elif idf_weights is not None:
            raise InputError("idf_weights without a vocabulary")

    # --- what the two kinds differ in ---------------------------------------------------------------------------------

    def read_token(self, value: object) -> Token:
        """Check one token of a config."""
        raise NotImplementedError

    def read_file(self, data: bytes) -> list[Token]:
        """Read ``vocabulary.txt``."""
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

    def given_back(self, tokens: Array) -> Array:
        """Return the tokens of ids in the type that Keras gives them. Raises `InputError` where one is None."""
        raise NotImplementedError

    # --- the vocabulary ---------------------------------------------------------------------------------------------

    @property
    def special(self) -> list[Token | None]:
        """What the ids before the vocabulary stand for."""
        mask: list[Token | None] = (
            [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        )
        return [*mask, *[self.oov_token] * self.num_oov_indices]

    @property
    def special_count(self) -> int:
        """How many there are."""
        return self.num_oov_indices + (self.mask_token is not None and self.output_mode == "int")

    @property
    def depth(self) -> int | None:
        """The width of an encoding; None where the vocabulary is not there yet."""
        if self.pad_to_max_tokens:
            return self.max_tokens
        return self._expected_size if self.words is None else self.special_count + len(self.words)

    def take(self, tokens: Sequence[Token]) -> None:
        """Set the vocabulary; the special tokens may stand before it, all or none."""
        count = self.special_count
        led = len(tokens) >= count and list(tokens[:count]) == self.special
        words = list(tokens[count:] if led else tokens)
        repeated = [token for token, count in Counter(words).items() if count > 1]
        if repeated or (self.mask_token is not None and self.mask_token in words):
            raise InputError(
                f"a vocabulary must name each token once, it repeats {(repeated[0] if repeated else self.mask_token)!r}"
            )
        if self.invert and self.oov_token is not None and self.oov_token in words:
            raise InputError(f"the token for the unknown, {self.oov_token!r}, must not be in the vocabulary")
        if self.max_tokens is not None and count + len(words) > self.max_tokens:
            raise InputError(f"max_tokens={self.max_tokens} cannot hold {count + len(words)} tokens")
        self.words = words
        self._index = {token: number for number, token in enumerate(words, start=count)}

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Set the vocabulary from a list: for a model whose HDF5 file lost it, as they all do."""
        self._take_config(vocabulary, idf_weights)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """Give the tokens in the order of their ids."""
        tokens = [*(self.special if include_special_tokens else []), *self._known()]
        return [self.show(token) for token in tokens]

    def load_asset(self, name: str, data: bytes) -> None:
        """Take the vocabulary from ``vocabulary.txt``; one that stands in the config goes before it."""
        if not self._fixed:
            try:
                self.take(self.read_file(data))
            except (InputError, ValueError) as error:
                raise WeightMismatchError(f"{self}: {name}: {error}") from error

    def save_asset(self, name: str) -> bytes | None:
        """Give ``vocabulary.txt``; a vocabulary that stands in the config has none."""
        del name
        if self._fixed:
            return None
        return b"\n".join(
            b"None" if token is None else self.write_token(token) for token in [*self.special, *self._known()]
        )

    def _take_config(self, vocabulary: Any, idf_weights: Any) -> None:
        if isinstance(vocabulary, str | bytes):
            raise InputError(f"vocabulary must be a list; a path ({vocabulary!r}) would read a file of this machine")
        if not isinstance(vocabulary, list | tuple | np.ndarray) or not len(vocabulary):
            raise InputError(f"vocabulary must be a list of tokens, got {str(vocabulary)[:100]}")
        given = [self.read_token(token) for token in vocabulary]
        self.take(given)
        if (self.output_mode == "tf_idf") != (idf_weights is not None):
            raise InputError("a vocabulary comes with idf_weights if, and only if, output_mode is 'tf_idf'")
        if idf_weights is not None:
            if not isinstance(idf_weights, list | tuple | np.ndarray) or len(idf_weights) != len(given):
                raise InputError(f"idf_weights must be {len(given)} numbers, one a token")
            weights = np.array([number(float(weight), "idf_weights") for weight in idf_weights])
            padding = self.special_count + len(self._known()) - len(given)
            self.build(None)
            self.assign("idf_weights", front_and_back(weights, padding, self.depth or 0))

    def _known(self) -> list[Token]:
        if self.words is None:
            raise WeightMismatchError(f"{self} has no vocabulary: the file must hold one, or the option vocabulary")
        return self.words

    # --- the function -----------------------------------------------------------------------------------------------

    def build(self, input_shape: Shape | None) -> None:
        """Declare the idf weights."""
        if self.output_mode == "tf_idf":
            self.declare("idf_weights", (self.depth,))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape stays, or is that of the encoding."""
        return input_shape if self.output_mode == "int" else encoded_shape(input_shape, self.output_mode, self.depth)

    def mixes_rows(self, *shapes: Any) -> bool:
        """Return whether a batch of single tokens is encoded as one row."""
        return merges_rows(shapes, self.output_mode)

    def call(self, inputs: Any) -> Array:
        """Look up every token, or with `invert` every id."""
        tokens = to_tokens(inputs, self)
        if self.invert:
            return self.given_back(self._back(tokens))
        ids = self._ids(tokens)
        if self.output_mode == "int":
            return ids
        if self.output_mode == "tf_idf":
            counts = encode(ids, "count", self.depth or 0, np.dtype(np.int64))
            return counts.astype(self.idf_weights.dtype) * self.idf_weights
        return encode(ids, self.output_mode, self.depth or 0, np.dtype(np.int64))

    def _ids(self, tokens: Array) -> Array:
        self._known()
        flat = tokens.reshape(-1)
        ids = np.array([self._index.get(token, -1) for token in flat.tolist()], dtype=np.int64)
        lost = ids == -1
        if self.mask_token is not None:
            masked = np.array([token == self.mask_token for token in flat.tolist()], dtype=bool)
            ids[masked] = 0 if self.output_mode == "int" else _NOWHERE
            lost &= ~masked
        if lost.any():
            if not self.num_oov_indices:
                raise InputError(f"{self} does not know the token {flat[lost][0]!r}, and has no id for unknown ones")
            first = self.special_count - self.num_oov_indices
            ids[lost] = first + (self.unknown(flat[lost]) if self.num_oov_indices > 1 else 0)
        return ids.reshape(tokens.shape)

    def _back(self, ids: Array) -> Array:
        """Give the token of every id; ids without one give the token for the unknown."""
        if ids.dtype == object:
            raise InputError(f"{self} expects ids, got words")
        words, before = self._known(), self.special_count
        found = np.empty(ids.shape, dtype=object)
        for place, number_ in np.ndenumerate(ids):
            index = int(number_)
            if index == 0 and self.mask_token is not None:
                found[place] = self.mask_token
            else:
                found[place] = words[index - before] if before <= index < before + len(words) else self.oov_token
        return found
