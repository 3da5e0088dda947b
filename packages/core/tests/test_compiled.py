"""A file says what its model was compiled with: `fit` and `evaluate` go by it where nothing else is said."""

import keras
import numpy as np
import pytest
from compare import reopen

import core
from core.files import dialects
from core.learning import SGD, Adam, CosineDecay, ExponentialDecay, RMSprop
from core.learning.configs import read_loss, read_metric, read_optimizer

LAYERS, LOSSES = keras.layers, keras.losses
RNG = np.random.default_rng(0)
X = RNG.normal(size=(14, 3)).astype(np.float32)
CLASSES = RNG.integers(4, size=14)
COLUMNS = np.eye(4)[CLASSES]
NUMBERS = RNG.normal(size=(14, 1))


def one(last="softmax"):
    return keras.Sequential([keras.Input((3,)), LAYERS.Dense(5, "tanh"), LAYERS.Dense(4, last)])


def two():
    x = keras.Input((3,))
    return keras.Model(x, [LAYERS.Dense(4, "softmax", name="kind")(x), LAYERS.Dense(1, name="size")(x)])


#: network, targets, words of Keras' compile
TABLE = {
    "names": (one, CLASSES, {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}),
    "a short name": (one, COLUMNS, {"loss": "mse", "metrics": ["mae", "cosine_similarity"]}),
    "a class": (one, COLUMNS, {"loss": LOSSES.CategoricalCrossentropy(label_smoothing=0.1), "metrics": ["acc"]}),
    "logits": (lambda: one(None), CLASSES, {"loss": LOSSES.SparseCategoricalCrossentropy(from_logits=True)}),
    "a name given": (one, COLUMNS, {"loss": LOSSES.Huber(), "metrics": [keras.metrics.CategoricalAccuracy(name="right")]}),
    "a function": (one, COLUMNS, {"loss": LOSSES.kl_divergence, "metrics": [keras.metrics.mean_absolute_error]}),
    "a list": (two, [CLASSES, NUMBERS], {"loss": ["sparse_categorical_crossentropy", "mae"], "loss_weights": [1.0, 0.2]}),
    "a dict": (
        two, [CLASSES, NUMBERS],
        {"loss": {"kind": "sparse_categorical_crossentropy", "size": LOSSES.LogCosh()}, "metrics": {"kind": ["accuracy"]}},
    ),
    "weighted": (one, CLASSES, {"loss": "sparse_categorical_crossentropy", "weighted_metrics": ["accuracy"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_a_compiled_model_goes_on_as_in_keras(name):
    build, y, words = TABLE[name]
    keras.utils.set_random_seed(0)
    theirs = build()
    theirs.compile(keras.optimizers.SGD(0.3, momentum=0.5), run_eagerly=True, **words)
    ours = reopen(theirs)
    np.testing.assert_allclose(ours.evaluate(X, y), theirs.evaluate(X, y, verbose=0), rtol=1e-5)
    expected = theirs.fit(X, y, epochs=2, shuffle=False, batch_size=7, verbose=0).history
    found = ours.fit(X, y, epochs=2, shuffle=False, batch_size=7, verbose=0)
    assert set(found) == set(expected)
    for key, values in expected.items():
        np.testing.assert_allclose(found[key], values, rtol=1e-4, err_msg=key)  # float32, over four steps


def test_what_is_said_goes_before_the_file():
    theirs = one()
    theirs.compile(loss="mse")
    ours = reopen(theirs)
    ours.fit(X, CLASSES, loss="sparse_categorical_crossentropy", optimizer="adam")
    assert ours.evaluate(X, CLASSES, return_dict=True).keys() == {"loss", "accuracy"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"loss": LOSSES.Dice()}, "'Dice' is not known.*give loss="),
        ({"loss": "mse", "metrics": [keras.metrics.AUC()]}, "AUC.*give metrics="),
        ({"loss": LOSSES.SparseCategoricalCrossentropy(ignore_class=0)}, "ignore_class"),
        ({"loss": LOSSES.MeanSquaredError(reduction="sum")}, "reduction"),
    ],
)
def test_a_file_of_other_words_says_what_to_give(words, message):
    theirs = one()
    theirs.compile(keras.optimizers.Lion(), **words)
    ours = reopen(theirs)
    with pytest.raises(core.InputError, match=message):
        ours.evaluate(X, COLUMNS)
    with pytest.raises(core.InputError, match=r"'Lion' is not known.*give optimizer="):
        ours.fit(X, COLUMNS, loss="mse")
    assert ours.evaluate(X, COLUMNS, loss="mse") > 0
    ours.fit(X, COLUMNS, loss="mse", optimizer="sgd")


def described(kind, **config):
    return {"class_name": kind, "config": config}


def read_old(part, given):
    """Read what a file of Keras 1 or 2 says of compiling, put into the words of Keras 3 where it has any."""
    compiling = dialects.compile_config_of({"optimizer": "sgd", part: given}) or {part: {}}
    return {"optimizer": read_optimizer, "loss": read_loss}[part](compiling[part])


def test_words_of_older_files():
    optimizer = read_old("optimizer", described("RMSprop", lr=0.01, rho=0.8, decay=0.0, epsilon=None))
    assert vars(optimizer) == vars(RMSprop(0.01, rho=0.8))
    adam = read_old("optimizer", described("Custom>Adam", lr=0.1, beta_1=0.8, amsgrad=False))
    assert adam.schedule == Adam(0.1).schedule
    assert read_old("optimizer", "sgd").learning_rate == SGD().learning_rate
    for schedule in (ExponentialDecay(0.1, 10, 0.5), CosineDecay(0.1, 10)):
        rate = described(type(schedule).__name__, **vars(schedule) | {"name": None})
        assert read_old("optimizer", described("SGD", learning_rate=rate)).schedule == schedule
    mean = described("MeanSquaredError", reduction="auto")
    assert type(read_old("loss", "mean_squared_error")) is type(read_old("loss", mean)) is type(read_loss(mean))
    metric = described("MeanMetricWrapper", name="acc", dtype="float32", fn="sparse_categorical_accuracy")
    assert read_metric(metric).name == "acc"
    for wrong in (
        described("SGD", lr="fast"),
        described("SGD", learning_rate=rate | {"config": {"initial_learning_rate": 0.1, "decay_steps": 0}}),
        described("SGD", learning_rate=rate | {"config": {"initial_learning_rate": "a", "decay_steps": 3}}),
        described("SGD", learning_rate=rate | {"config": {}}),
        described("SGD", lr=0.1, decay=0.1),
        described("SGD", learning_rate={"class_name": "Other", "config": {}}),
        {"class_name": "SGD"},
    ):
        with pytest.raises(core.InputError):
            read_old("optimizer", wrong)
    with pytest.raises(core.InputError):
        read_optimizer({})
