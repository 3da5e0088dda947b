"""Losses, optimizers, schedules, initializers and regularizers, one by one against Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import core
from core import learning
from core.layers import Dense
from core.layers.gradients import SparseRows
from core.layers.trainable import parameters
from core.learning import losses, optimizers, schedules
from core.learning.initializers import INITIALIZERS, fans, initialize
from core.learning.regularizers import penalties

RNG = np.random.default_rng(0)
CLASSES = RNG.integers(4, size=6)
SHARES = np.eye(4)[CLASSES]
PROBABILITIES = RNG.dirichlet(np.ones(4), size=6)
SCORES = 3 * RNG.normal(size=(6, 4))
EXTREME = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.3, 0.3, 0.4, 0.0]])

LOSS_ROWS = [
    ("SparseCategoricalCrossentropy", {}, CLASSES, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {}, CLASSES[:3], EXTREME),
    ("SparseCategoricalCrossentropy", {}, CLASSES, 2 * PROBABILITIES),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, CLASSES, SCORES),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, CLASSES.reshape(2, 3), SCORES.reshape(2, 3, 4)),
    ("CategoricalCrossentropy", {}, SHARES, PROBABILITIES),
    ("CategoricalCrossentropy", {}, SHARES[:3], EXTREME),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, SHARES, 2 * PROBABILITIES),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, SHARES, SCORES),
    ("BinaryCrossentropy", {}, SHARES, PROBABILITIES),
    ("BinaryCrossentropy", {}, SHARES[:3], EXTREME),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, SHARES, SCORES),
    ("MeanSquaredError", {}, SHARES, SCORES),
    ("MeanAbsoluteError", {}, SHARES, SCORES),
    ("MeanAbsolutePercentageError", {}, SCORES[::-1], SCORES),
    ("MeanAbsolutePercentageError", {}, SHARES, SCORES),
    ("MeanSquaredLogarithmicError", {}, SHARES, SCORES),
    ("Huber", {}, SHARES, SCORES),
    ("Huber", {"delta": 0.3}, SHARES, SCORES),
    ("LogCosh", {}, SHARES, 40 * SCORES),
    ("Poisson", {}, SHARES, PROBABILITIES),
    ("Hinge", {}, SHARES, SCORES),
    ("Hinge", {}, np.sign(SCORES[::-1]), SCORES),
    ("SquaredHinge", {}, SHARES, SCORES),
    ("KLDivergence", {}, SHARES, PROBABILITIES),
    ("KLDivergence", {}, SHARES, 2 * PROBABILITIES),
    ("CategoricalHinge", {}, SHARES, SCORES),
    ("CosineSimilarity", {}, SHARES, SCORES),
    ("CosineSimilarity", {}, SHARES.reshape(2, 3, 4), SCORES.reshape(2, 3, 4)),
]


@pytest.mark.parametrize("row", LOSS_ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_losses_and_their_slopes(row):
    name, options, y, output = row
    theirs = getattr(keras.losses, name)(**options, reduction="none", dtype="float64")
    tensor = tf.constant(output)
    weights = np.random.default_rng(1).uniform(size=y.shape if "Sparse" in name else y.shape[:-1])
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        expected = theirs(tf.constant(y), tensor)
        total = tf.reduce_sum(expected * weights)
    loss = getattr(learning, name)(**options)
    values, slope = loss.values(loss.check(y, output), output)
    np.testing.assert_allclose(values, expected, rtol=1e-10, atol=1e-12)
    gradient = tape.gradient(total, tensor).numpy()
    np.testing.assert_allclose(slope(weights), gradient, rtol=1e-10, atol=1e-10 * np.abs(gradient).max())


@pytest.mark.parametrize(
    ("y", "output", "message"),
    [
        ([4], SCORES[:1], "classes from 0 to 3"),
        ([0.5], SCORES[:1], "classes"),
        ([[0, 1]], SCORES[:1], "class for each"),
    ],
)
def test_losses_refuse_truths_that_do_not_fit(y, output, message):
    with pytest.raises(core.InputError, match=message):
        losses.SparseCategoricalCrossentropy().check(np.array(y), output)
    with pytest.raises(core.InputError, match="one shape"):
        losses.MeanSquaredError().check(np.zeros((1, 2)), output)


OPTIMIZER_ROWS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "beta_1": 0.8, "epsilon": 1e-3}),
    ("Adam", {"clipnorm": 0.5}),
    ("Adam", {"clipvalue": 0.3}),
    ("Adam", {"global_clipnorm": 0.5}),
    ("AdamW", {}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
]


@pytest.mark.parametrize("row", OPTIMIZER_ROWS, ids=str)
@pytest.mark.parametrize("sparse", [False, True], ids=["arrays", "rows"])
def test_optimizers_take_keras_steps(row, sparse):
    name, options = row
    rng = np.random.default_rng(2)
    values = [rng.normal(size=(5, 3)).astype(np.float32), rng.normal(size=4).astype(np.float32)]
    theirs = getattr(keras.optimizers, name)(0.05, **options)
    mine = getattr(optimizers, name)(0.05, **options)
    variables = [keras.Variable(value) for value in values]
    for _ in range(5):
        gradients = [rng.normal(size=value.shape).astype(np.float32) for value in values]
        given = list(gradients)
        if sparse:
            ids, rows = np.array([1, 3, 1]), rng.normal(size=(3, 3)).astype(np.float32)
            gradients[0] = tf.IndexedSlices(tf.constant(rows), tf.constant(ids), (5, 3))
            given[0] = SparseRows(ids, rows, 5)
        theirs.apply([g if isinstance(g, tf.IndexedSlices) else tf.constant(g) for g in gradients], variables)
        values = mine.step(values, given)
        for value, variable in zip(values, variables, strict=True):
            assert value.dtype == np.float32
            np.testing.assert_allclose(value, variable, rtol=0, atol=2e-6)


def test_only_one_way_of_clipping():
    with pytest.raises(core.InputError, match="only one of"):
        optimizers.Adam(clipnorm=1.0, clipvalue=1.0)
    with pytest.raises(core.InputError, match="larger than 0"):
        optimizers.Adam(clipnorm=0.0)


SCHEDULE_ROWS = [
    ("ExponentialDecay", (0.1, 10, 0.5), {}),
    ("ExponentialDecay", (0.1, 10, 0.5), {"staircase": True}),
    ("PiecewiseConstantDecay", ([5, 20], [0.1, 0.05, 0.01]), {}),
    ("CosineDecay", (0.1, 30), {"alpha": 0.1}),
    ("CosineDecay", (0.0, 30), {"warmup_target": 0.1, "warmup_steps": 10}),
    ("CosineDecayRestarts", (0.1, 7), {"t_mul": 2.0, "m_mul": 0.5, "alpha": 0.1}),
    ("CosineDecayRestarts", (0.1, 7), {"t_mul": 1.0}),
]


@pytest.mark.parametrize("row", SCHEDULE_ROWS, ids=str)
def test_schedules(row):
    name, args, options = row
    theirs, mine = (
        getattr(keras.optimizers.schedules, name)(*args, **options),
        getattr(schedules, name)(*args, **options),
    )
    steps = [step for step in range(50) if step not in {7, 21, 14, 28, 35, 42, 49} or "Restarts" not in name]
    # Where a period begins, Keras' float32 may still count the step to the one before.
    np.testing.assert_allclose([mine(step) for step in steps], [float(theirs(step)) for step in steps], atol=1e-7)


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"identity", "constant"}))
@pytest.mark.parametrize("shape", [(200, 300), (3, 3, 40, 60)])
def test_initializers_have_keras_spread(name, shape):
    mine = INITIALIZERS[name](shape, np.random.default_rng(0))
    theirs = np.asarray(keras.initializers.get(name)(shape))
    assert mine.shape == shape
    scale = theirs.std() or 1.0
    assert abs(mine.mean() - theirs.mean()) < 0.05 * scale
    assert abs(mine.std() - theirs.std()) < 0.02 * scale
    if "uniform" in name or "truncated" in name or name.startswith(("glorot", "he", "lecun")):
        assert abs(np.abs(mine).max() - np.abs(theirs).max()) < 0.02 * scale  # where the distribution ends


def test_orthogonal_columns():
    for shape in ((6, 24), (24, 6), (3, 2, 6)):
        q = INITIALIZERS["orthogonal"](shape, np.random.default_rng(0)).reshape(-1, shape[-1])
        product = q @ q.T if q.shape[0] < q.shape[1] else q.T @ q
        np.testing.assert_allclose(product, np.eye(min(q.shape)), atol=1e-12)
    assert fans((3, 3, 4, 8)) == (36, 72)


def test_initializers_of_the_config_are_used():
    layer = Dense(3, kernel_initializer="ones", bias_initializer={"class_name": "Constant", "config": {"value": 2.0}})
    layer.build((None, 2))
    initialize(layer, np.random.default_rng(0))
    np.testing.assert_array_equal(layer.kernel, np.ones((2, 3)))
    np.testing.assert_array_equal(layer.bias, [2.0] * 3)
    written = keras.saving.serialize_keras_object(keras.initializers.GlorotUniform())  # with options that are None
    layer = Dense(3, kernel_initializer=written)
    layer.build((None, 2))
    initialize(layer, np.random.default_rng(0))
    assert 0 < np.abs(layer.kernel).max() <= np.sqrt(6 / 5)
    layer = Dense(3, kernel_initializer="nonsense")
    layer.build((None, 2))
    with pytest.raises(core.UnsupportedLayerError, match="nonsense"):
        initialize(layer, np.random.default_rng(0))


def test_penalties_of_the_config():
    layer = Dense(
        3,
        kernel_regularizer={"class_name": "L1L2", "config": {"l1": 0.1, "l2": 0.2}},
        bias_regularizer="l2",
        dtype="float64",
    )
    layer.build((None, 2))
    initialize(layer, np.random.default_rng(0))
    layer.assign("bias", np.array([1.0, -2.0, 0.0]))
    found = {penalty.parameter.name: penalty for penalty in penalties(layer)}
    kernel = tf.constant(layer.kernel)
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        expected = keras.regularizers.L1L2(0.1, 0.2)(kernel)
    assert found["kernel"].cost() == pytest.approx(float(expected), rel=1e-6)
    np.testing.assert_allclose(found["kernel"].gradient(), tape.gradient(expected, kernel), rtol=1e-6)
    assert found["bias"].cost() == pytest.approx(0.05)
    strange = Dense(3, kernel_regularizer={"class_name": "OrthogonalRegularizer", "config": {}})
    strange.build((None, 2))
    with pytest.raises(core.UnsupportedLayerError, match="Orthogonal"):
        penalties(strange)


def test_parameters_know_what_is_frozen():
    model = core.Sequential([Dense(3, trainable=False), Dense(2)], batch_shape=(None, 4))
    model.initialize()
    assert [parameter.trainable for parameter in parameters(model)] == [False, False, True, True]
