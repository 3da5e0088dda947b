"""The network that is trained: blocks of 3x3 "same" convolutions with a 2x2 pooling after each, then two dense layers.

With the defaults (six convolutions, filters 32-64-128)::

    x / 255 -> [conv 32, conv 32, pool] -> [conv 64, conv 64, pool] -> [conv 128, conv 128, pool] -> dense 128 -> dense 10

The blocks of two convolutions with ReLU follow Simonyan & Zisserman (2015), "Very deep convolutional networks". Pixels are
scaled in one place, the model's first layer, so a saved model takes pixels from 0 to 255.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras

from vision.options import ModelOptions

#: By number of convolutions: how many of them each block has.
BLOCKS = {2: (1, 1), 4: (2, 2), 6: (2, 2, 2)}


def build_cnn(
    *, options: ModelOptions, augmentation: bool, image_shape: tuple[int, int, int], classes: int, seed: int
) -> keras.Sequential:
    """Build the untrained network: pixels (n, height, width, channels) in 0..255 -> probabilities (n, classes)."""
    layers = [keras.Input(image_shape, name="image"), keras.layers.Rescaling(1 / 255, name="scale")]
    if augmentation:
        layers += _augmentation(seed)
    for number, (convolutions, filters) in enumerate(
        zip(BLOCKS[options.conv_layers], options.filters, strict=False), 1
    ):
        for position in range(1, convolutions + 1):
            layers += _convolution(options, filters, f"block{number}_conv{position}")
        layers.append(_POOLING[options.pooling](2, name=f"block{number}_pool"))
        layers += _dropout(options, f"block{number}_dropout")
    layers.append(keras.layers.Flatten(name="flatten"))
    layers.append(keras.layers.Dense(options.dense_units, activation="relu", name="dense"))
    layers += _dropout(options, "dense_dropout")
    layers.append(keras.layers.Dense(classes, activation="softmax", name="probabilities"))
    return keras.Sequential(layers, name="cnn")


def _convolution(options: ModelOptions, filters: int, name: str) -> Iterator[keras.layers.Layer]:
    """Convolution and ReLU, with normalisation between the two if asked for (its shift then stands for the bias)."""
    if not options.batch_norm:
        yield keras.layers.Conv2D(filters, options.kernel_size, padding="same", activation="relu", name=name)
        return
    yield keras.layers.Conv2D(filters, options.kernel_size, padding="same", use_bias=False, name=name)
    yield keras.layers.BatchNormalization(name=f"{name}_norm")
    yield keras.layers.Activation("relu", name=f"{name}_relu")


def _dropout(options: ModelOptions, name: str) -> Iterator[keras.layers.Layer]:
    if options.dropout > 0:
        yield keras.layers.Dropout(options.dropout, name=name)


def _augmentation(seed: int) -> Iterator[keras.layers.Layer]:
    """Mirror and shift by up to an eighth (4 of 32 pixels), as He et al. (2016), section 4.2, do on CIFAR-10."""
    yield keras.layers.RandomFlip("horizontal", seed=seed, name="flip")
    yield keras.layers.RandomTranslation(0.125, 0.125, fill_mode="constant", seed=seed, name="shift")


_POOLING = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}
