"""Hashing gives tokens numbers without a vocabulary: the bucket that a hash of their letters falls in."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import integer
from core.errors import InputError
from core.layers.preprocessing.categorical import CategoricalLayer
from core.ops.hashing import farm_hash, join
from text.layers.lookup.tokens import buckets, read_salt, to_tokens

#: Where the hash of a crossing begins.
_START = 0xDECAFCAFFE


class _Hash(CategoricalLayer):
    """tokens -> bins from 0 to `num_bins` - 1, in the layer's own type, int64 where ids come out; or their encoding."""

    def __init__(self, num_bins: int, output_mode: str, sparse: bool, *, dtype: Any = None, **common: Any) -> None:
        super().__init__(output_mode, sparse, dtype=dtype or ("int64" if output_mode == "int" else None), **common)
        if output_mode == "int" and self.dtype.name not in {"int32", "int64"}:
            raise InputError(f"dtype must be int32 or int64 where ids come out, got {self.dtype.name!r}")
        self.num_bins = integer(num_bins, "num_bins")

    @property
    def depth(self) -> int:
        """As many as there are bins."""
        return self.num_bins

    def call(self, inputs: Any) -> Array:
        """Hash every token."""
        return self.encoded(self.bins(inputs), self.dtype.compute_dtype)

    def bins(self, inputs: Any) -> Array:
        """Return the bin of every token, int64."""
        raise NotImplementedError


class Hashing(_Hash):
    """y = FarmHash(token) mod num_bins, or SipHash with `salt`; int64 in the shape of the input, or its encoding.

    Tokens are words or whole numbers. With `mask_value` the bin 0 is for it alone.
    Source: https://keras.io/api/layers/preprocessing_layers/categorical/hashing/
    """

    input_dtype = "int64"

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(num_bins, output_mode, sparse, **common)
        if mask_value is not None and not isinstance(mask_value, str):
            integer(mask_value, "mask_value", minimum=-(2**63), maximum=2**63 - 1)
        self.mask_value = mask_value.encode() if isinstance(mask_value, str) else mask_value
        self.salt = read_salt(salt)

    def bins(self, inputs: Any) -> Array:
        """Hash every token; that of `mask_value` is 0."""
        tokens = to_tokens(inputs, self)
        if self.mask_value is None or self.num_bins == 1:
            return buckets(tokens, self.num_bins, self.salt)
        if isinstance(self.mask_value, bytes) != (tokens.dtype == object):
            raise InputError(f"{self}: mask_value={self.mask_value!r} is not of the kind of its tokens")
        return np.where(tokens == self.mask_value, 0, buckets(tokens, self.num_bins - 1, self.salt) + 1)


class HashedCrossing(_Hash):
    """y = hash of several tokens together, mod num_bins: a list of (batch,) or (batch, 1) -> the same shape, or one-hot.

    A word enters by its FarmHash, a whole number as it is.
    Source: https://keras.io/api/layers/preprocessing_layers/categorical/hashed_crossing/
    """

    modes = ("int", "one_hot")

    def __init__(self, num_bins: int, output_mode: str = "int", sparse: bool = False, **common: Any) -> None:
        super().__init__(num_bins, output_mode, sparse, **common)

    def compute_output_shape(self, input_shape: Any, *others: Any, **named: Any) -> Shape:
        """The shape of one input stays, or is that of the encoding."""
        if not isinstance(input_shape, list | tuple) or len(input_shape) < 2:
            raise InputError("takes a list of two inputs or more")
        shape: Shape = tuple(input_shape[0])
        if any(len(other) != len(shape) for other in input_shape) or len(shape) > 2 or shape[1:] not in ((), (1,)):
            raise InputError(f"takes inputs of shape (batch,) or (batch, 1), got {input_shape}")
        return super().compute_output_shape(shape)

    def bins(self, inputs: Any) -> Array:
        """Hash the tokens of each row together."""
        columns = [to_tokens(column, self) for column in inputs]
        ids = np.empty(columns[0].shape, np.int64)
        for position in np.ndindex(ids.shape):
            joined = _START
            for column in columns:
                token: Any = column[position]
                joined = join(joined, farm_hash(token) if isinstance(token, bytes) else int(token) % 2**64)
            ids[position] = joined % self.num_bins
        return ids
