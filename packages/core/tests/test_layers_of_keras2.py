"""Layers that Keras 3 no longer has: their gradients by central differences; forward they are held to files of Keras 2."""

import itertools

import numpy as np
import pytest
from compare_gradients import check_slopes

import core
from core.files import dialects
from core.layers import LAYERS
from core.layers.registry import build_layer

LAYOUTS = [
    row
    for row in itertools.product((1, 2, 3), ("valid", "same"), ("channels_last", "channels_first"))
    if row[:2] != (1, "same")
]


@pytest.mark.parametrize(("implementation", "padding", "data_format"), LAYOUTS)
@pytest.mark.parametrize(("name", "size", "strides", "sizes"), [("1D", 3, 2, (7,)), ("2D", (2, 3), (2, 1), (6, 5))])
def test_gradients_where_weights_differ_from_place_to_place(
    name, size, strides, sizes, implementation, padding, data_format
):
    rng = np.random.default_rng(0)
    options = {"padding": padding, "data_format": data_format, "implementation": implementation, "activation": "tanh"}
    layer = LAYERS[f"LocallyConnected{name}"](3, size, strides, **options, dtype="float64")
    shape = (*sizes, 2) if data_format == "channels_last" else (2, *sizes)
    dy = rng.normal(size=(2, *layer.compute_output_shape((None, *shape))[1:]))
    layer.build((None, *shape))
    for parameter, its_shape in layer.parameter_shapes.items():
        layer.assign(parameter, rng.normal(size=its_shape))
    check_slopes(layer, rng.normal(size=(2, *shape)), dy)


def test_a_thresholded_relu_is_a_relu_and_its_gradients():
    entry = {"class_name": "ThresholdedReLU", "config": {"name": "relu", "theta": 0.4, "dtype": "float64"}}
    layer = build_layer(dialects.modernize(entry, "2.15.0"))
    assert isinstance(layer, LAYERS["ReLU"])
    rng = np.random.default_rng(0)
    check_slopes(layer, rng.normal(size=(4, 6)), rng.normal(size=(4, 6)))


@pytest.mark.parametrize(
    ("options", "shape", "message"),
    [
        ({"padding": "same"}, (None, 7, 2), "padding must be one of 'valid'"),
        ({"implementation": 4}, (None, 7, 2), "implementation must be one of"),
        ({"kernel_size": 9}, (None, 7, 2), "does not fit"),
        ({"kernel_size": 10**6}, (None, 7, 2), "at most 4096"),
        ({}, (None, None, 2), "known sizes"),
    ],
)
def test_what_cannot_be_is_refused(options, shape, message):
    with pytest.raises(core.KacaError, match=message):
        LAYERS["LocallyConnected1D"](**{"filters": 3, "kernel_size": 2} | options).build(shape)
