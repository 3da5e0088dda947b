"""Augmentation in training against Keras' formulas, and what no row of a table shows of it at inference."""

import keras
import numpy as np
import pytest
from augmentation_rows import IDENTITIES
from compare import assert_close, reopen

from core import InputError, UnsupportedLayerError
from vision import layers as ours

LAYERS = keras.layers


def images(dtype, options):
    rng = np.random.default_rng(0)
    if np.dtype(dtype).kind == "f" and tuple(options.get("value_range", (0, 255))) == (0, 1):
        return rng.uniform(size=(2, 8, 9, 3)).astype(dtype)
    return rng.integers(0, 256, size=(2, 8, 9, 3)).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
@pytest.mark.parametrize(("layer", "options"), IDENTITIES, ids=lambda value: getattr(value, "__name__", ""))
def test_augmentation_costs_nothing_at_inference_and_draws_in_training(layer, options, dtype):
    augmentation = getattr(ours, layer.__name__)(**options)
    assert augmentation.multiply_adds((None, 8, 9, 3)) == 0
    if layer is not LAYERS.RandomCrop:  # of this size there is nothing to draw
        with pytest.raises((UnsupportedLayerError, InputError), match=r"use training=False|pass rng|cast them"):
            augmentation.forward(images(dtype, options), training=True)


def test_equalization_acts_only_while_keras_trains():
    """Keras can equalise, but not put the layer in a model: its output is its input, which it holds to be a mistake."""
    x = images("float32", {})
    expected = np.asarray(LAYERS.Equalization(bins=64)(x, training=False))
    np.testing.assert_array_equal(ours.Equalization(bins=64).forward(x), expected)


def test_a_random_crop_hands_on_the_whole_image():
    model = keras.Sequential([keras.Input((8, 9, 3)), LAYERS.RandomCrop(4, 5), LAYERS.GlobalAveragePooling2D()])
    x = images("float32", {})
    opened = reopen(model)
    assert opened.layers[0].compute_output_shape((None, 8, 9, 3)) == (None, 4, 5, 3)
    assert_close(opened.forward(x), np.asarray(model(x, training=False)), 1e-6)


def test_a_flat_image_has_no_contrast_to_stretch():
    x = np.full((1, 4, 4, 3), 7, dtype=np.float32)
    np.testing.assert_array_equal(ours.AutoContrast().forward(x), x)


@pytest.mark.parametrize(
    ("layer", "config", "message"),
    [
        (ours.RandomFlip, {"mode": "horizontal", "angle": 3}, "angle=3 is not one that Kaca knows"),
        (ours.AutoContrast, {"value_range": (1, 1)}, "value_range must grow"),
        (ours.AutoContrast, {"value_range": 255}, "value_range must be two numbers"),
    ],
)
def test_a_wrong_option_is_refused_by_name(layer, config, message):
    with pytest.raises(UnsupportedLayerError, match=message):
        layer.from_config({"name": "first", **config})


def test_options_are_kept_by_name():
    layer = ours.RandomTranslation(0.1, 0.2, fill_mode="nearest", name="shift")
    assert layer.config == {"height_factor": 0.1, "width_factor": 0.2, "fill_mode": "nearest", "name": "shift"}


class Upper:
    """Draws the upper end of every range."""

    def uniform(self, low, high, size):
        return np.full(size, high)

    def integers(self, low, high):
        return np.asarray(high) - 1


@pytest.mark.parametrize("factor", [0.3, (0.1, 0.4)], ids=str)
@pytest.mark.parametrize("value_range", [(0, 255), (0, 1)], ids=str)
def test_brightness_and_contrast_in_training_are_keras_formulas(factor, value_range):
    x, high = images("float32", {"value_range": value_range}), np.max(factor)
    options = {"factor": factor, "value_range": value_range}
    rows = [
        ("RandomBrightness", {"rgb_delta": high * value_range[1]}),
        ("RandomContrast", {"contrast_factor": 1 + high}),
    ]
    for name, drawn in rows:
        expected = getattr(LAYERS, name)(**options).transform_images(x, drawn, training=True)
        y = getattr(ours, name)(**options).forward(x, training=True, rng=Upper())
        np.testing.assert_allclose(y, expected, rtol=0, atol=1e-6 * value_range[1])


@pytest.mark.parametrize("size", [(4, 5), (8, 5), (12, 6)], ids=str)
def test_a_random_crop_in_training_is_keras_formula(size):
    x, layer = images("float32", {}), LAYERS.RandomCrop(*size)
    start = (8 - size[0], 9 - size[1]) if size == (4, 5) else layer.get_random_transformation(x, training=True)
    expected = layer.transform_images(x, start, training=True)
    y = ours.RandomCrop(*size).forward(x, training=True, rng=Upper())
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-4)
    assert ours.RandomCrop(*size, data_format="channels_first").forward(
        np.moveaxis(x, -1, 1), training=True, rng=np.random.default_rng(0)
    ).shape == (2, 3, *size)


MODES = ["reflect", "wrap", "constant", "nearest"]
#: Ranges of one number leave nothing to chance, so that Keras draws the same.
AFFINE = {
    "RandomRotation": {"factor": (0.07, 0.07)},
    "RandomRotation far": {"factor": (-0.4, -0.4)},
    "RandomTranslation": {"height_factor": (0.23, 0.23), "width_factor": (-0.31, -0.31)},
    "RandomTranslation away": {"height_factor": (0.9, 0.9), "width_factor": (1, 1)},
    "RandomZoom": {"height_factor": (0.3, 0.3)},
    "RandomZoom apart": {"height_factor": (-0.4, -0.4), "width_factor": (0.9, 0.9)},
    "RandomZoom in channels first": {"height_factor": (0.5, 0.5), "data_format": "channels_first"},
}


@pytest.mark.parametrize("fill_mode", MODES)
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("row", AFFINE)
def test_affine_maps_in_training_equal_keras(row, interpolation, fill_mode):
    name = row.split()[0]
    options = {**AFFINE[row], "fill_mode": fill_mode, "interpolation": interpolation, "fill_value": 9.0}
    x = np.random.default_rng(0).uniform(0, 255, size=(3, 8, 11, 2)).astype(np.float32)
    expected = np.asarray(getattr(LAYERS, name)(**options)(x, training=True))
    y = getattr(ours, name)(**options).forward(x, training=True, rng=np.random.default_rng(1))
    assert not np.array_equal(y, x)
    # A place is a sum of numbers up to the size of the image: rounded to 1e-6 of a pixel, where 255 may lie beside 0.
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-6 * 255 * 4)


@pytest.mark.parametrize(
    "factors", [{"x_factor": (0.3, 0.3)}, {"x_factor": (0.2, 0.2), "y_factor": (0.4, 0.4)}], ids=str
)
@pytest.mark.parametrize("fill_mode", MODES)
def test_slanted_images_equal_keras_up_to_the_side_that_is_drawn(factors, fill_mode):
    x = np.random.default_rng(0).uniform(0, 255, size=(6, 9, 8, 2)).astype(np.float32)
    sides = []
    for sign in (-1, 1):
        drawn = np.array([[factors["x_factor"][0], factors.get("y_factor", (0, 0))[0]]] * 6, np.float32) * sign
        layer = LAYERS.RandomShear(**factors, fill_mode=fill_mode)
        sides.append(
            np.asarray(layer.transform_images(x, {"shear_factor": drawn, "input_shape": x.shape}, training=True))
        )
    y = ours.RandomShear(**factors, fill_mode=fill_mode).forward(x, training=True, rng=np.random.default_rng(2))
    apart = np.abs(np.stack(sides) - y).max(axis=(2, 3, 4))
    assert (apart.min(axis=0) < 1e-3).all()  # of 255, as above
    assert set(apart.argmin(axis=0)) == {0, 1}


def test_each_image_is_turned_by_an_angle_of_its_own():
    x = np.repeat(images("uint8", {})[:1], 4, axis=0)
    layer = ours.RandomRotation(0.2)
    y = layer.forward(x, training=True, rng=np.random.default_rng(0))
    assert y.dtype == np.float32
    assert len({image.tobytes() for image in y}) == len(x)
    np.testing.assert_array_equal(y, layer.forward(x, training=True, rng=np.random.default_rng(0)))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (ours.RandomRotation(0.1, fill_mode="mirror"), "fill_mode must be"),
        (ours.RandomZoom(0.1, interpolation="cubic"), "interpolation must be"),
        (ours.RandomTranslation(0.1, 1.5), "width_factor must lie in"),
    ],
)
def test_an_impossible_map_is_an_error(layer, message):
    with pytest.raises(InputError, match=message):
        layer.forward(images("float32", {}), training=True, rng=np.random.default_rng(0))


@pytest.mark.parametrize("name", ["RandomBrightness", "RandomContrast"])
def test_whole_numbers_are_cast_before_they_change(name):
    with pytest.raises(InputError, match="cast them before"):
        getattr(ours, name)(0.2).forward(images("uint8", {}), training=True, rng=np.random.default_rng(0))


@pytest.mark.parametrize("mode", ["horizontal", "vertical"])
def test_images_with_channels_first_are_mirrored_along_the_same_axes(mode):
    x = images("float32", {})
    last, first = (
        ours.RandomFlip(mode, data_format=order).forward(inputs, training=True, rng=np.random.default_rng(0))
        for order, inputs in (("channels_last", x), ("channels_first", np.moveaxis(x, -1, 1)))
    )
    assert not np.array_equal(last, x)
    np.testing.assert_array_equal(np.moveaxis(first, 1, -1), last)


def test_the_ends_of_a_range_of_brightness_may_stand_in_any_order():
    x = images("float32", {})
    one, other = (
        ours.RandomBrightness(0.3, value_range).forward(x, training=True, rng=Upper())
        for value_range in ((0, 255), (255, 0))
    )
    np.testing.assert_array_equal(one, other)
