"""Files of Sequential models open without TensorFlow and give Keras' numbers, in both of Keras' formats."""

import keras
import numpy as np
import pytest
from compare import check_model, randomize, zeroed
from packing import with_config

import core
import core.layers
from core.experiment.training.float64 import in_float64


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(5, activation="relu", name="first"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(4, use_bias=False),
            layers.Activation("tanh"),
            layers.Dense(3, activation="softmax", name="last"),
        ]
    )
    randomize(model, rng)
    return model, rng.normal(size=(9, 6)).astype(np.float32)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_sequential_opens_and_agrees(small, suffix):
    model, x = small
    opened = check_model(model, x, suffix=suffix)
    expected = model.predict(x, verbose=0)
    np.testing.assert_array_equal(opened.predict_classes(x), expected.argmax(-1))
    assert opened.predict_classes(x).dtype == np.int64
    assert opened.predict_proba(x).dtype == np.float32
    np.testing.assert_allclose(opened.predict_proba(x, batch_size=2), expected, atol=1e-6)
    assert opened.count_parameters() == model.count_params()


def test_it_computes_in_the_type_that_is_asked_for(small, tmp_path):
    model, x = small
    model.save(tmp_path / "model.keras")
    double = core.load_model(tmp_path / "model.keras", dtype="float64").forward(x.astype(np.float64))
    assert double.dtype == np.float64
    np.testing.assert_allclose(double, np.asarray(in_float64(model)(x)), rtol=0, atol=1e-14)
    with pytest.raises(core.InputError, match="floating-point type, got 'int32'"):
        core.load_model(tmp_path / "model.keras", dtype="int32")


def test_nested_sequential_agrees(small):
    model, x = small
    outer = keras.Sequential([keras.Input((6,)), model, keras.layers.Dense(2)])
    check_model(outer, x)


@pytest.mark.parametrize("name", ["copy.weights.h5", "copy.npz"])
def test_weights_go_out_and_come_back(small, tmp_path, name):
    model, x = small
    model.save(tmp_path / "model.keras")
    opened = core.load_model(tmp_path / "model.keras")
    opened.save_weights(tmp_path / name)
    other = zeroed(core.load_model(tmp_path / "model.keras"))
    other.load_weights(tmp_path / name)
    np.testing.assert_array_equal(other.forward(x), opened.forward(x))
    assert list(tmp_path.glob(".*")) == []


def test_keras_opens_our_weights(small, tmp_path):
    model, x = small
    model.save(tmp_path / "model.keras")
    core.load_model(tmp_path / "model.keras").save_weights(tmp_path / "ours.weights.h5")
    copy = keras.models.clone_model(model)
    copy.load_weights(tmp_path / "ours.weights.h5")
    np.testing.assert_array_equal(copy(x), model(x))


def test_weights_of_another_model_are_refused_by_name(small, tmp_path):
    model, _ = small
    model.save(tmp_path / "model.keras")
    other = keras.Sequential([keras.Input((6,)), keras.layers.Dense(7)])
    other.save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(core.KacaError, match="first"):
        core.load_model(tmp_path / "model.keras").load_weights(tmp_path / "other.weights.h5")


def test_activations_and_summary_show_every_layer(small):
    model, x = small
    opened = check_model(model, x)
    seen = opened.activations(x)
    assert list(seen) == [layer.name for layer in model.layers]
    np.testing.assert_array_equal(seen["last"], opened.forward(x))
    text = opened.summary()
    assert all(layer.name in text for layer in model.layers)
    assert f"{model.count_params():,}" in text
    assert f"{6 * 5 + 5 * 4 + 4 * 3:,}" in text


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 5)), r"\(None, 6\), got \(2, 5\)"),
        (np.full((2, 6), np.nan), "row 0 of the input holds NaN"),
        (np.array([["a"] * 6]), "expects numbers"),
        ([[1.0], [1.0, 2.0]], "different lengths"),
    ],
)
def test_wrong_inputs_are_named(small, x, message):
    model, data = small
    opened = check_model(model, data)
    with pytest.raises(core.InputError, match=message):
        opened.predict(x)


BROKEN = {
    "empty": lambda content: b"",
    "text": lambda content: b"hello",
    "cut": lambda content: content[: len(content) // 2],
    "flipped": lambda content: content[:-4000] + bytes([content[-4000] ^ 255]) + content[-3999:],
    "hdf5 head only": lambda content: b"\x89HDF\r\n\x1a\n" + b"\0" * 100,
}


@pytest.mark.parametrize("name", [*BROKEN, "missing", "a folder"])
def test_broken_files_give_one_kind_of_error(small, tmp_path, name):
    path = tmp_path if name == "a folder" else tmp_path / "model.keras"
    if name in BROKEN:
        small[0].save(path)
        path.write_bytes(BROKEN[name](path.read_bytes()))
    with pytest.raises(core.ModelFileError) as caught:
        core.load_model(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda config: config["config"]["layers"][1].update(class_name="Lambda"), "bytecode"),
        (lambda config: config["config"]["layers"][1].update(class_name="Nothing"), "Nothing"),
        (lambda config: config["config"]["layers"][1]["config"].update(units=6), "first"),
        (lambda config: config["config"]["layers"][1]["config"].update(units=10**9), "bytes of parameters"),
        (lambda config: config["config"]["layers"][1]["config"].update(units=-1), "units must be an integer"),
        (lambda config: config["config"]["layers"][1]["config"].update(surprise=1), "surprise"),
        (lambda config: config["config"]["layers"][1]["config"].update(activation="boom"), "activation must be"),
        (lambda config: config["config"]["layers"][1]["config"].pop("units"), "units"),
        (lambda config: config["config"].update(layers=3), "list its layers"),
        (lambda config: config.update(config=[]), "class_name and a config"),
    ],
)
def test_wrong_configs_are_refused(small, tmp_path, change, message):
    model, _ = small
    model.save(tmp_path / "good.keras")
    path = with_config(tmp_path / "good.keras", tmp_path / "bad.keras", change)
    with pytest.raises(core.KacaError, match=message):
        core.load_model(path)


def test_a_layer_of_your_own_can_be_registered(tmp_path):
    @keras.saving.register_keras_serializable(package="tests")
    class Twice(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    class OurTwice(core.Layer):
        """y = 2 x."""

        def call(self, x):
            return 2 * x

    model = keras.Sequential([keras.Input((3,)), Twice()])
    model.save(tmp_path / "model.keras")
    with pytest.raises(core.UnsupportedLayerError, match="tests>Twice"):
        core.load_model(tmp_path / "model.keras")
    core.register_layer(OurTwice, "tests>Twice")
    x = np.ones((2, 3), dtype=np.float32)
    np.testing.assert_array_equal(core.load_model(tmp_path / "model.keras").forward(x), 2 * x)
