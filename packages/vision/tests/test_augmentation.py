"""Augmentation in NumPy: what it does to single pixels, and that its draws follow the generator."""

import keras
import numpy as np
import pytest

from core import InputError
from vision.augmentation import chain, crop, cutout, flip, shift
from vision.layers import RandomFlip, RandomTranslation

X = np.random.default_rng(0).integers(1, 256, size=(64, 6, 8, 3), dtype=np.uint8)


def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("augment", [flip, shift, crop, cutout, chain(flip, crop, cutout)])
def test_augmentation_keeps_shape_and_type_and_follows_its_generator(augment):
    y = augment(X, rng())
    assert (y.shape, y.dtype) == (X.shape, X.dtype)
    np.testing.assert_array_equal(augment(X, rng()), y)
    assert not np.array_equal(y, X)


def test_images_are_mirrored_or_not():
    for name, axis in (("horizontal", 2), ("vertical", 1)):
        y = flip(X, rng(), **{"horizontal": False, "vertical": False, name: True})
        mirrored = [np.array_equal(image, other) for image, other in zip(y, np.flip(X, axis=axis), strict=True)]
        kept = [np.array_equal(image, other) for image, other in zip(y, X, strict=True)]
        assert all(a != b for a, b in zip(mirrored, kept, strict=True))
        assert 16 < sum(mirrored) < 48


def test_a_crop_is_a_window_of_the_image_with_its_border():
    wide = np.pad(X, ((0, 0), (2, 2), (2, 2), (0, 0)))
    for image, other in zip(crop(X, rng(), padding=2), wide, strict=True):
        windows = [other[top : top + 6, left : left + 8] for top in range(5) for left in range(5)]
        assert any(np.array_equal(image, window) for window in windows)


def test_a_cutout_is_a_square():
    for image, other in zip(cutout(X, rng(), size=4), X, strict=True):
        rows, columns = np.nonzero((image == 0).all(axis=-1))
        assert 2 <= np.ptp(rows) + 1 <= 4
        assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        np.testing.assert_array_equal(image[image > 0], other[image > 0])


def test_a_shift_is_that_of_keras():
    """Keras draws other distances; so one distance for all, which both are told."""
    x = X.astype(np.float32)

    class Fixed:
        def uniform(self, low, high, size):
            return np.full(size, 0.7 * high)

    expected = keras.ops.image.affine_transform(
        x, np.tile(np.float32([1, 0, -0.7 * 0.25 * 8, 0, 1, -0.7 * 0.5 * 6, 0, 0]), (len(x), 1)), fill_mode="constant"
    )
    np.testing.assert_allclose(shift(x, Fixed(), height=0.5, width=0.25), expected, atol=1e-3)  # of 255


def test_the_layers_change_images_in_training_alone():
    for layer, function in (
        (RandomFlip("horizontal"), flip),
        (RandomTranslation(0.125, 0.125, fill_mode="constant"), shift),
    ):
        x = X.astype(np.float32)
        np.testing.assert_array_equal(layer.forward(x, training=True, rng=rng()), function(x, rng()))
        np.testing.assert_array_equal(layer.forward(x), x)
        with pytest.raises(InputError, match="pass rng"):
            layer.forward(x, training=True)
    with pytest.raises(InputError, match="at least one"):
        chain()
