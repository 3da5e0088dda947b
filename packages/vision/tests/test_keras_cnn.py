"""The network that is trained is the one of the study, and each option changes what it says and nothing else."""

import keras
import numpy as np
import pytest
from experiment_files import config_of

from core.experiment.command.options import read_options
from core.experiment.errors import OptionError
from vision.keras_cnn import build_cnn
from vision.options import ModelOptions
from vision.task import VisionTask

DEFAULTS = config_of(VisionTask())["model"]


def build(augmentation=False, **changed):
    options = read_options(ModelOptions, DEFAULTS | changed, "model")
    return build_cnn(options=options, augmentation=augmentation, image_shape=(32, 32, 3), classes=10, seed=0)


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize(
    ("conv_layers", "filters", "flat"),
    [(2, [32, 64], 8 * 8 * 64), (4, [32, 32, 64, 64], 8 * 8 * 64), (6, [32, 32, 64, 64, 128, 128], 4 * 4 * 128)],
)
def test_the_networks_of_the_study(conv_layers, filters, flat):
    model = build(conv_layers=conv_layers)
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == filters
    assert all(layer.padding == "same" and layer.kernel_size == (3, 3) for layer in convolutions)
    assert model.get_layer("flatten").output.shape == (None, flat)
    assert kinds(model)[-3:] == ["Flatten", "Dense", "Dense"]
    assert model.output_shape == (None, 10)


def test_pixels_are_scaled_in_one_place():
    model = build()
    assert kinds(model).count("Rescaling") == 1
    scaled = model.get_layer("scale")(np.array([[[[0, 51, 255]]]], np.uint8))
    np.testing.assert_allclose(scaled, [[[[0, 0.2, 1]]]], atol=1e-7)


@pytest.mark.parametrize(("pooling", "kind"), [("max", "MaxPooling2D"), ("average", "AveragePooling2D")])
def test_pooling(pooling, kind):
    assert kinds(build(pooling=pooling)).count(kind) == 3


def test_filters_are_typed_with_hyphens_or_as_a_list():
    assert build(filters="16-32-64").count_params() == build(filters=[16, 32, 64]).count_params()


def test_options_of_later_work():
    plain = build()
    assert {"Dropout", "BatchNormalization", "RandomFlip"}.isdisjoint(kinds(plain))
    dropout = [layer for layer in build(dropout=0.3).layers if isinstance(layer, keras.layers.Dropout)]
    assert [layer.rate for layer in dropout] == [0.3] * 4
    normalised = build(batch_norm=True)
    assert kinds(normalised)[1:4] == ["Conv2D", "BatchNormalization", "Activation"]
    assert normalised.count_params() == plain.count_params() + 3 * 2 * (32 + 64 + 128)  # 4 parameters instead of a bias
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype(np.float32)
    augmented = build(augmentation=True)
    augmented.set_weights([*plain.get_weights(), *augmented.get_weights()[len(plain.get_weights()) :]])
    np.testing.assert_allclose(augmented(images, training=False), plain(images, training=False), atol=1e-6)


@pytest.mark.parametrize(
    "changed",
    [
        {"conv_layers": 3}, {"filters": "32-64"}, {"filters": "32-x-64"}, {"filters": "0-1-2"}, {"filters": None},
        {"kernel_size": 0}, {"kernel_size": "3x3"}, {"pooling": "mean"}, {"dropout": 1}, {"batch_norm": 1}, {"units": 3},
    ],
    ids=str,
)  # fmt: skip
def test_impossible_networks_are_refused(changed):
    with pytest.raises(OptionError, match=f"model.{next(iter(changed))}"):
        build(**changed)
