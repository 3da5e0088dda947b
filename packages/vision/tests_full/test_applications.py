"""The architectures of `keras.applications` open and give Keras' numbers: random weights, small images.

Slow, so they run in ``nox -s full`` only.
"""

import keras
import numpy as np
import pytest
from compare import reopen

#: The smallest image that each takes (InceptionResNetV2 and the like need more than 32).
NETWORKS = {
    "MobileNet": 32, "MobileNetV2": 32, "MobileNetV3Small": 32, "MobileNetV3Large": 32, "ResNet50": 32, "ResNet101": 32,
    "ResNet152": 32, "ResNet50V2": 32, "ResNet101V2": 32, "ResNet152V2": 32, "VGG16": 32, "VGG19": 32, "DenseNet121": 32,
    "DenseNet169": 32, "DenseNet201": 32, "InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71, "NASNetMobile": 32,
    "EfficientNetB0": 32, "EfficientNetB1": 32, "EfficientNetV2B0": 32, "EfficientNetV2B3": 32, "EfficientNetV2S": 32,
    "ConvNeXtTiny": 32, "ConvNeXtSmall": 32,
}  # fmt: skip

#: Rounding grows with the depth: NumPy and TensorFlow sum in different orders in each of up to 300 layers. The networks
#: of 100 layers and more were seen at 1.0e-6 to 2.2e-6 of the largest logit.
TOLERANCE = 1e-5


def trained_looking(model: keras.Model, rng: np.random.Generator) -> None:
    """Move what training moves away from 0 and 1: biases, scales and moving statistics."""
    for variable in model.weights:
        last = variable.path.split("/")[-1]
        if last in {"moving_mean", "beta", "bias"}:
            variable.assign(rng.normal(size=variable.shape, scale=0.1))
        elif last in {"moving_variance", "gamma"} and "layer_scale" not in variable.path:
            variable.assign(np.exp(rng.normal(size=variable.shape, scale=0.1)))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.filterwarnings("ignore:Object name .* was normalized:UserWarning")
def test_an_application(name, suffix):
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    size = NETWORKS[name]
    network = getattr(keras.applications, name)
    model = network(weights=None, input_shape=(size, size, 3), classes=10, classifier_activation=None)
    rng = np.random.default_rng(0)
    trained_looking(model, rng)
    x = rng.uniform(0, 255, size=(2, size, size, 3)).astype(np.float32)
    expected = np.asarray(model(x))
    opened = reopen(model, suffix)
    assert opened.count_parameters() == model.count_params()
    np.testing.assert_allclose(opened.forward(x), expected, rtol=0, atol=TOLERANCE * np.abs(expected).max())


def test_every_family_is_there():
    """A new family in Keras shows here; sizes of one family differ in numbers alone."""
    families = {
        name
        for name, module in vars(keras.applications).items()
        if not name.startswith("_") and hasattr(module, "decode_predictions")
    }
    assert families == {
        "convnext", "densenet", "efficientnet", "efficientnet_v2", "imagenet_utils", "inception_resnet_v2", "inception_v3",
        "mobilenet", "mobilenet_v2", "mobilenet_v3", "nasnet", "resnet", "resnet50", "resnet_v2", "vgg16", "vgg19", "xception",
    }  # fmt: skip
