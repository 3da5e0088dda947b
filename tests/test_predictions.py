"""`Model.predict` gives what Keras' gives for the same batches: on any number of threads, wherever rows depend on others."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from compare import check_predictions, randomize, reopen
from compare_predictions import ROWS, check_many_predictions, with_mixing
from graphs import Recipe
from image_graphs import BOTH
from keras import ops
from token_graphs import SEQUENCES

import core

# A nested model takes no mask, and Keras says so.
pytestmark = pytest.mark.filterwarnings("ignore:.*was passed an input with a mask:UserWarning")
L = keras.layers
RNG = np.random.default_rng(0)
SENTENCES = [["a b"], ["c"], ["a b c d e f g h"], [""], ["e f"], ["b b b b b b b b b"]]
WORDS = ["aa", "b", "cccccc"]


def floats(*shape: int) -> Any:
    return RNG.normal(size=shape).astype(np.float32)


def line(*layers: Any, shape: Any = (4,), dtype: str = "float32", batch: int | None = None) -> keras.Model:
    return keras.Sequential([keras.Input(batch_shape=(batch, *shape), dtype=dtype), *layers])


def graph(
    function: Callable[[Any], Any], shape: Any = (4,), dtype: str = "float32", batch: int | None = None
) -> keras.Model:
    x = keras.Input(batch_shape=(batch, *shape), dtype=dtype)
    return keras.Model(x, function(x))


def words() -> L.TextVectorization:
    layer = L.TextVectorization()
    layer.adapt(["a b c d", "b c", "e f g h i"])
    return layer


def masked_from_outside() -> keras.Model:
    entry = keras.Input((5, 3))
    inner = keras.Model(entry, L.LSTM(4)(entry))
    x, mask = keras.Input((5, 3)), keras.Input((5,), dtype="bool")
    return keras.Model([x, mask], inner(x, mask=mask))


def nested_record() -> keras.Model:
    entry = keras.Input((4,))
    inner = keras.Model(entry, L.BatchNormalization()(entry))
    return graph(lambda x: inner(x, training=True))


def constant_state() -> keras.Model:
    state = [ops.convert_to_tensor(np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3))] * 2
    return graph(lambda x: L.LSTM(3)(x, initial_state=state), shape=(5, 3), batch=4)


class Case(NamedTuple):
    """A model, whether its rows are independent, an input, and the batches (Keras takes no others for some)."""

    build: Callable[[], keras.Model]
    independent: bool
    x: Any = None
    batches: tuple[int | None, ...] = (None, 7)


STEPS = floats(12, 5, 3)
CASES = {
    "softmax over rows": Case(lambda: line(L.Softmax(axis=0)), False),
    "softmax over rows, from the end": Case(lambda: line(L.Softmax(axis=-2)), False),
    "length over rows": Case(lambda: line(L.UnitNormalization(axis=0)), False),
    "row by row": Case(lambda: line(L.Softmax(axis=-1), L.UnitNormalization(axis=1)), True),
    "a mean over rows": Case(lambda: graph(lambda x: ops.mean(x, axis=0)), False),
    "a row of means": Case(lambda: graph(lambda x: ops.mean(x, axis=0, keepdims=True)), False),
    "one number": Case(lambda: graph(ops.mean), False),
    "a mean over features": Case(lambda: graph(lambda x: x - ops.mean(x, axis=-1, keepdims=True)), True),
    "products of rows": Case(lambda: graph(lambda x: ops.matmul(ops.transpose(x), x)), False),
    "more rows": Case(lambda: graph(lambda x: ops.reshape(x, (-1, 2))), False),
    "the same rows": Case(lambda: graph(lambda x: ops.reshape(x, (-1, 2, 2))), True),
    "rows joined": Case(lambda: graph(lambda x: L.Concatenate(axis=0)([x, x])), False),
    "columns joined": Case(lambda: graph(lambda x: L.Concatenate(axis=1)([x, x])), True),
    "normalised by the batch": Case(lambda: graph(lambda x: L.BatchNormalization()(x, training=True)), True),
    "a nested record": Case(nested_record, True),
    "dropout that was recorded": Case(lambda: graph(lambda x: L.Dropout(0.5)(x, training=True)), True),
    "sentences padded to the longest": Case(
        lambda: line(words(), L.Embedding(20, 3), L.GlobalAveragePooling1D(), shape=(1,), dtype="string"),
        False,
        ops.convert_to_tensor(SENTENCES * 9),
    ),
    "words": Case(
        lambda: line(L.StringLookup(vocabulary=WORDS, invert=True), shape=(2,), dtype="int64"),
        True,
        RNG.integers(0, 4, (ROWS, 2)),
    ),
    "large whole numbers": Case(lambda: graph(lambda x: x + 1, dtype="int64"), True, np.full((ROWS, 4), 2**40 + 1)),
    "one id a row": Case(lambda: line(L.CategoryEncoding(5), shape=(), dtype="int64"), False, RNG.integers(0, 5, ROWS)),
    "truth": Case(lambda: graph(lambda x: x > 0), True),
    "a dict": Case(lambda: graph(lambda x: {"b": x * 2, "a": L.Dense(2)(x)}), True),
    "a list": Case(lambda: graph(lambda x: [x * 2, L.Dense(2)(x)]), True),
    "float64": Case(lambda: line(L.Dense(2, dtype="float64"), dtype="float64"), True, RNG.normal(size=(ROWS, 4))),
    "float16": Case(lambda: line(L.Dense(2, dtype="float16"), dtype="float16"), True, floats(ROWS, 4).astype(np.float16)),
    "a mask from outside": Case(masked_from_outside, True, [floats(ROWS, 5, 3), RNG.random((ROWS, 5)) > 0.4]),
    "a crop that is left out": Case(
        lambda: line(L.RandomCrop(5, 5), L.Conv2D(2, 3), L.Flatten(), shape=(8, 8, 3)), True, floats(ROWS, 8, 8, 3)
    ),
    "a batch of four": Case(lambda: line(L.LSTM(3), shape=(5, 3), batch=4), True, STEPS, (4,)),
    "a state in the graph": Case(constant_state, False, STEPS, (4,)),
}  # fmt: skip
STATEFUL = {
    "forwards": lambda: L.GRU(3, stateful=True),
    "both directions": lambda: L.Bidirectional(L.SimpleRNN(3, stateful=True)),
    "stacked": lambda: L.RNN([L.LSTMCell(3), L.GRUCell(2)], stateful=True),
}


@pytest.mark.parametrize("name", CASES)
def test_a_kind(name):
    case = CASES[name]
    model = case.build()
    randomize(model, np.random.default_rng(1))
    opened = reopen(model)
    assert opened.engine().rows_are_independent == case.independent
    tolerance = 2e-3 if name == "float16" else 1e-6  # half precision has 11 bits
    check_predictions(model, opened, floats(ROWS, 4) if case.x is None else case.x, case.batches, tolerance)


@pytest.mark.parametrize("name", STATEFUL)
def test_a_state_goes_from_batch_to_batch(name):
    model = line(STATEFUL[name](), shape=(5, 3), batch=4)
    randomize(model, np.random.default_rng(1))
    expected = model.predict(STEPS, batch_size=4, verbose=0)
    for threads in (1, 2, 7):
        opened = reopen(model)
        assert not opened.engine().rows_are_independent
        np.testing.assert_allclose(opened.predict(STEPS, batch_size=4, threads=threads), expected, rtol=0, atol=1e-6)
        assert np.abs(opened.predict(STEPS, batch_size=4) - expected).max() > 1e-3  # it went on from there


def test_a_layer_of_ones_own_counts_as_mixing_rows_unless_it_says():
    class Silent(core.Layer):
        def call(self, x: Any) -> Any:
            return x - x.mean(axis=0)

    class Open(Silent):
        def mixes_rows(self, *shapes: Any) -> bool:
            return False

        def call(self, x: Any) -> Any:
            return x * 2

    for kind, independent in ((Silent, False), (Open, True)):
        model = core.Sequential([kind()], batch_shape=(None, 4))
        model.build()
        assert model.engine().rows_are_independent == independent
    x = floats(40, 4)
    model = core.Sequential([Silent()], batch_shape=(None, 4))
    model.build()
    expected = np.concatenate([part - part.mean(axis=0) for part in (x[:32], x[32:])])
    np.testing.assert_array_equal(model.predict(x, threads=7), expected)


def test_inputs_have_as_many_rows():
    one, other = keras.Input((3,)), keras.Input((3,))
    opened = reopen(keras.Model([one, other], L.Add()([one, other])))
    for rows in ((40, 41), (1, 40), (64, 32)):
        with pytest.raises(core.InputError, match=f"{rows[0]}, {rows[1]}"):
            opened.predict([floats(rows[0], 3), floats(rows[1], 3)])


def test_random_graphs():
    kinds = np.zeros(2, int)
    for recipe in (Recipe(), BOTH, SEQUENCES):
        kinds += check_many_predictions(with_mixing(recipe), examples=12)
    assert kinds.sum() >= 30
    assert min(kinds) >= 5
