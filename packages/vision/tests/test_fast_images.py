"""The fast form of networks over images gives the numbers of the plain one, whatever is folded into what."""

from __future__ import annotations

import tracemalloc

import keras
import numpy as np
import pytest
from compare import check_fast, kernels_of, reopen
from keras.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ReLU,
    Rescaling,
    ZeroPadding2D,
)  # fmt: skip


def randomise(model, rng):
    """Give weights as training starts with, so that what comes out stays near 1 however deep the network is."""
    for variable in model.weights:
        value = rng.normal(size=variable.shape) * np.sqrt(2 / max(1, np.prod(variable.shape[:-1])))
        variable.assign(np.abs(value) + 0.5 if "variance" in variable.path else value)


def cnn(pool, *, norm=False, kernel=3, padding="same", filters=(8, 16)):
    """Blocks of two convolutions, as the trained network has them."""
    for count in filters:
        for _ in range(2):
            yield Conv2D(count, kernel, padding=padding, activation=None if norm else "relu", use_bias=not norm)
            if norm:
                yield BatchNormalization()
                yield Activation("relu")
        yield pool(2)
        yield Dropout(0.5)
    yield Flatten()
    yield Dense(16, activation="relu")
    yield Dense(5, activation="softmax")


#: name: (shape of an image, layers, steps that are left of them)
LINES = {
    "max pooling": ((16, 16, 3), lambda: [Rescaling(1 / 255), *cnn(MaxPooling2D)], 7),
    "average pooling": ((16, 16, 3), lambda: cnn(AveragePooling2D), 9),
    "odd sizes": ((17, 21, 3), lambda: cnn(MaxPooling2D), 7),
    "without padding": ((17, 20, 2), lambda: cnn(MaxPooling2D, padding="valid"), 7),
    "normalised": ((12, 12, 3), lambda: cnn(MaxPooling2D, norm=True), 7),
    "large kernels": ((12, 12, 3), lambda: cnn(MaxPooling2D, kernel=5), 9),
    "even kernels": ((12, 13, 3), lambda: cnn(MaxPooling2D, kernel=(2, 4)), 9),
    "high kernels": ((12, 13, 3), lambda: cnn(MaxPooling2D, kernel=(3, 5)), 7),
    "flat kernels": ((12, 13, 3), lambda: cnn(MaxPooling2D, kernel=(1, 3)), 9),
    "strides": ((13, 14, 3), lambda: [Conv2D(4, 3, strides=2), Conv2D(6, (2, 3), (3, 2), padding="same")], 2),
    "wide strides": ((13, 17, 3), lambda: [Conv2D(4, (1, 2), strides=(1, 3), padding="same"), Conv2D(4, 1, 2)], 2),
    "one cell": ((6, 7, 3), lambda: [Conv2D(4, 1), BatchNormalization(), ReLU(6.0), Conv2D(5, 1)], 2),
    "one cell with a stride": ((6, 7, 3), lambda: [Conv2D(4, 1, 2, activation="relu6")], 1),
    "dilation down": ((14, 9, 3), lambda: [Conv2D(4, 3, dilation_rate=(2, 1), padding="same")], 1),
    "dilation across stays plain": ((9, 14, 3), lambda: [Conv2D(4, 3, dilation_rate=2)], 0),
    "groups stay plain": ((9, 9, 4), lambda: [Conv2D(4, 3, groups=2), Conv2D(4, 3)], 1),
    "border": ((11, 12, 3), lambda: [ZeroPadding2D(((0, 1), (2, 1))), Conv2D(4, 3, strides=2)], 1),
    "border in front of what pads": ((11, 12, 3), lambda: [ZeroPadding2D(1), Conv2D(4, 3, padding="same")], 2),
    "border and a wide window": ((11, 12, 3), lambda: [ZeroPadding2D(1), Conv2D(4, 3, activation="elu")], 1),
    "depthwise": ((10, 11, 4), lambda: [DepthwiseConv2D(3, padding="same"), BatchNormalization(), ReLU()], 1),
    "depthwise with strides": ((10, 11, 4), lambda: [ZeroPadding2D(((0, 1), (0, 1))), DepthwiseConv2D(3, 2)], 1),
    "depthwise, dilated": ((10, 11, 4), lambda: [DepthwiseConv2D(3, dilation_rate=2, activation="tanh")], 1),
    "other pooling": ((10, 11, 4), lambda: [MaxPooling2D(3, 2), AveragePooling2D((1, 2), (2, 1))], 2),
    "pooling before ReLU": ((10, 10, 8), lambda: [Conv2D(4, 3), MaxPooling2D(), ReLU()], 1),
    "pooling after a sigmoid": ((10, 10, 3), lambda: [Conv2D(4, 3, activation="sigmoid"), MaxPooling2D()], 2),
    "padded pooling stays plain": ((9, 9, 3), lambda: [MaxPooling2D(2, padding="same"), Conv2D(4, 3)], 1),
    "whole images": ((9, 8, 3), lambda: [Conv2D(4, 3), GlobalAveragePooling2D(keepdims=True), Conv2D(5, 1)], 3),
    "scaled and shifted": ((9, 8, 3), lambda: [Rescaling(1 / 127.5, -1), Conv2D(4, 3, padding="same")], 2),
    "normalised first": ((9, 8, 3), lambda: [BatchNormalization(), Conv2D(4, 3, padding="same")], 2),
    "softmax of pixels": ((9, 8, 3), lambda: [Conv2D(4, 3, activation="softmax"), Flatten()], 2),
    "dense on pixels": ((9, 8, 3), lambda: [Dense(4, activation="relu"), Conv2D(5, 3, padding="same")], 2),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_lines(name):
    shape, make, steps = LINES[name]
    keras_model = keras.Sequential([keras.Input(shape), *make()])
    randomise(keras_model, np.random.default_rng(1))
    model = reopen(keras_model)
    check_fast(model, np.random.default_rng(2).normal(size=(7, *shape)).astype(np.float32))
    kernels = kernels_of(model)
    assert len(kernels) - kernels.count("plain") == steps, kernels


def residual():
    """A residual block, a tensor with three readers, and a branch that is pooled away."""
    image = keras.Input((12, 12, 4))
    x = Conv2D(8, 3, padding="same", activation="relu")(image)
    y = Conv2D(8, 3, padding="same")(x)
    y = BatchNormalization()(y)
    y = Add()([x, y])
    z = Conv2D(8, 1)(MaxPooling2D()(x))
    return keras.Model(image, Concatenate()([Flatten()(ReLU()(y)), Flatten()(z)]))


def nested():
    """A model inside a model."""
    inner = keras.Sequential([keras.Input((12, 12, 4)), Conv2D(3, 3, activation="relu"), MaxPooling2D()])
    return keras.Sequential([keras.Input((12, 12, 4)), inner, Flatten(), Dense(3)])


def operations():
    """Raw operations between layers."""
    image = keras.Input((12, 12, 4))
    x = Conv2D(4, 3)(image * 2.0 - 1.0)
    return keras.Model(image, Dense(3)(keras.ops.mean(x, axis=(1, 2))))


@pytest.mark.parametrize("make", [residual, nested, operations])
def test_graphs(make):
    keras_model = make()
    randomise(keras_model, np.random.default_rng(1))
    check_fast(reopen(keras_model), np.random.default_rng(2).normal(size=(7, 12, 12, 4)).astype(np.float32))


@pytest.fixture(scope="module")
def model():
    keras_model = keras.Sequential([keras.Input((16, 16, 3)), Rescaling(1 / 255), *cnn(MaxPooling2D)])
    randomise(keras_model, np.random.default_rng(1))
    return reopen(keras_model)


def test_a_row_does_not_depend_on_its_neighbours(model):
    x = np.random.default_rng(3).uniform(0, 255, (301, 16, 16, 3)).astype(np.float32)
    expected = model.predict_proba(x)
    for rows in (slice(0, 1), slice(7, 24), slice(100, 301)):
        for threads in (1, 2, 3):
            found = model.predict_proba(x[rows], threads=threads)
            np.testing.assert_allclose(found, expected[rows], rtol=0, atol=1e-6)
    shuffled = np.random.default_rng(4).permutation(len(x))
    np.testing.assert_allclose(model.predict_proba(x[shuffled]), expected[shuffled], rtol=0, atol=1e-6)


def test_pixels_of_any_type(model):
    x = np.random.default_rng(3).integers(0, 256, (9, 16, 16, 3), dtype=np.uint8)
    expected = model.forward(x)
    for dtype in (np.uint8, np.int64, np.float64, np.float16):
        np.testing.assert_allclose(model.predict_proba(x.astype(dtype)), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("images", [4, 64])
def test_nothing_is_allocated_or_converted_while_a_tile_runs(model, images):
    """What is left are NumPy's own three buffers of 8,192 numbers, however many images there are, and the small softmax."""
    x = np.random.default_rng(3).uniform(0, 255, (images, 16, 16, 3)).astype(np.float32)
    engine = model.engine()
    with engine.run(x) as output:
        first = output.copy()
    tracemalloc.start()
    with engine.run(x) as output:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(output, first)
    assert peak < 3 * 8192 * 4 + 8 * 1024  # one image has 8 KiB in the first layer, 64 of them half a MiB
