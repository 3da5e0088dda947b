"""What Kaca opened and saved, Keras opens: files of older Kerases in the words of Keras 3, with names, freezing and compiling."""

import inspect
import json
import warnings

import h5py
import keras
import numpy as np
import pytest
from compare import check_model, randomize
from old_files import old_files
from packing import members_of, pack

import core
from core.files.serialization import serialize
from core.graph.nodes import Node, Ref
from core.layers import BatchNormalization, Dense, Dropout, InputLayer
from core.layers.registry import find_layer
from core.models.functional import Functional

L = keras.layers
#: Models of older Kerases that no Keras 3 can express, with the reason that the error must give.
UNWRITABLE = {"lc": "it has no locally connected layers", "L_lc": "it has no locally connected layers"}
#: Keras 3.15 adds the bias of a convolution whose channels stand first along the width, where that is as large.
KERAS_IS_WRONG = {"atrous_th"}
#: Keras 3.15 writes the idf weights of padded bags of words with their padding, and refuses to read them so.
KERAS_REFUSES = {"tfidf_pad", "tfidfd_pad"}


def config_of(path):
    return json.loads(members_of(path)["config.json"])


# --- names ------------------------------------------------------------------------------------------------------------


def dense(*names):
    return [Dense(2, name=name) for name in names]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((None, None, None), ["dense", "dense_1", "dense_2"]),
        ((None, "dense", None), ["dense_1", "dense", "dense_2"]),
        (("dense_1", None, None), ["dense_1", "dense", "dense_2"]),
        (("a", None, "b"), ["a", "dense", "b"]),
    ],
)
def test_layers_without_a_name_get_one_of_their_own(given, expected):
    model = core.Sequential(dense(*given), batch_shape=(None, 2))
    assert [layer.name for layer in model.layers] == expected


def test_names_do_not_depend_on_other_models():
    for _ in range(2):
        model = core.Sequential([*dense(None, None), Dropout(0.5)], batch_shape=(None, 2))
        assert [layer.name for layer in model.layers] == ["dense", "dense_1", "dropout"]


def test_a_name_in_a_model_stays():
    first, second = dense(None, None)
    core.Sequential([first], batch_shape=(None, 2))
    model = core.Sequential([second, first], batch_shape=(None, 2))
    assert [layer.name for layer in model.layers] == ["dense_1", "dense"]


@pytest.mark.parametrize("count", [2, 3])
def test_a_name_given_twice_is_an_error(count):
    with pytest.raises(core.InputError, match=f"{count} layers of a model have the name 'same'"):
        core.Sequential(dense(*["same"] * count), batch_shape=(None, 2))


def test_a_name_that_is_changed_to_that_of_another_cannot_be_saved(tmp_path):
    model = core.Sequential(dense("a", "b"), batch_shape=(None, 2))
    model.initialize(0)
    model.layers[1].name = "a"
    with pytest.raises(core.InputError, match="2 layers of a model have the name 'a'"):
        model.save(tmp_path / "m.keras")


def test_a_layer_applied_twice_in_a_line_cannot_be_saved(tmp_path):
    layer = Dense(2)
    model = core.Sequential([layer, layer], batch_shape=(None, 2))
    model.initialize(0)
    with pytest.raises(core.InputError, match="applies a layer twice"):
        model.save(tmp_path / "m.keras")


def test_names_of_models_inside():
    inner = [core.Sequential(dense(None, None), batch_shape=(None, 2)) for _ in range(2)]
    model = core.Sequential(inner, batch_shape=(None, 2))
    assert [layer.name for layer in model.layers] == ["sequential", "sequential_1"]


def test_a_file_that_gives_a_name_twice_is_separated(tmp_path):
    model = keras.Sequential([keras.Input((2,)), L.Dense(2, name="a"), L.Dense(2, name="b")])
    randomize(model, np.random.default_rng(0))
    model.save(tmp_path / "m.keras")
    members = members_of(tmp_path / "m.keras")
    renamed = members["config.json"].replace(b'"name": "b"', b'"name": "a"')
    pack(tmp_path / "n.keras", members | {"config.json": renamed})
    opened = core.load_model(tmp_path / "n.keras")
    opened.save(tmp_path / "o.keras")
    x = np.ones((2, 2), np.float32)
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "o.keras")(x), model(x))


# --- made by hand -------------------------------------------------------------------------------------------------------


def check_by_hand(model, x, tmp_path):
    model.initialize(1)
    model.save(tmp_path / "m.keras")
    theirs = keras.models.load_model(tmp_path / "m.keras")
    expected = np.asarray(theirs(x))
    np.testing.assert_allclose(model.forward(x), expected, rtol=0, atol=1e-6 * max(1, np.abs(expected).max()))
    again = core.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.forward(x), model.forward(x))
    assert serialize(again) == serialize(model)
    return theirs


@pytest.mark.parametrize("seed", range(6))
def test_a_graph_made_by_hand_in_any_order(seed, tmp_path):
    """Keras numbers the weights of a graph in an order of its own, whatever the order in which its layers were listed."""
    layers = {name: Dense(3) for name in "abcdef"}
    add = find_layer("Add")
    entry, one, two = InputLayer((None, 3), name="x"), add(), add()
    nodes = [
        Node(entry),
        Node(layers["a"], (Ref(0),)),
        Node(layers["b"], (Ref(1),)),
        Node(layers["c"], (Ref(0),)),
        Node(one, ([Ref(2), Ref(3)],)),
        Node(layers["d"], (Ref(4),)),
        Node(layers["b"], (Ref(5),)),
        Node(layers["e"], (Ref(3),)),
        Node(layers["f"], (Ref(7),)),
        Node(two, ([Ref(8), Ref(6)],)),
    ]
    listed = [entry, one, two, *layers.values()]
    order = np.random.default_rng(seed).permutation(len(listed))
    model = Functional([listed[index] for index in order], nodes, Ref(0), Ref(9))
    check_by_hand(model, np.random.default_rng(seed).normal(size=(4, 3)).astype(np.float32), tmp_path)


@pytest.mark.parametrize("frozen", [False, True])
def test_freezing_and_nesting_survive(frozen, tmp_path):
    inner = core.Sequential([Dense(3, trainable=False), Dense(3)], (None, 3), trainable=not frozen)
    model = core.Sequential([inner, BatchNormalization(), Dense(2)], batch_shape=(None, 3))
    theirs = check_by_hand(model, np.ones((2, 3), np.float32), tmp_path)
    assert len(theirs.trainable_weights) == (4 if frozen else 6)
    assert [layer.trainable for layer in theirs.layers[0].layers] == [False, not frozen]


def test_what_is_frozen_after_opening_is_written(tmp_path):
    keras.Sequential([keras.Input((2,)), L.Dense(2), L.Dense(2)]).save(tmp_path / "m.keras")
    model = core.load_model(tmp_path / "m.keras")
    model.layers[0].trainable = False
    model.save(tmp_path / "n.keras")
    assert [layer.trainable for layer in keras.models.load_model(tmp_path / "n.keras").layers] == [False, True]


def test_an_option_that_json_cannot_hold_is_an_error(tmp_path):
    model = core.Sequential([Dense(2, kernel_initializer=object())], batch_shape=(None, 2))
    with pytest.raises(core.KacaError):
        model.save(tmp_path / "m.keras")


@pytest.mark.parametrize(
    "layer", [L.MultiHeadAttention(2, 3, use_gate=True), L.GroupQueryAttention(3, 4, 2, use_gate=True)], ids=repr
)
def test_projections_have_the_paths_of_keras(layer, tmp_path):
    x = keras.Input((4, 5))
    model = keras.Model(x, layer(x, x))
    model.save(tmp_path / "model.keras")
    core.load_model(tmp_path / "model.keras").save_weights(tmp_path / "ours.weights.h5")
    model.save_weights(tmp_path / "theirs.weights.h5")
    ours, theirs = (arrays_of(tmp_path / f"{name}.weights.h5") for name in ("ours", "theirs"))
    assert ours.keys() == theirs.keys()
    for path, array in theirs.items():
        np.testing.assert_array_equal(ours[path], array)


def arrays_of(path):
    """Return the arrays of an HDF5 file, and the name of the layer of each, by path."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update(
                {f"{name} of {item.parent.attrs['name']}": item[()]} if isinstance(item, h5py.Dataset) else {}
            )
        )
    return found


# --- the words of Keras 3 ----------------------------------------------------------------------------------------------


def options_of(cls):
    """Name the options of a class and of its bases, as far as each hands on what it does not know."""
    names = set(getattr(cls, "options", ()))
    for base in cls.__mro__:
        if "__init__" in base.__dict__:
            parameters = inspect.signature(base.__init__).parameters.values()
            names |= {p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)} - {"self"}
            if not any(p.kind is p.VAR_KEYWORD for p in parameters):
                break
    return names


#: Options that Keras takes without naming them, or reads from files and leaves out.
UNNAMED = {
    "implementation", "vocabulary_size", "has_input_vocabulary", "rms_scaling", "alpha", "size", "autocast", "data_format",
}  # fmt: skip
LAYERS = [name for name in dir(L) if isinstance(getattr(L, name), type) and issubclass(getattr(L, name), L.Layer)]


@pytest.mark.parametrize("name", LAYERS)
def test_no_option_is_written_that_keras_does_not_take(name):
    try:
        ours = find_layer(name)
    except core.UnsupportedLayerError:
        pytest.skip("refused")
    theirs = getattr(L, name)
    unknown = options_of(ours) - options_of(theirs) - ours.file_format.omitted - UNNAMED
    assert not unknown
    assert "trainable" in options_of(theirs) | ours.file_format.omitted


@pytest.mark.parametrize("name", [name for name in LAYERS if "Attention" in name])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_attention_of_every_name(name, suffix):
    a, b = keras.Input((5, 6)), keras.Input((4, 6))
    options = {
        "MultiHeadAttention": (2, 3),
        "GroupQueryAttention": (3, 4, 2),
        "GroupedQueryAttention": (3, 4, 2),
    }.get(name, ())
    layer = getattr(L, name)(*options)
    output = layer([a, b]) if name in {"Attention", "AdditiveAttention"} else layer(a, b)
    model = keras.Model([a, b], output)
    randomize(model, np.random.default_rng(0))
    x = [np.random.default_rng(1).normal(size=(2, *size)).astype(np.float32) for size in ((5, 6), (4, 6))]
    check_model(model, x, suffix=suffix)


# The names of inputs are kept, although Keras 3 would rather have those of the dict's keys.
@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@pytest.mark.parametrize("file", old_files("dialects/*.tar.xz"), ids=str)
def test_what_older_kerases_wrote_opens_in_keras_of_today(file, tmp_path):
    try:
        opened = core.load_model(file.put(tmp_path))
    except core.KacaError:
        pytest.skip("refused at opening")
    reason = next((reason for start, reason in UNWRITABLE.items() if file.name.startswith(start)), None)
    if reason is not None:
        with pytest.raises(core.InputError, match=reason):
            opened.save(tmp_path / "again.keras")
        return
    opened.save(tmp_path / "again.keras")
    if file.stem in KERAS_REFUSES:
        assert serialize(core.load_model(tmp_path / "again.keras")) == serialize(opened)
        return
    theirs = keras.models.load_model(tmp_path / "again.keras")
    actual, expected = keras.tree.flatten(theirs(file.x, training=False)), keras.tree.flatten(opened.forward(file.x))
    for one, other in zip(
        actual if file.stem not in KERAS_IS_WRONG else expected, map(np.asarray, expected), strict=True
    ):
        np.testing.assert_allclose(np.asarray(one), other, rtol=0, atol=2e-6 * max(1, np.abs(other).max(initial=0)))
    assert serialize(core.load_model(tmp_path / "again.keras")) == serialize(opened)


# --- compiling -----------------------------------------------------------------------------------------------------------

OPTIMIZERS = [
    keras.optimizers.SGD(0.1),
    keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True, clipnorm=1.0),
    keras.optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    keras.optimizers.Adam(0.01, amsgrad=True, use_ema=True, ema_momentum=0.9),
    keras.optimizers.AdamW(0.01, weight_decay=0.01, gradient_accumulation_steps=3),
    keras.optimizers.Nadam(0.02),
    keras.optimizers.Adamax(0.02),
    keras.optimizers.Adagrad(0.02, initial_accumulator_value=0.3),
    keras.optimizers.Adadelta(0.02),
    keras.optimizers.Ftrl(0.02),
    keras.optimizers.Lion(0.02),
    keras.optimizers.Lamb(0.02),
    keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)),
]
LOSSES = [
    ("mse", ["mae"]),
    (
        keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
        [keras.metrics.AUC(num_thresholds=50), "accuracy"],
    ),
    ("squared_hinge", ["accuracy", keras.metrics.TopKCategoricalAccuracy(2)]),
    (keras.losses.MeanAbsoluteError(reduction="sum"), None),
]


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("number", range(len(OPTIMIZERS)))
def test_compiling_survives(number, suffix, tmp_path):
    optimizer, (loss, metrics) = OPTIMIZERS[number], LOSSES[number % len(LOSSES)]
    model = keras.Sequential(
        [keras.Input((4,)), L.Dense(3), L.BatchNormalization(), L.Dense(3, trainable=False), L.PReLU()]
    )
    optimizer = type(optimizer).from_config(optimizer.get_config())
    model.compile(optimizer, loss, metrics=metrics)
    x, y = np.random.default_rng(0).random(size=(6, 4)), np.eye(3)[[0, 1, 2, 0, 1, 2]]
    model.fit(x, y, verbose=0)
    model.save(tmp_path / f"m{suffix}")
    core.load_model(tmp_path / f"m{suffix}").save(tmp_path / "n.keras")
    core.load_model(tmp_path / "n.keras").save(tmp_path / "o.keras")
    assert config_of(tmp_path / "n.keras") == config_of(tmp_path / "o.keras")
    copy = keras.models.load_model(tmp_path / "o.keras")
    assert copy.optimizer.get_config() == optimizer.get_config()
    assert int(copy.optimizer.iterations) == 0
    np.testing.assert_allclose(copy.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0), rtol=1e-5)
    copy.fit(x, y, verbose=0)


@pytest.mark.parametrize("inside", ["sequential", "functional"])
def test_a_model_inside_may_have_been_compiled(inside, tmp_path):
    x = keras.Input((4,))
    inner = keras.Sequential([x, L.Dense(3), L.Dense(3)]) if inside == "sequential" else keras.Model(x, L.Dense(3)(x))
    inner.compile("adam", "mse")
    inner.fit(np.ones((2, 4)), np.ones((2, 3)), verbose=0)
    model = keras.Sequential([keras.Input((4,)), inner, L.Dense(2)])
    model.compile("sgd", "mse")
    check_model(model, np.ones((2, 4), np.float32))


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam", "Adamax", "nadam", "lion"])
def test_an_optimizer_may_be_a_name(name, tmp_path):
    model = core.Sequential([Dense(2)], batch_shape=(None, 3))
    model.initialize(0)
    model.kept["compile_config"] = {"optimizer": name, "loss": "mse"}
    model.save(tmp_path / "m.keras")
    expected = keras.optimizers.get(name).get_config() | {"name": None}
    assert keras.models.load_model(tmp_path / "m.keras").optimizer.get_config() | {"name": None} == expected


def test_an_optimizer_of_ones_own_stays_in_the_config(tmp_path):
    """The copy says what the original said; whether Keras can do it is between Keras and its user."""
    model = keras.Sequential([keras.Input((4,)), L.Dense(3)])
    model.compile("muon" if "muon" in dir(keras.optimizers) else "adafactor", "mse")
    model.save(tmp_path / "m.keras")
    core.load_model(tmp_path / "m.keras").save(tmp_path / "n.keras")
    assert config_of(tmp_path / "n.keras")["compile_config"] == config_of(tmp_path / "m.keras")["compile_config"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras begins with an optimiser that remembers nothing, and says so
        keras.models.load_model(tmp_path / "n.keras")


@pytest.mark.parametrize(
    "training",
    [
        None, [], {}, {"optimizer_config": None}, {"optimizer_config": {"class_name": "Mine", "config": {}}, "loss": "mse"},
        {"optimizer_config": {"class_name": "Adam", "config": []}}, {"optimizer_config": 3},
        {"optimizer_config": {"class_name": "Adam", "config": {"learning_rate": {"class_name": "Mine"}}}},
        {"optimizer_config": {"class_name": "Adam", "config": {}}, "loss": "my_loss"},
        {"optimizer_config": {"class_name": "Adam", "config": {}}, "loss": {"class_name": "Mine", "config": {}}},
        {"optimizer_config": {"class_name": "Adam", "config": {}}, "metrics": [[3]]},
        {"optimizer_config": {"class_name": "Adam", "config": {"learning_rate": "x"}}},
    ],
)  # fmt: skip
def test_what_keras_3_cannot_compile_is_left_out(training):
    from core.files.dialects.compiling import compile_config_of

    assert compile_config_of(training) is None
