"""RNN runs any cell over time, or a list of cells, one above the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from core.errors import InputError
from core.layers.recurrent.rnn import Recurrent
from core.layers.registry import build_layer
from text.layers.recurrent.stacked import StackedRNNCells


class RNN(Recurrent):
    """Any cell over time: (batch, time, inputs) -> (batch, units), or (batch, time, units) with `return_sequences`.

    `cell` is a layer with a `state_size`, or a list of such; the options, sequences, states and masks are those of
    `core.layers.recurrent.rnn.Recurrent`. Source: https://keras.io/api/layers/recurrent_layers/rnn/
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(
            StackedRNNCells(cell) if isinstance(cell, list | tuple) else cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            **common,
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the layer, and its cell or list of cells where the config describes one."""
        cell = config.get("cell")
        if isinstance(cell, Mapping):
            config = {**config, "cell": build_layer(cell)}
        elif isinstance(cell, list) and all(isinstance(entry, Mapping) for entry in cell):
            config = {**config, "cell": [build_layer(entry) for entry in cell]}
        return super().from_config(config)


def check_use_cudnn(value: object) -> None:
    """Accept what Keras accepts: which kernel a GPU runs is not what is computed."""
    if value not in ("auto", True, False):
        raise InputError(f"use_cudnn must be 'auto', true or false, got {value!r}")
