"""The layers that networks of `keras.applications` define for themselves, against Keras, through files both ways."""

import keras
import numpy as np
import pytest
from compare import check_model, randomize
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

from core import InputError
from vision import layers as ours


def network():
    image = keras.Input((5, 4, 3))
    branch = LayerScale(1e-6, 3)(keras.layers.Conv2D(3, 3, padding="same")(image))
    joined = CustomScaleLayer(0.17)([image, StochasticDepth(0.3)(branch)])
    return keras.Model(image, keras.layers.GlobalAveragePooling2D()(joined))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_a_residual_network(suffix):
    model = network()
    rng = np.random.default_rng(0)
    randomize(model, rng)
    x = rng.normal(size=(3, 5, 4, 3)).astype(np.float32)
    check_model(model, x, suffix=suffix)


def test_stochastic_depth_drops_whole_examples():
    y = ours.StochasticDepth(0.5).forward(np.ones((200, 3, 2), np.float32), training=True, rng=np.random.default_rng(0))
    assert (y == y[:, :1, :1]).all()
    assert set(np.unique(y)) == {0, 2}


def test_wrong_inputs_are_refused():
    with pytest.raises(InputError, match="takes two tensors, got 3"):
        ours.CustomScaleLayer(0.5).compute_output_shape([(None, 3)] * 3)
