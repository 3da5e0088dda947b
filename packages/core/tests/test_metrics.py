"""Each metric counts as Keras': over batches of different sizes, with weights, and with masked steps."""

import keras
import numpy as np
import pytest

import core
from core.learning.metrics import METRIC_NAMES, add, find_metric, means
from core.learning.weighting import counted

RNG = np.random.default_rng(0)


def probabilities(*shape):
    scores = RNG.uniform(0.05, 1, size=shape)
    return scores / scores.sum(axis=-1, keepdims=True)


def shares(*shape):
    return np.eye(shape[-1])[RNG.integers(shape[-1], size=shape[:-1])]


#: what is compared: targets and outputs of a batch of so many rows
KINDS = {
    "classes": lambda n: (RNG.integers(7, size=n), probabilities(n, 7)),
    "classes in a column": lambda n: (RNG.integers(7, size=(n, 1)), probabilities(n, 7)),
    "classes of steps": lambda n: (RNG.integers(7, size=(n, 3)), probabilities(n, 3, 7)),
    "columns": lambda n: (shares(n, 7), probabilities(n, 7)),
    "columns of steps": lambda n: (shares(n, 3, 7), probabilities(n, 3, 7)),
    "a unit": lambda n: (RNG.integers(2, size=(n, 1)).astype(float), RNG.uniform(size=(n, 1))),
    "a unit of steps": lambda n: (RNG.integers(2, size=(n, 3, 1)).astype(float), RNG.uniform(size=(n, 3, 1))),
    "units of steps": lambda n: (RNG.integers(2, size=(n, 3, 2)).astype(float), RNG.uniform(size=(n, 3, 2))),
}
SPARSE = ("sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy", "sparse_categorical_crossentropy")
COLUMNS = (
    "categorical_accuracy",
    "top_k_categorical_accuracy",
    "categorical_crossentropy",
    "kl_divergence",
    "categorical_hinge",
)
UNITS = (
    "binary_accuracy", "Precision", "Recall", "RootMeanSquaredError", "mae", "mse", "mape", "msle", "binary_crossentropy",
    "poisson", "hinge", "squared_hinge", "huber", "log_cosh",
)  # fmt: skip
LOSSES_ONLY = ("huber", "log_cosh")  # Keras has no metrics by these names
ROWS = [(metric, kind) for metrics, start in ((SPARSE, "classes"), (COLUMNS, "columns"), (UNITS, "unit"), (UNITS, "a unit"))
        for metric in metrics for kind in KINDS if kind.startswith(start)]  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), ROWS)
@pytest.mark.parametrize("how", ["plain", "weighted", "masked", "masked and weighted"])
def test_metrics_count_as_in_keras(name, kind, how):
    if how == "weighted" and name in {"Precision", "Recall"} and "steps" in kind:
        pytest.skip("Keras spreads the weights of examples over another axis")
    theirs = getattr(keras.losses, name) if name in LOSSES_ONLY else keras.metrics.get(name)
    theirs = theirs if isinstance(theirs, keras.Metric) else keras.metrics.MeanMetricWrapper(theirs)
    mine, tally = find_metric(name), {}
    for rows in (5, 2):
        y, output = KINDS[kind](rows)
        y, output = y.astype(np.float32), output.astype(np.float32)
        weights = RNG.uniform(0.1, 2, size=rows).astype(np.float32) if "weighted" in how else None
        mask = RNG.uniform(size=(rows, 3)) < 0.6 if "masked" in how and "steps" in kind else None
        tensor = keras.ops.convert_to_tensor(output)
        if mask is not None:
            mask[0] = False
            tensor._keras_mask = keras.ops.convert_to_tensor(mask)
            weights = None if weights is None else np.repeat(weights[:, None], 3, axis=1)
        theirs.update_state(keras.ops.convert_to_tensor(y), tensor, sample_weight=weights)
        add(tally, {name: mine.count(y, output, counted(weights, mask if mine.masks else None))})
    found = means(tally, frozenset([name] if mine.root else []))[name]
    np.testing.assert_allclose(found, float(theirs.result()), rtol=1e-5, atol=1e-7)


def test_every_name_is_one_of_keras():
    for name in METRIC_NAMES:
        assert find_metric(name).name == name
        assert name in {"accuracy", "acc", *LOSSES_ONLY} or keras.metrics.get(name) is not None


def test_a_function_is_a_metric():
    metric = find_metric(lambda y, output: np.abs(y - output)[:, 0])
    assert metric.count(np.zeros((2, 1)), np.array([[1.0], [2.0]]), None) == (3.0, 2.0)


@pytest.mark.parametrize("name", ["AUC", "f1", "", None, 3, ["accuracy"], {"class_name": "Mean"}])
def test_other_names_are_errors(name):
    with pytest.raises(core.InputError, match="metrics must be of accuracy, acc"):
        find_metric(name)


@pytest.mark.parametrize(
    "name", ["binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "mse", "Precision"]
)
def test_targets_that_do_not_fit(name):
    with pytest.raises(core.InputError, match=r"shape|class"):
        find_metric(name).count(np.zeros((4, 3)), np.zeros((4, 2)), None)
