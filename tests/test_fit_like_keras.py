"""`fit` and `evaluate` mean what they mean in Keras: the same words give the same scores by the same names, and weights."""

from typing import Any

import keras
import numpy as np
import pytest
from compare import reopen
from trajectory import computing_in

from core.learning import SGD

LAYERS = keras.layers
RNG = np.random.default_rng(0)
ROWS, STEPS, CLASSES = 21, 5, 4
POINTS = RNG.normal(size=(ROWS, 6))
TOKENS = RNG.integers(0, 9, size=(ROWS, STEPS))
TOKENS[:, -1] = 0
LABELS = RNG.integers(CLASSES, size=ROWS)
ONE_HOT = np.eye(CLASSES)[LABELS]
BITS = RNG.integers(2, size=ROWS)
NUMBERS = RNG.normal(size=(ROWS, 1))
WEIGHTS = RNG.uniform(0.1, 2, size=ROWS)
STEP_LABELS = RNG.integers(CLASSES, size=(ROWS, STEPS))
STEP_BITS = RNG.integers(2, size=(ROWS, STEPS, 1))


def line(*layers: Any, size: int = 6) -> keras.Model:
    return keras.Sequential(
        [keras.Input((size,)), LAYERS.Dense(5, "tanh", kernel_regularizer=keras.regularizers.L2(2**-7)), *layers]
    )


def steps(*layers: Any) -> keras.Model:
    x = keras.Input((STEPS,), dtype="int32")
    y = LAYERS.Embedding(9, 4, mask_zero=True)(x)
    for layer in (LAYERS.SimpleRNN(4, return_sequences=True), *layers):
        y = layer(y)
    return keras.Model(x, y)


def two(structure: Any = list) -> keras.Model:
    x = keras.Input((6,))
    hidden = LAYERS.Dense(5, "tanh")(x)
    a, b = LAYERS.Dense(CLASSES, "softmax", name="kind")(hidden), LAYERS.Dense(1, name="size")(hidden)
    return keras.Model(x, {"size": b, "kind": a} if structure is dict else [a, b])


def used_again() -> keras.Model:
    """The softmax is an output, and the input of another."""
    x = keras.Input((6,))
    kind = LAYERS.Dense(CLASSES, "softmax", name="kind")(x)
    return keras.Model(x, [kind, LAYERS.Dense(1, "sigmoid", name="size")(kind)])


def twice() -> keras.Model:
    """One tensor is two outputs."""
    x = keras.Input((6,))
    kind = LAYERS.Dense(CLASSES, "softmax", name="kind")(x)
    return keras.Model(x, [kind, LAYERS.Activation("linear", name="copy")(kind)])


def nested() -> keras.Model:
    """A model of two outputs inside, of which one goes on."""
    inner, x = two(), keras.Input((6,))
    kind, size = inner(x)
    return keras.Model(x, [kind, LAYERS.Dense(1, name="last")(size)])


def inputs() -> keras.Model:
    a, b = keras.Input((6,), name="a"), keras.Input((1,), name="b")
    return keras.Model([a, b], LAYERS.Dense(CLASSES, "softmax")(LAYERS.Concatenate()([a, b])))


def soft() -> Any:
    return LAYERS.Dense(CLASSES, "softmax")


SPARSE, BINARY = "sparse_categorical_crossentropy", "binary_crossentropy"
BOTH = {"loss": [SPARSE, "mse"]}
#: name: network, x, y, words of compile, words of fit
TABLE: dict[str, tuple[Any, ...]] = {
    "classes": (lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE, "metrics": ["accuracy"]}),
    "classes in a column": (lambda: line(soft()), POINTS, LABELS[:, None], {"loss": SPARSE, "metrics": ["acc"]}),
    "classes as floats": (lambda: line(soft()), POINTS, LABELS.astype(float), {"loss": SPARSE, "metrics": ["accuracy"]}),
    "columns": (
        lambda: line(soft()), POINTS, ONE_HOT,
        {"loss": "categorical_crossentropy", "metrics": ["accuracy", "mae", "categorical_accuracy", "Precision", "Recall"]},
    ),
    "no metrics": (lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE, "metrics": []}),
    "one sigmoid": (
        lambda: line(LAYERS.Dense(1, "sigmoid")), POINTS, BITS,
        {"loss": BINARY, "metrics": ["accuracy", "binary_accuracy", "Precision", "Recall"]},
    ),
    "several sigmoids": (
        lambda: line(LAYERS.Dense(CLASSES, "sigmoid")), POINTS, ONE_HOT,
        {"loss": BINARY, "metrics": ["accuracy", "binary_accuracy"]},
    ),
    "numbers": (
        lambda: line(LAYERS.Dense(1)), POINTS, NUMBERS[:, 0],
        {"loss": "mae", "metrics": ["mse", "MAE", "RootMeanSquaredError", "mape", "cosine_similarity"]},
    ),
    "weights": (
        lambda: line(soft()), POINTS, LABELS,
        {"loss": SPARSE, "metrics": ["accuracy"], "weighted_metrics": ["accuracy"]}, {"sample_weight": WEIGHTS},
    ),
    "weights in a column": (
        lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE, "weighted_metrics": ["accuracy"]},
        {"sample_weight": WEIGHTS[:, None]},
    ),
    "class weights": (
        lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE, "metrics": ["accuracy"]}, {"class_weight": {0: 3.0, 2: 0.5}},
    ),
    "class weights of one unit": (
        lambda: line(LAYERS.Dense(1, "sigmoid")), POINTS, BITS[:, None], {"loss": BINARY, "metrics": []},
        {"class_weight": {1: 3.0}},
    ),
    "masked steps": (lambda: steps(soft()), TOKENS, STEP_LABELS, {"loss": SPARSE, "metrics": ["accuracy"]}),
    "masked steps in a column": (
        lambda: steps(soft()), TOKENS, STEP_LABELS[..., None], {"loss": SPARSE, "metrics": ["accuracy"]},
    ),
    "masked steps, weighted": (
        lambda: steps(soft()), TOKENS, STEP_LABELS,
        {"loss": SPARSE, "metrics": ["accuracy"], "weighted_metrics": ["sparse_categorical_accuracy"]},
        {"sample_weight": RNG.uniform(0.1, 2, size=(ROWS, STEPS))},
    ),
    "masked steps of one sigmoid": (
        lambda: steps(LAYERS.Dense(1, "sigmoid")), TOKENS, STEP_BITS, {"loss": BINARY, "metrics": ["accuracy"]},
    ),
    "masked steps of several sigmoids": (
        lambda: steps(LAYERS.Dense(CLASSES, "sigmoid")), TOKENS, np.eye(CLASSES)[STEP_LABELS],
        {"loss": BINARY, "metrics": ["accuracy", "binary_accuracy"]},
    ),
    "masked numbers": (
        lambda: steps(LAYERS.Dense(2)), TOKENS, RNG.normal(size=(ROWS, STEPS, 2)), {"loss": "mse", "metrics": ["mae"]},
    ),
    "two inputs": (inputs, [POINTS, NUMBERS], LABELS, {"loss": SPARSE, "metrics": ["accuracy"]}),
    "two inputs by name": (inputs, {"a": POINTS, "b": NUMBERS}, LABELS, {"loss": SPARSE, "metrics": ["accuracy"]}),
    "two outputs": (two, POINTS, [LABELS, NUMBERS], BOTH),
    "two outputs, cut short": (two, POINTS[:-3], [LABELS[:-3], NUMBERS[:-3]], BOTH),
    "one loss for two": (two, POINTS, [ONE_HOT, NUMBERS], {"loss": "mse"}),
    "two outputs by name": (
        two, POINTS, {"size": NUMBERS, "kind": LABELS},
        {
            "loss": {"size": "mse", "kind": SPARSE}, "loss_weights": {"size": 0.3, "kind": 2.0},
            "metrics": {"kind": ["accuracy", SPARSE], "size": "mae"},
        },
    ),
    "lists of metrics": (
        two, POINTS, [LABELS, NUMBERS], BOTH | {"loss_weights": [0.5, 2.0], "metrics": [["accuracy"], ["mae", "mse"]]},
    ),
    "one is not trained": (two, POINTS, [LABELS, NUMBERS], {"loss": [SPARSE, None], "metrics": [["accuracy"], ["mae"]]}),
    "a dict of outputs": (
        lambda: two(dict), POINTS, {"kind": LABELS, "size": NUMBERS},
        {"loss": {"kind": SPARSE, "size": "mse"}, "metrics": {"kind": ["accuracy"], "size": ["mae"]}},
    ),
    "weights for both": (
        two, POINTS, [LABELS, NUMBERS], BOTH | {"weighted_metrics": [["accuracy"], []]}, {"sample_weight": WEIGHTS},
    ),
    "weights of each": (
        two, POINTS, [LABELS, NUMBERS], BOTH, {"sample_weight": [WEIGHTS, WEIGHTS[::-1].copy()]},
    ),
    "an output that goes on": (
        used_again, POINTS, [LABELS, BITS], {"loss": [SPARSE, BINARY], "metrics": [["accuracy"], ["accuracy"]]},
    ),
    "one tensor twice": (twice, POINTS, [LABELS, ONE_HOT], {"loss": [SPARSE, "categorical_crossentropy"]}),
    "outputs of a model inside": (nested, POINTS, [LABELS, NUMBERS], BOTH),
    "split": (lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE, "metrics": ["accuracy"]}, {"validation_split": 0.3}),
    "split with weights": (
        lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE, "weighted_metrics": ["accuracy"]},
        {"validation_split": 0.3, "sample_weight": WEIGHTS},
    ),
    "split of two outputs": (two, POINTS, [LABELS, NUMBERS], BOTH, {"validation_split": 1 / 3}),
    "validated": (
        lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE, "metrics": ["accuracy"]},
        {"validation_data": (POINTS[:9], LABELS[:9]), "validation_batch_size": 4, "validation_freq": 2},
    ),
    "validated with weights": (
        lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE, "metrics": ["accuracy"]},
        {"validation_data": (POINTS[:9], LABELS[:9], WEIGHTS[:9]), "validation_steps": 1},
    ),
    "steps": (lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE, "metrics": ["accuracy"]}, {"steps_per_epoch": 2}),
    "from the second epoch on": (
        lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE, "metrics": ["accuracy"]}, {"initial_epoch": 2},
    ),
    "no epochs": (lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE}, {"epochs": 0}),
    "one large batch": (lambda: line(soft()), POINTS, LABELS, {"loss": SPARSE}, {"batch_size": 1000}),
}  # fmt: skip
#: Strengths and rates that float32 holds: Keras rounds them to it.
TOLERANCE = 1e-12


@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # of an output that is not trained
@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # where an epoch of some steps ends with the data
@pytest.mark.parametrize("name", TABLE)
def test_the_words_of_keras_give_its_scores(name):
    build, x, y, words, *rest = TABLE[name]
    options = {"epochs": 3, "batch_size": 7, "shuffle": False, "verbose": 0} | (rest[0] if rest else {})
    with computing_in("float64"):
        keras.utils.set_random_seed(1)
        theirs = build()
        ours = reopen(theirs)
        # Eagerly is faster here, but counts a batch that is cut short by its rows in the loss of an output, and not as one.
        graph = name.endswith("cut short")
        theirs.compile(keras.optimizers.SGD(0.125), run_eagerly=not graph, jit_compile=False, **words)
        expected = theirs.fit(x, y, **options)
        found = ours.fit(x, y, optimizer=SGD(0.125), **({"metrics": []} | words), **options)
        assert set(found.history) == set(expected.history)
        assert found.epoch == expected.epoch
        for key, values in expected.history.items():
            np.testing.assert_allclose(found[key], values, rtol=TOLERANCE, atol=TOLERANCE, err_msg=key)
        for mine, his in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, his, rtol=TOLERANCE, atol=TOLERANCE)
        whole = {"sample_weight": options.get("sample_weight"), "batch_size": 7 if isinstance(y, list | dict) else 5}
        scores = theirs.evaluate(x, y, verbose=0, **whole)
        np.testing.assert_allclose(ours.evaluate(x, y, **whole), scores, rtol=TOLERANCE, atol=TOLERANCE)
        by_name = theirs.evaluate(x, y, verbose=0, return_dict=True, **whole)
        assert ours.evaluate(x, y, return_dict=True, **whole) == pytest.approx(by_name, rel=TOLERANCE, abs=TOLERANCE)
