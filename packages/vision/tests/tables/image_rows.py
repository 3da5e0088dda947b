"""Rows of convolution, pooling, borders, sizes and pixel ranges over images and volumes."""

import keras
import numpy as np
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
from rows import Row

LAYERS = keras.layers
FIRST = {"data_format": "channels_first"}
IMAGES, SMALL, FEW, TURNED = (3, 8, 7, 4), (2, 6, 5, 3), (2, 4, 5, 3), (2, 3, 4, 5)
VOLUMES, SMALL_VOLUMES = (2, 5, 4, 6, 2), (2, 3, 4, 3, 2)

CONVOLUTIONS = [
    Row(LAYERS.Conv2D, {"filters": 5, "kernel_size": 3}, IMAGES),
    Row(LAYERS.Conv2D, {"filters": 5, "kernel_size": (3, 2), "padding": "same", "activation": "relu"}, IMAGES),
    Row(LAYERS.Conv2D, {"filters": 4, "kernel_size": (2, 3), "padding": "same", "activation": "elu"}, SMALL),
    Row(LAYERS.Conv2D, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}, (3, 4, 4, 4)),
    Row(LAYERS.Conv2D, {"filters": 4, "kernel_size": 3, "strides": (2, 1), "padding": "same"}, SMALL),
    Row(LAYERS.Conv2D, {"filters": 5, "kernel_size": 4, "strides": 2, "padding": "same"}, IMAGES),
    Row(LAYERS.Conv2D, {"filters": 5, "kernel_size": 3, "strides": (2, 1), "use_bias": False}, IMAGES),
    Row(LAYERS.Conv2D, {"filters": 4, "kernel_size": 2, "strides": 3, "use_bias": False}, (2, 7, 5, 3)),
    Row(LAYERS.Conv2D, {"filters": 5, "kernel_size": 3, "dilation_rate": (2, 3), "padding": "same"}, IMAGES),
    Row(LAYERS.Conv2D, {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "padding": "same"}, SMALL),
    Row(LAYERS.Conv2D, {"filters": 6, "kernel_size": 3, "groups": 2, "padding": "same"}, IMAGES),
    Row(LAYERS.Conv2D, {"filters": 6, "kernel_size": 3, "groups": 2, "strides": 2}, (2, 6, 5, 4)),
    Row(LAYERS.Conv2D, {"filters": 6, "kernel_size": 3, "groups": 3}, SMALL),
    Row(LAYERS.Conv2D, {"filters": 8, "kernel_size": 3, "groups": 4}, IMAGES),
    Row(LAYERS.Conv2D, {"filters": 5, "kernel_size": 1, "activation": "softmax"}, IMAGES),
    Row(LAYERS.Conv2D, {"filters": 4, "kernel_size": 1}, SMALL),
    Row(LAYERS.Conv2D, {"filters": 5, "kernel_size": 1, "strides": 3, "padding": "same"}, IMAGES),
    Row(LAYERS.Conv2D, {"filters": 5, "kernel_size": (8, 7)}, IMAGES),
    Row(LAYERS.DepthwiseConv2D, {"kernel_size": 3}, IMAGES),
    Row(LAYERS.DepthwiseConv2D, {"kernel_size": 3, "padding": "same"}, SMALL),
    Row(LAYERS.DepthwiseConv2D, {"kernel_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    Row(LAYERS.DepthwiseConv2D, {"kernel_size": 3, "strides": 2, "depth_multiplier": 2}, (2, 7, 7, 3)),
    Row(LAYERS.DepthwiseConv2D, {"kernel_size": (2, 3), "depth_multiplier": 3, "activation": "relu6"}, IMAGES),
    Row(LAYERS.DepthwiseConv2D, {"kernel_size": 3, "dilation_rate": 2, "padding": "same", "use_bias": False}, IMAGES),
    Row(LAYERS.DepthwiseConv2D, {"kernel_size": 3, "dilation_rate": 2, "strides": 2, "padding": "same"}, IMAGES),
    Row(LAYERS.SeparableConv2D, {"filters": 5, "kernel_size": 3}, IMAGES),
    Row(LAYERS.SeparableConv2D, {"filters": 5, "kernel_size": 3, "padding": "same", "activation": "relu"}, IMAGES),
    Row(LAYERS.SeparableConv2D, {"filters": 5, "kernel_size": 2, "strides": 2, "depth_multiplier": 2}, IMAGES),
    Row(LAYERS.SeparableConv2D, {"filters": 4, "kernel_size": 3, "padding": "same", "depth_multiplier": 2}, SMALL),
    Row(LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": 3, "strides": 2}, IMAGES),
    Row(LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    Row(LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": (4, 3), "strides": (2, 3), "activation": "relu"}, IMAGES),
    Row(LAYERS.Conv2DTranspose, {"filters": 4, "kernel_size": (3, 2), "strides": (1, 3)}, (2, 4, 3, 3)),
    Row(LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": 2, "strides": 3, "use_bias": False}, IMAGES),
    Row(LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 1}, IMAGES),
    Row(LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": 3, "strides": 3, "output_padding": (2, 0)}, IMAGES),
    Row(LAYERS.Conv3D, {"filters": 3, "kernel_size": 2, "padding": "same"}, VOLUMES),
    Row(LAYERS.Conv3D, {"filters": 3, "kernel_size": (2, 1, 3), "strides": 2}, VOLUMES),
    Row(LAYERS.Conv3DTranspose, {"filters": 3, "kernel_size": 2, "strides": 2}, SMALL_VOLUMES),
]  # fmt: skip

FLOAT32_ALONE = dict.fromkeys(("float64", "float16", "GradientTape"), "TensorFlow pools volumes in float32 alone")
POOLING = [
    Row(LAYERS.MaxPooling2D, {}, IMAGES),
    Row(LAYERS.MaxPooling2D, {"pool_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    Row(LAYERS.MaxPooling2D, {"pool_size": (2, 3), "strides": (1, 2), **FIRST}, IMAGES),
    Row(LAYERS.AveragePooling2D, {"pool_size": 2}, SMALL),
    Row(LAYERS.AveragePooling2D, {"pool_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    Row(LAYERS.AveragePooling2D, {"pool_size": (3, 2), "strides": 1, "padding": "same"}, SMALL),
    Row(LAYERS.AveragePooling2D, {"pool_size": (3, 2), **FIRST}, IMAGES),
    Row(LAYERS.GlobalMaxPooling2D, {}, IMAGES),
    Row(LAYERS.GlobalMaxPooling2D, FIRST, TURNED),
    Row(LAYERS.GlobalMaxPooling2D, {"keepdims": True, **FIRST}, IMAGES),
    Row(LAYERS.GlobalMaxPooling3D, {}, SMALL_VOLUMES),
    Row(LAYERS.GlobalAveragePooling2D, {}, IMAGES),
    Row(LAYERS.GlobalAveragePooling2D, {"keepdims": True}, IMAGES),
    Row(LAYERS.GlobalAveragePooling2D, FIRST, IMAGES),
    Row(LAYERS.GlobalAveragePooling3D, {}, SMALL_VOLUMES),
    Row(LAYERS.AdaptiveMaxPooling2D, {"output_size": (3, 5)}, IMAGES),
    Row(LAYERS.AdaptiveMaxPooling2D, {"output_size": (2, 3)}, SMALL),
    Row(LAYERS.AdaptiveAveragePooling2D, {"output_size": (2, 3)}, SMALL),
    Row(LAYERS.AdaptiveAveragePooling2D, {"output_size": 3, **FIRST}, IMAGES),
    *(
        Row(layer, options, shape, without=FLOAT32_ALONE)
        for layer, options, shape in [
            (LAYERS.MaxPooling3D, {"pool_size": 2}, VOLUMES),
            (LAYERS.MaxPooling3D, {"pool_size": 2, "padding": "same"}, (2, 5, 4, 5, 2)),
            (LAYERS.AveragePooling3D, {"pool_size": 2}, VOLUMES),
            (LAYERS.AveragePooling3D, {"pool_size": (2, 3, 2), "strides": 1, "padding": "same"}, (2, 5, 4, 5, 2)),
            (LAYERS.AdaptiveMaxPooling3D, {"output_size": 2}, SMALL_VOLUMES),
            (LAYERS.AdaptiveAveragePooling3D, {"output_size": (2, 4, 1)}, SMALL_VOLUMES),
        ]
    ),
]

DRAWN = {"GradientTape": "TensorFlow draws other numbers"}
PIXELS = [
    Row(LAYERS.ZeroPadding2D, {}, IMAGES),
    Row(LAYERS.ZeroPadding2D, FIRST, TURNED),
    Row(LAYERS.ZeroPadding2D, {"padding": (2, 1)}, IMAGES),
    Row(LAYERS.ZeroPadding2D, {"padding": ((1, 2), (0, 3))}, FEW),
    Row(LAYERS.ZeroPadding2D, {"padding": ((0, 1), (2, 3)), **FIRST}, IMAGES),
    Row(LAYERS.ZeroPadding3D, {"padding": (1, 0, 2)}, SMALL_VOLUMES),
    Row(LAYERS.Cropping2D, {}, IMAGES),
    Row(LAYERS.Cropping2D, {"cropping": 1}, IMAGES),
    Row(LAYERS.Cropping2D, {"cropping": ((1, 1), (0, 3))}, FEW),
    Row(LAYERS.Cropping2D, {"cropping": 1, **FIRST}, TURNED),
    Row(LAYERS.Cropping2D, {"cropping": ((0, 2), (1, 0)), **FIRST}, (3, 4, 8, 7)),
    Row(LAYERS.Cropping3D, {}, SMALL_VOLUMES),
    Row(LAYERS.UpSampling2D, {}, IMAGES),
    Row(LAYERS.UpSampling2D, FIRST, TURNED),
    Row(LAYERS.UpSampling2D, {"size": (2, 3)}, FEW),
    Row(LAYERS.UpSampling2D, {"size": (2, 3), **FIRST}, IMAGES),
    Row(LAYERS.UpSampling3D, {}, (2, 2, 3, 2, 2)),
    Row(LAYERS.UpSampling3D, {"size": (1, 2, 3)}, SMALL_VOLUMES),
    Row(LAYERS.BatchNormalization, {}, FEW),
    Row(LAYERS.BatchNormalization, {"axis": 1}, TURNED),
    Row(LAYERS.Rescaling, {"scale": 1 / 255}, IMAGES),
    Row(LAYERS.Rescaling, {"scale": 0.5}, IMAGES),
    Row(LAYERS.Rescaling, {"scale": 1 / 127.5, "offset": -1}, IMAGES),
    Row(LAYERS.Rescaling, {"scale": [0.25, 0.5, 2.0]}, FEW),
    Row(LAYERS.Rescaling, {"scale": [0.1, 0.2, 0.3, 0.4], "offset": [1.0, 2.0, 3.0, 4.0]}, IMAGES),
    Row(LAYERS.Rescaling, {"scale": np.array([0.1, 0.2, 0.3, 0.4]), "offset": 0.5}, IMAGES),
    Row(LAYERS.SpatialDropout2D, {"rate": 0.3}, SMALL, without=DRAWN),
    Row(LAYERS.SpatialDropout3D, {"rate": 0.3}, VOLUMES, without=DRAWN),
    Row(LayerScale, {"init_values": 0.1, "projection_dim": 3}, FEW),
    Row(CustomScaleLayer, {"scale": 0.17}, [FEW, FEW]),
    Row(StochasticDepth, {"drop_path_rate": 0.3}, FEW, without=DRAWN),
]

#: TensorFlow interpolates in float32, and so do we: the gradients stand in test_gradients.py.
INTERPOLATED = dict.fromkeys(("float64", "float16", "GradientTape", "differences"), "it is interpolated in float32")
RESIZING = [
    Row(layer, options, IMAGES, without=INTERPOLATED)
    for layer, options in [
        *(
            (LAYERS.UpSampling2D, size | {"interpolation": name})
            for name in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
            for size in ({"size": (2, 3)}, {"size": 3, **FIRST})
        ),
        (LAYERS.Resizing, {"height": 5, "width": 9}),
        (LAYERS.Resizing, {"height": 16, "width": 3, "interpolation": "nearest"}),
        (LAYERS.Resizing, {"height": 5, "width": 4, "antialias": True}),
        (LAYERS.Resizing, {"height": 5, "width": 12, "interpolation": "bicubic"}),
        (LAYERS.Resizing, {"height": 5, "width": 12, "interpolation": "bicubic", "antialias": True}),
        (LAYERS.Resizing, {"height": 5, "width": 12, "interpolation": "lanczos3"}),
        (LAYERS.Resizing, {"height": 5, "width": 9, **FIRST}),
        (LAYERS.Resizing, {"height": 5, "width": 9, "crop_to_aspect_ratio": True}),
        (LAYERS.Resizing, {"height": 9, "width": 4, "crop_to_aspect_ratio": True, "interpolation": "nearest"}),
        (LAYERS.Resizing, {"height": 5, "width": 9, "pad_to_aspect_ratio": True, "fill_value": 0.5}),
        (LAYERS.Resizing, {"height": 9, "width": 3, "pad_to_aspect_ratio": True}),
        (LAYERS.CenterCrop, {"height": 5, "width": 4}),
        (LAYERS.CenterCrop, {"height": 8, "width": 7}),
        (LAYERS.CenterCrop, {"height": 12, "width": 5}),
        (LAYERS.CenterCrop, {"height": 5, "width": 9}),
        (LAYERS.CenterCrop, {"height": 5, "width": 3, **FIRST}),
        (LAYERS.CenterCrop, {"height": 9, "width": 9, **FIRST}),
    ]
]

ROWS = [*CONVOLUTIONS, *POOLING, *PIXELS, *RESIZING]
