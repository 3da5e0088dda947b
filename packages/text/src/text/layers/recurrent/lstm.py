"""An LSTM is its cell, whose equation stands in `core.layers.recurrent.lstm`, and the loop over time."""

from __future__ import annotations

from typing import Any

from core.layers.recurrent.lstm import LSTMCell
from text.layers.recurrent.rnn import RNN, check_use_cudnn


class LSTM(RNN):
    """An LSTMCell over time: (batch, time, inputs) -> (batch, units), or (batch, time, units).

    `options` are those of `RNN`. Source: https://keras.io/api/layers/recurrent_layers/lstm/
    """

    def __init__(
        self,
        units: int,
        activation: object = "tanh",
        recurrent_activation: object = "sigmoid",
        use_bias: bool = True,
        *,
        unit_forget_bias: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: object = None,
        implementation: int = 2,
        use_cudnn: object = "auto",
        **options: Any,
    ) -> None:
        check_use_cudnn(use_cudnn)
        cell = LSTMCell(
            units,
            activation,
            recurrent_activation,
            use_bias,
            unit_forget_bias=unit_forget_bias,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            implementation=implementation,
            dtype=options.get("dtype"),
            name="lstm_cell",
        )
        super().__init__(cell, **options)
