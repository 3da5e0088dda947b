"""Rows of convolutional LSTMs."""

import keras
import numpy as np
from rows import Row

LAYERS = keras.layers
LINES, VIDEO = (2, 3, 7, 2), (2, 3, 5, 4, 2)
SHOWN = np.array([[True, False, True], [False, True, True]])
STATE = [np.random.default_rng(3).normal(size=(2, 4, 3, 3)) for _ in range(2)]
DRAWN = {"GradientTape": "TensorFlow draws other numbers"}


def continued(**options):
    """A layer begins with the state in which another one ended."""
    first, second = LAYERS.ConvLSTM2D(**options, return_state=True), LAYERS.ConvLSTM2D(**options, return_sequences=True)

    def call(x):
        output, *state = first(x)
        return [output, second(x, initial_state=state)]

    return call


ROWS = [
    Row(continued, {"filters": 2, "kernel_size": 3, "padding": "same"}, VIDEO),
    *(
        Row(layer, {"filters": 3} | options, shape, call)
        for layer, options, shape in [
            (LAYERS.ConvLSTM1D, {"kernel_size": 3, "strides": 2}, LINES),
            (LAYERS.ConvLSTM1D, {"kernel_size": 2, "padding": "same", "return_sequences": True, "dilation_rate": 2}, LINES),
            (LAYERS.ConvLSTM2D, {"kernel_size": 2, "return_sequences": True, "return_state": True}, VIDEO),
            (LAYERS.ConvLSTM2D, {"kernel_size": 3, "padding": "same", "use_bias": False, "go_backwards": True}, VIDEO),
            (LAYERS.ConvLSTM2D, {"kernel_size": 2, "recurrent_activation": "hard_sigmoid"}, VIDEO),
        ]
        for call in ({}, {"mask": SHOWN})
    ),
    Row(LAYERS.ConvLSTM2D, {"filters": 3, "kernel_size": 3}, VIDEO),
    Row(LAYERS.ConvLSTM2D, {"filters": 3, "kernel_size": (2, 3), "padding": "same", "return_sequences": True}, VIDEO),
    Row(LAYERS.ConvLSTM2D, {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, VIDEO),
    Row(LAYERS.ConvLSTM2D, {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "go_backwards": True}, VIDEO),
    Row(LAYERS.ConvLSTM2D, {"filters": 2, "kernel_size": 2, "use_bias": False, "activation": "relu"}, VIDEO),
    Row(
        LAYERS.ConvLSTM2D, {"filters": 3, "kernel_size": 2, "return_state": True}, VIDEO, {"initial_state": STATE},
        within={"float16": (3e-3, "every step rounds the state to halves")},
    ),
    Row(LAYERS.ConvLSTM1D, {"filters": 3, "kernel_size": 3, "return_sequences": True}, LINES),
    Row(LAYERS.ConvLSTM1D, {"filters": 3, "kernel_size": 2, "dropout": 0.4}, LINES, without=DRAWN),
    Row(LAYERS.ConvLSTM2D, {"filters": 3, "kernel_size": 2, "recurrent_dropout": 0.4}, VIDEO, without=DRAWN),
    Row(LAYERS.ConvLSTM2D, {"filters": 2, "kernel_size": 2, "dropout": 0.4, "recurrent_dropout": 0.3}, VIDEO, without=DRAWN),
    Row(LAYERS.ConvLSTM3D, {"filters": 2, "kernel_size": 2, "return_state": True}, (2, 3, 3, 4, 3, 2)),
]  # fmt: skip
