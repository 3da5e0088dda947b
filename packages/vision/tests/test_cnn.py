"""The CNN from scratch gives Keras' probabilities, from a file and from a live model, and refuses what it is not for."""

from operator import attrgetter, methodcaller

import keras
import numpy as np
import pytest
from compare import TOLERANCE, assert_close, randomize
from light import run_light

from core import InputError, Layer, ModelFileError
from core.layers.input_layer import InputLayer
from core.models.sequential import Sequential
from vision import CNNFromScratch

LAYERS = keras.layers


@pytest.fixture(scope="module")
def keras_model():
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            LAYERS.Rescaling(1 / 255),
            LAYERS.Conv2D(8, 3, padding="same", activation="relu"),
            LAYERS.BatchNormalization(),
            LAYERS.MaxPooling2D(),
            LAYERS.Conv2D(12, 3, padding="same", activation="relu"),
            LAYERS.AveragePooling2D(2),
            LAYERS.Dropout(0.3),
            LAYERS.Flatten(),
            LAYERS.Dense(5, activation="softmax"),
        ]
    )
    return randomize(model, np.random.default_rng(0))


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).integers(0, 256, size=(40, 16, 16, 3)).astype(np.float32)


@pytest.fixture
def net(keras_model):
    net = CNNFromScratch()
    net.load_keras_model(keras_model)
    return net


def test_a_live_model_and_its_file_give_the_same(keras_model, net, images, tmp_path):
    expected = keras_model.predict(images, verbose=0)
    keras_model.save(tmp_path / "model.keras")
    from_file = CNNFromScratch()
    from_file.load_keras_model(tmp_path / "model.keras")
    from_text = CNNFromScratch()
    from_text.load_keras_model(str(tmp_path / "model.keras"))
    for opened in (net, from_file, from_text):
        assert_close(opened.predict_proba(images), expected, TOLERANCE["float32"])
        np.testing.assert_array_equal(opened.predict(images), expected.argmax(axis=1))
        assert opened.predict(images).dtype == np.int64
    assert [layer.name for layer in net.layers] == [layer.name for layer in keras_model.layers]


def test_an_image_alone_gives_what_it_gives_among_others(net, images):
    together = net.predict_proba(images, batch_size=40)
    alone = np.concatenate([net.forward(images[index : index + 1], training=False) for index in range(40)])
    np.testing.assert_allclose(alone, together, rtol=0, atol=TOLERANCE["float32"])


def test_activations_are_those_of_keras(keras_model, net, images):
    inner = keras.Model(keras_model.inputs[0], [layer.output for layer in keras_model.layers])
    expected = [np.asarray(value) for value in inner(images[:3])]
    for actual, wanted in zip(net.activations(images[:3]).values(), expected, strict=True):
        assert_close(actual, wanted, TOLERANCE["float32"])


@pytest.mark.parametrize("name", ["copy.npz", "copy.weights.h5"])
def test_weights_are_written_and_read(keras_model, net, images, tmp_path, name):
    net.save_weights(tmp_path / name)
    other = CNNFromScratch()
    other.load_keras_model(keras.models.clone_model(keras_model))
    assert not np.array_equal(other.predict_proba(images), net.predict_proba(images))
    other.load_weights(tmp_path / name)
    np.testing.assert_array_equal(other.predict_proba(images), net.predict_proba(images))


def test_summary_counts_what_keras_counts(keras_model, net):
    text = net.summary()
    assert f"{keras_model.count_params():,}" in text
    assert f"{16 * 16 * 8 * 27:,}" in text


@pytest.mark.parametrize(
    "use",
    [attrgetter("layers"), methodcaller("summary"), methodcaller("predict", [0]), methodcaller("load_weights", "x")],
)
def test_an_empty_network_says_so(use):
    with pytest.raises(InputError, match="this CNNFromScratch is empty: call load_keras_model first"):
        use(CNNFromScratch())


def test_other_networks_are_refused(net, images, tmp_path):
    words = keras.Sequential([keras.Input((10,)), LAYERS.Dense(2)])
    with pytest.raises(InputError, match=r"takes models over images.*\(None, 10\)"):
        net.load_keras_model(words)
    one, other = keras.Input((4, 4, 1)), keras.Input((4, 4, 1))
    with pytest.raises(InputError, match="one input"):
        net.load_keras_model(keras.Model([one, other], LAYERS.Add()([one, other])))
    with pytest.raises(InputError, match="expected the path of a Keras file or a Keras model, got int"):
        net.load_keras_model(3)
    (tmp_path / "broken.keras").write_bytes(b"PK broken")
    with pytest.raises(ModelFileError):
        net.load_keras_model(tmp_path / "broken.keras")
    assert net.predict(images).shape == (40,)  # what was loaded before is still there


def test_layers_over_time_are_refused():
    lstm = type("LSTM", (Layer,), {"call": lambda self, x: x})(name="memory")
    with pytest.raises(InputError, match=r"LSTM 'memory': use text\.RNNFromScratch"):
        CNNFromScratch().check(Sequential([InputLayer((None, 8, 8, 3)), lstm]))


def test_nothing_heavy_is_imported(keras_model, tmp_path):
    keras_model.save(tmp_path / "model.keras")
    program = "import numpy, vision; net = vision.CNNFromScratch(); net.load_keras_model(sys.argv[1]); "
    run_light(program + "net.predict(numpy.zeros((2, 16, 16, 3)))", tmp_path / "model.keras")
