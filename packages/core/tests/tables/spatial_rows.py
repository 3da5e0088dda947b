"""Rows of convolution, pooling and borders along one axis."""

import keras
import numpy as np
from elementwise_rows import MASK
from mask_zeros import MaskZeros
from rows import Row, inside

LAYERS = keras.layers
FIRST = {"data_format": "channels_first"}
TEXT, TURNED = (3, 9, 4), (3, 4, 9)
PADDED = np.random.default_rng(0).normal(size=(3, 4, 6))
PADDED[0, 2:] = PADDED[1, 1] = 0

ROWS = [
    Row(LAYERS.Conv1D, {"filters": 5, "kernel_size": 3}, TEXT),
    Row(LAYERS.Conv1D, {"filters": 4, "kernel_size": 3, "activation": "tanh"}, (3, 7, 2)),
    Row(LAYERS.Conv1D, {"filters": 5, "kernel_size": 4, "strides": 2, "padding": "same"}, TEXT),
    Row(LAYERS.Conv1D, {"filters": 4, "kernel_size": 4, "padding": "same", "strides": 3, "use_bias": False}, (3, 8, 2)),
    Row(LAYERS.Conv1D, {"filters": 5, "kernel_size": 3, "padding": "causal", "dilation_rate": 3}, TEXT),
    Row(LAYERS.Conv1D, {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, (3, 7, 2)),
    Row(LAYERS.Conv1D, {"filters": 5, "kernel_size": 3, "padding": "causal", "strides": 2}, TEXT),
    Row(LAYERS.Conv1D, {"filters": 6, "kernel_size": 3, "groups": 2, "use_bias": False}, TEXT),
    Row(LAYERS.Conv1D, {"filters": 4, "kernel_size": 2, "groups": 2}, (3, 7, 6)),
    Row(LAYERS.Conv1D, {"filters": 8, "kernel_size": 3, "groups": 4, "activation": "relu"}, TEXT),
    Row(LAYERS.Conv1D, {"filters": 5, "kernel_size": 1, "activation": "softmax"}, TEXT),
    Row(LAYERS.DepthwiseConv1D, {"kernel_size": 3, "depth_multiplier": 2, "padding": "same"}, TEXT),
    Row(LAYERS.DepthwiseConv1D, {"kernel_size": 3, "dilation_rate": 2, **FIRST}, TURNED),
    Row(LAYERS.SeparableConv1D, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}, TEXT),
    Row(LAYERS.SeparableConv1D, {"filters": 4, "kernel_size": 3, "strides": 2}, (3, 8, 2)),
    Row(LAYERS.SeparableConv1D, {"filters": 5, "kernel_size": 2, "depth_multiplier": 3, "activation": "tanh"}, TEXT),
    Row(LAYERS.Conv1DTranspose, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}, (3, 7, 4)),
    Row(LAYERS.Conv1DTranspose, {"filters": 5, "kernel_size": 2, "strides": 3}, (3, 7, 4)),
    Row(LAYERS.Conv1DTranspose, {"filters": 4, "kernel_size": 3, "strides": 2, "output_padding": 1}, (3, 4, 2)),
    Row(LAYERS.MaxPooling1D, {}, TEXT),
    Row(LAYERS.MaxPooling1D, {"pool_size": 3, "strides": 2, "padding": "same"}, TEXT),
    Row(LAYERS.MaxPooling1D, {"pool_size": 2, **FIRST}, TURNED),
    Row(LAYERS.AveragePooling1D, {"pool_size": 3, "strides": 2, "padding": "same"}, TEXT),
    Row(LAYERS.GlobalMaxPooling1D, {"keepdims": True}, TEXT),
    Row(LAYERS.GlobalMaxPooling1D, FIRST, TURNED),
    Row(LAYERS.GlobalAveragePooling1D, {}, TEXT),
    Row(LAYERS.GlobalAveragePooling1D, {"keepdims": True, **FIRST}, TURNED),
    *(
        row
        for options in ({}, {"keepdims": True})
        for row in (
            Row(LAYERS.GlobalAveragePooling1D, options, (3, 4, 5), call={"mask": MASK}),
            Row(LAYERS.GlobalAveragePooling1D, options, PADDED, before=[inside(MaskZeros)]),
        )
    ),
    Row(LAYERS.AdaptiveMaxPooling1D, {"output_size": 4}, TEXT),
    Row(LAYERS.AdaptiveMaxPooling1D, {"output_size": 3}, (3, 7, 2)),
    Row(LAYERS.AdaptiveAveragePooling1D, {"output_size": 5}, TEXT),
    Row(LAYERS.AdaptiveAveragePooling1D, {"output_size": 3}, (3, 7, 2)),
    Row(LAYERS.ZeroPadding1D, {"padding": (2, 1)}, TEXT),
    Row(LAYERS.ZeroPadding1D, {"padding": 3, **FIRST}, TURNED),
    Row(LAYERS.Cropping1D, {}, TEXT),
    Row(LAYERS.Cropping1D, {"cropping": (3, 0)}, TEXT),
    Row(LAYERS.Cropping1D, {"cropping": (1, 2)}, (3, 7, 2)),
    Row(LAYERS.UpSampling1D, {"size": 3}, TEXT),
]
