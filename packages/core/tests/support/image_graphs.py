"""Steps over images and films, for graphs of vision's layers."""

from __future__ import annotations

from typing import Any

from graphs import EVERYWHERE, INPUTS, LAYERS, STEPS, Draw, Recipe


def convolved(d: Draw, x: Any) -> Any:
    common = {"padding": d.one_of("same", "same", "valid") if min(x.shape[1:3]) > 3 else "same"}
    size, strides = (d.number(1, 3), d.number(1, 3)), d.number(1, 2)
    filters, use_bias = d.number(1, 4), d.flag()
    return d.pick(
        {
            "plain": lambda: LAYERS.Conv2D(
                filters, size, strides, activation=d.activation(), use_bias=use_bias, **common
            ),
            "dilated": lambda: LAYERS.Conv2D(filters, 2, dilation_rate=(d.number(1, 2), 2), padding="same"),
            "grouped": lambda: LAYERS.Conv2D(2 * x.shape[-1], size, groups=x.shape[-1], **common),
            "depthwise": lambda: LAYERS.DepthwiseConv2D(size, strides, depth_multiplier=d.number(1, 2), **common),
            "separable": lambda: LAYERS.SeparableConv2D(filters, size, depth_multiplier=d.number(1, 2), **common),
            "transposed": lambda: LAYERS.Conv2DTranspose(filters, size, strides, use_bias=use_bias, **common),
        }
    )(x)


def pooled(d: Draw, x: Any) -> Any:
    layer = d.one_of(LAYERS.MaxPooling2D, LAYERS.AveragePooling2D)
    return layer((d.number(1, 3), d.number(1, 3)), strides=d.one_of(None, 1, 2), padding="same")(x)


def resized(d: Draw, x: Any) -> Any:
    large = min(x.shape[1:3]) > 3
    return d.pick(
        {
            "pad": lambda: LAYERS.ZeroPadding2D(((d.number(0, 1), 1), (0, d.number(0, 2)))),
            "crop": lambda: LAYERS.Cropping2D(((1, 0), (d.number(0, 1), 1))) if large else LAYERS.Identity(),
            "up": lambda: LAYERS.UpSampling2D((2, 1), interpolation=d.one_of("nearest", "bilinear", "bicubic")),
            "resize": lambda: LAYERS.Resizing(
                d.number(3, 8), d.number(3, 8), d.one_of("bilinear", "nearest", "bicubic")
            ),
            "centre": lambda: LAYERS.CenterCrop(3, 3),
            "adaptive": lambda: LAYERS.AdaptiveAveragePooling2D((3, 2)),
            "rescale": lambda: LAYERS.Rescaling(d.one_of(0.5, 2.0), offset=d.one_of(0.0, -0.5)),
            "drop": lambda: LAYERS.SpatialDropout2D(0.5),
        }
    )(x)


def gathered(d: Draw, x: Any) -> Any:
    """An image becomes a vector or a sequence."""
    return d.pick(
        {
            "average": lambda: LAYERS.GlobalAveragePooling2D()(x),
            "max": lambda: LAYERS.GlobalMaxPooling2D()(x),
            "flat": lambda: LAYERS.Flatten()(x),
            "rows": lambda: LAYERS.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x),
            "column": lambda: x[:, :, 0],
        }
    )


def filmed(d: Draw, x: Any) -> Any:
    """Images seen one after another become one."""
    films = LAYERS.ConvLSTM1D if d.flag() else LAYERS.ConvLSTM2D
    film = x if films is LAYERS.ConvLSTM1D else LAYERS.Reshape((1, *x.shape[1:]))(x)
    return films(2, 2, padding="same", go_backwards=d.flag())(film)


IMAGES = Recipe(
    steps=STEPS | {4: [*EVERYWHERE[:-1], convolved, convolved, pooled, resized, gathered, filmed]},
    inputs={4: (6, 7, 2)},
)
BOTH = Recipe(steps=IMAGES.steps, inputs=INPUTS | IMAGES.inputs)
