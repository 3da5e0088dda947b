"""Options that shape learning: constraints on parameters and costs of outputs, step by step as in Keras."""

import keras
import numpy as np
import pytest
from compare import reopen
from trajectory import compare_training, train_both

import core
from core.layers.dense import Dense
from core.learning.trainer import Trainer

LAYERS, LIMITS = keras.layers, keras.constraints
RNG = np.random.default_rng(0)
BATCHES = [(RNG.normal(size=(12, 4)), RNG.integers(3, size=12)) for _ in range(8)]

CONSTRAINTS = [
    LIMITS.MaxNorm(0.7),
    LIMITS.MaxNorm(0.5, axis=[0, 1]),
    LIMITS.NonNeg(),
    LIMITS.UnitNorm(axis=1),
    LIMITS.MinMaxNorm(0.4, 0.6, rate=0.3),
]


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda found: f"{type(found).__name__}-{found.get_config()}")
def test_constrained_kernels_follow_keras(constraint):
    def build():
        hidden = LAYERS.Dense(6, activation="tanh", kernel_constraint=constraint, bias_constraint="max_norm")
        return keras.Sequential([keras.Input((4,)), hidden, LAYERS.Dense(3, activation="softmax")])

    compare_training(build, BATCHES, optimizer="adam", dtype="float64", tolerance=1e-8)


def test_constrained_heads_follow_keras():
    """A constraint of attention is one of each of its projections, and so is a penalty."""

    def build():
        x = keras.Input((4,))
        places = LAYERS.Reshape((2, 2))(x)
        heads = LAYERS.MultiHeadAttention(
            2, 3, kernel_constraint=LIMITS.MaxNorm(0.6), bias_constraint="non_neg", kernel_regularizer="l1"
        )
        y = heads(places, places, use_causal_mask=True)
        return keras.Model(x, LAYERS.Dense(3, activation="softmax")(LAYERS.Flatten()(y)))

    compare_training(build, BATCHES, optimizer="adam", dtype="float64", tolerance=1e-8)


def test_a_spectrally_normalized_network_follows_keras(tmp_path):
    """Its kernel stands in the file twice, and both times as it is."""

    def build():
        hidden = LAYERS.Dense(6, activation="tanh", kernel_regularizer="l2", kernel_constraint="max_norm")
        return strict(LAYERS.SpectralNormalization(hidden, 2), LAYERS.Dense(3, activation="softmax"))

    courses = train_both(build, BATCHES, optimizer="adam", dtype="float64")
    assert courses.losses_apart().max() <= 1e-8
    model = reopen(build())
    model.fit(*BATCHES[0], epochs=2)
    model.save(tmp_path / "again.keras")
    x = BATCHES[1][0].astype(np.float32)
    again = keras.models.load_model(tmp_path / "again.keras")
    np.testing.assert_allclose(again(x), model.forward(x), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(again.layers[0].kernel, model.layers[0].layer.kernel)


def strict(*layers):
    return keras.Sequential([keras.Input((4,)), *layers])


PENALISED = {
    "hidden": lambda: strict(
        LAYERS.Dense(6, activity_regularizer=keras.regularizers.L1L2(0.1, 0.2)), LAYERS.Dense(3, activation="softmax")
    ),
    "last": lambda: strict(LAYERS.Dense(3, activation="softmax", activity_regularizer=keras.regularizers.L2(0.3))),
    "layer": lambda: strict(
        LAYERS.Dense(6), LAYERS.ActivityRegularization(0.1, 0.2), LAYERS.Dense(3, activation="softmax")
    ),
    "of the input": lambda: strict(LAYERS.ActivityRegularization(0.1), LAYERS.Dense(3, activation="softmax")),
    "frozen": lambda: strict(
        strict(LAYERS.Dense(6, activity_regularizer="l1", trainable=False)),
        LAYERS.Dense(3, activation="softmax"),
    ),
    "nested": lambda: strict(
        strict(LAYERS.Dense(6, activation="relu", activity_regularizer="l1")), LAYERS.Dense(3, activation="softmax")
    ),
}


@pytest.mark.parametrize("name", PENALISED)
def test_costs_of_outputs_follow_keras(name):
    """The strengths stand in Keras as float32."""
    compare_training(PENALISED[name], BATCHES, optimizer="sgd", dtype="float64", tolerance=1e-8)


def test_costs_of_outputs_of_a_layer_that_is_called_twice():
    def build():
        x, y = keras.Input((4,)), LAYERS.Dense(4, activation="tanh", activity_regularizer="l2")
        return keras.Model(x, LAYERS.Dense(3, activation="softmax")(y(y(x))))

    compare_training(build, BATCHES, optimizer="adam", dtype="float64", tolerance=1e-8)


def test_what_is_evaluated_costs_as_much_as_in_keras():
    model = PENALISED["layer"]()
    model.compile(loss="sparse_categorical_crossentropy")
    x, y = BATCHES[0]
    loss, _ = Trainer(reopen(model), "sparse_categorical_crossentropy", "sgd").evaluate(x, y)
    np.testing.assert_allclose(loss, model.evaluate(x, y, verbose=0), rtol=1e-6)


UNKNOWN = [
    (lambda: [Dense(3, kernel_constraint="orthogonal")], "constraint 'orthogonal' of 'kernel'"),
    (lambda: [Dense(3, kernel_constraint={"class_name": "MaxNorm", "config": {"max": 2}})], "cannot be made"),
    (lambda: [Dense(3, activity_regularizer="orthogonal_regularizer")], "the activity of Dense"),
]


@pytest.mark.parametrize("row", UNKNOWN, ids=lambda row: row[1])
def test_other_kinds_are_errors(row):
    model = core.Sequential(row[0](), batch_shape=(None, 4))
    model.initialize()
    with pytest.raises(core.UnsupportedLayerError, match=row[1]):
        Trainer(model, "mean_squared_error", "sgd")


def test_what_stands_first_in_a_nested_network_needs_no_way_back():
    def build():
        first = keras.Sequential([keras.Input((4,)), LAYERS.Discretization([0.0, 1.0]), LAYERS.Dense(5)])
        return strict(first, LAYERS.Dense(3, activation="softmax"))

    compare_training(build, BATCHES, optimizer="adam", dtype="float64", tolerance=1e-8)


def test_costs_of_heads_are_an_error():
    x = keras.Input((5, 4))
    y = LAYERS.MultiHeadAttention(2, 3, activity_regularizer="l2")(x, x)
    opened = reopen(keras.Model(x, LAYERS.GlobalAveragePooling1D()(y)))
    with pytest.raises(core.UnsupportedLayerError, match="each of its projections"):
        Trainer(opened, "mean_squared_error", "sgd")
