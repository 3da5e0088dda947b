"""A layer of categories gives ids, or encodes them: one hot, all that occur, or how often each does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, one_of
from core.errors import InputError
from core.layers.base import Layer
from core.ops.encoding import MODES, encode, encoded_shape, merges_rows

#: What Keras called two of the modes before.
_OLD_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}


class CategoricalLayer(Layer):
    """y = ids in the shape of the input for ``output_mode="int"``, else `core.ops.encoding.encode` of them."""

    autocast = False
    #: What `output_mode` may be.
    modes: ClassVar[Sequence[str]] = ("int", *MODES)

    def __init__(self, output_mode: str, sparse: bool, **common: Any) -> None:
        super().__init__(**common)
        mode = _OLD_MODES.get(output_mode, output_mode) if isinstance(output_mode, str) else output_mode
        self.output_mode = one_of(mode, "output_mode", self.modes)
        if flag(sparse, "sparse"):
            raise InputError("sparse outputs are not supported: take the dense one")

    @property
    def depth(self) -> int | None:
        """How many categories there are; None where that is not known yet."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Shape, *others: Any, **named: Any) -> Shape:
        """The shape stays, or is that of the encoding."""
        return input_shape if self.output_mode == "int" else encoded_shape(input_shape, self.output_mode, self.depth)

    def mixes_rows(self, *shapes: Any) -> bool:
        """Return whether a batch of single categories is encoded as one row."""
        return merges_rows(shapes, self.output_mode)

    def encoded(self, ids: Array, dtype: np.dtype, weights: Array | None = None) -> Array:
        """Encode ids as `output_mode` says; "int" casts them."""
        if self.output_mode == "int":
            return ids.astype(dtype, copy=False)
        return encode(ids, self.output_mode, self.depth or 0, dtype, weights)
