"""What goes wrong in a hurry is an `InputError` that says what to do, before a single step is taken."""

import itertools

import keras
import numpy as np
import pytest
from compare import reopen

import core
from core.layers import Dense, Flatten
from core.learning import (
    SGD,
    Adam,
    BinaryCrossentropy,
    CSVLogger,
    EarlyStopping,
    MeanSquaredError,
    ModelCheckpoint,
    ReduceLROnPlateau,
)

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 3)).astype(np.float32), np.arange(12) % 2
ONE_HOT = np.eye(2)[Y]


def network(units=2, last="softmax", *, initialized=True):
    model = core.Sequential([Dense(4, "relu", name="a"), Dense(units, last, name="b")], batch_shape=(None, 3))
    if initialized:
        model.initialize(0)
    return model


def two_outputs():
    x = keras.Input((3,))
    a = keras.layers.Dense(2, "softmax", name="kind")(x)
    return reopen(keras.Model(x, [a, keras.layers.Dense(1, name="size")(x)]))


def holding(array, value, row=5):
    changed = np.array(array, dtype=np.float32)
    changed[row] = value
    return changed


BOTH = {"loss": ["sparse_categorical_crossentropy", "mse"]}
#: name: the options that are wrong beside x and y, and what the error says
MISTAKES = {
    "no y": ({"y": None}, "y is missing"),
    "too few targets": ({"y": Y[:-1]}, "x and y must have as many rows: x has 12, y has 11"),
    "no rows": ({"x": X[:0], "y": Y[:0]}, "at least one"),
    "text as targets": ({"y": np.array(["a", "b"] * 6)}, r"y must be numbers, got <U1 \('a'\)"),
    "text among targets": ({"y": [0, "a"] * 6}, "y must be numbers"),
    "objects as targets": ({"y": [None, 1] * 6}, "y must be numbers"),
    "dates as targets": ({"y": np.zeros(12, "datetime64[s]")}, "y must be numbers"),
    "complex targets": ({"y": Y + 1j}, "y must be numbers"),
    "ragged targets": ({"y": [[0], [1, 0]] * 6}, "y must be"),
    "one number as target": ({"y": 1}, "row for each example"),
    "a class too many": ({"y": Y + 1}, "classes from 0 to 1"),
    "a class below 0": ({"y": Y - 1}, "classes from 0 to 1"),
    "half a class": ({"y": Y + 0.5}, "classes"),
    "one-hot for sparse": ({"y": ONE_HOT}, "loss='categorical_crossentropy'"),
    "sparse for one-hot": ({"loss": "categorical_crossentropy"}, "loss='sparse_categorical_crossentropy'"),
    "another shape": ({"loss": "mse", "y": np.zeros((12, 3))}, "one shape"),
    "one column for two": ({"loss": "mse", "y": np.zeros((12, 1))}, "one shape"),
    "NaN in y": ({"loss": "mse", "y": holding(ONE_HOT, np.nan)}, "y: row 5 holds NaN"),
    "infinity in y": ({"loss": "mse", "y": holding(ONE_HOT, np.inf)}, "y: row 5 holds"),
    "NaN in x": ({"x": holding(X, np.nan, 11), "batch_size": 2}, "row 11 of the input holds NaN"),
    "x of another width": ({"x": X[:, :2]}, "shape"),
    "text as x": ({"x": X.astype(str)}, "numbers"),
    "no loss at all": ({"loss": "nonsense"}, "loss must be"),
    "unknown loss": ({"loss": "mean_sqared_error"}, "one of .*mean_squared_error"),
    "a function as loss": ({"loss": lambda y, p: 0}, "loss must be"),
    "unknown optimizer": ({"optimizer": "adamm"}, "one of .*adam"),
    "no optimizer at all": ({"optimizer": "nonsense"}, "optimizer must be"),
    "unknown metric": ({"metrics": ["acuracy"]}, "metrics must be of accuracy"),
    "a number as metric": ({"metrics": [3]}, "metrics must be of"),
    "loss of an output that is not there": ({"loss": {"c": "mse"}}, "names b"),
    "two losses for one output": ({"loss": ["mse", "mse"]}, "one entry for each of the 1 outputs"),
    "no loss": ({"loss": [None]}, "at least one"),
    "loss weights as text": ({"loss": "mse", "y": ONE_HOT, "loss_weights": ["a"]}, "loss_weights"),
    "no batch": ({"batch_size": 0}, "batch_size"),
    "half a batch": ({"batch_size": 1.5}, "batch_size"),
    "negative epochs": ({"epochs": -1}, "epochs"),
    "epochs as text": ({"epochs": "3"}, "epochs"),
    "shuffle by batch": ({"shuffle": "batch"}, "shuffle"),
    "verbose": ({"verbose": 7}, "verbose must be 0, 1, 2 or 'auto'"),
    "verbose as text": ({"verbose": "yes"}, "verbose"),
    "too few weights": ({"sample_weight": np.ones(11)}, "row for each of the 12 examples, got 11"),
    "too many weights": ({"sample_weight": np.ones(13)}, "row for each of the 12 examples, got 13"),
    "weights of steps": ({"sample_weight": np.ones((12, 5))}, "a number for each example"),
    "NaN as weight": ({"sample_weight": holding(np.ones(12), np.nan)}, "sample_weight: row 5"),
    "text as weight": ({"sample_weight": ["a"] * 12}, "sample_weight must be numbers"),
    "weights twice": ({"sample_weight": np.ones(12), "class_weight": {0: 1}}, "only one of"),
    "class weights by name": ({"class_weight": {"0": 1.0}}, "class_weight must name classes from 0 to 1, got '0'"),
    "weight of a class too many": ({"class_weight": {0: 1.0, 2: 1.0}}, "from 0 to 1, got 2"),
    "weight of a class below 0": ({"class_weight": {-1: 1.0}}, "got -1"),
    "class weights in a list": ({"class_weight": [1.0, 2.0]}, "must be a dict"),
    "class weights as text": ({"class_weight": {0: "a"}}, r"class_weight\[0\]"),
    "negative class weight": ({"class_weight": {0: -1.0}}, r"class_weight\[0\]"),
    "NaN as class weight": ({"class_weight": {0: float("nan")}}, r"class_weight\[0\]"),
    "split of all": ({"validation_split": 1.0}, "leaves none"),
    "split of more": ({"validation_split": 1.5}, "validation_split must lie in"),
    "split of less": ({"validation_split": -0.1}, "validation_split must lie in"),
    "split into nothing": ({"validation_split": 1.0 - 1e-9}, "leaves none"),
    "split as text": ({"validation_split": "a"}, "validation_split"),
    "x alone to validate": ({"validation_data": X}, "must be a pair"),
    "four parts to validate": ({"validation_data": (X, Y, Y, Y)}, "must be a pair"),
    "numbers to validate": ({"validation_data": (1, 2, 3)}, "validation_data: "),
    "validation that does not fit": ({"validation_data": (X[:, :2], Y)}, "validation_data: "),
    "NaN to validate": ({"validation_data": (holding(X, np.nan), Y)}, "validation_data: .*row 5"),
    "a class too many to validate": ({"validation_data": (X, Y + 1)}, "validation_data: y, rows 0 to 11"),
    "validation never": ({"validation_data": (X, Y), "validation_freq": 0}, "validation_freq"),
    "more steps than batches": ({"batch_size": 6, "steps_per_epoch": 3}, "make 2 batches of 6"),
    "steps below 1": ({"steps_per_epoch": 0}, "steps_per_epoch"),
    "watching nothing": ({"callbacks": [EarlyStopping()]}, "watches 'val_loss'"),
    "plateau of nothing": ({"callbacks": [ReduceLROnPlateau("val_acc")]}, "watches 'val_acc'"),
    "a callback that is none": ({"callbacks": [print]}, "core.learning callbacks"),
    "Keras' callback": ({"callbacks": [keras.callbacks.EarlyStopping()]}, "core.learning callbacks"),
    "a callback as text": ({"callbacks": ["stop"]}, "callbacks must be"),
    "callbacks as a number": ({"callbacks": 3}, "core.learning callbacks"),
    "a folder that is not there": ({"callbacks": [ModelCheckpoint("no/such/m.keras")]}, "there is no folder"),
    "a score that is not there": ({"callbacks": [ModelCheckpoint("{val_loss}.keras")]}, "cannot be made of"),
    "a table in no folder": ({"callbacks": [CSVLogger("no/such/a.csv")]}, "there is no folder"),
    "a checkpoint in no folder": ({"checkpoint": "no/such/c.npz"}, "there is no folder"),
    "augment": ({"augment": 3}, "augment must be a function"),
    "progress": ({"progress": print}, "progress must have begin"),
    "batches with NaN": ({"x": iter([(holding(X, np.nan), Y)]), "y": None}, "batch 0 of x in epoch 1: .*row 5"),
    "batches with NaN in targets": (
        {"x": iter([(X, holding(ONE_HOT, np.nan))]), "y": None, "loss": "mse"}, "batch 0 of x in epoch 1: y: row 5",
    ),
    "a seed below 0": ({"seed": -1}, "seed"),
    "an old word": ({"nb_epoch": 3}, "fit has no option 'nb_epoch'; it is called epochs"),
    "a learning rate": ({"learning_rate": 0.1}, "Adam"),
    "workers": ({"workers": 4}, "fit has no option 'workers'"),
    "a typing error": ({"epoch": 3}, "fit has no option 'epoch'"),
    "batches and y": ({"x": iter([(X, Y)])}, "y cannot be given beside it"),
    "batches and their size": ({"x": iter([(X, Y)]), "y": None, "batch_size": 3}, "batch_size cannot be given"),
    "batches and a split": ({"x": iter([(X, Y)]), "y": None, "validation_split": 0.2}, "validation_split cannot be"),
    "batches once for two epochs": ({"x": iter([(X, Y)]), "y": None, "epochs": 2}, "only once"),
    "batches of nothing": ({"x": iter([]), "y": None}, "ended after 0 batches"),
    "batches of x": ({"x": iter([X]), "y": None}, "batch 0 of x in epoch 1 must be"),
    "batches that do not fit": ({"x": iter([(X, Y[:3])]), "y": None}, "batch 0 of x in epoch 1: x and y must"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_before_the_first_step(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    change, message = MISTAKES[name]
    model = network()
    before = model.get_weights()
    with pytest.raises(core.InputError, match=message):
        model.fit(**({"x": X, "y": Y} | change))
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))
    assert model.compiled is None or name.startswith("batches")


#: The same for a network of two outputs.
OF_TWO = {
    "one y": ({"y": Y}, "a list or dict with an array for each of the outputs kind, size"),
    "three": ({"y": [Y, Y, Y]}, "one entry for each of the 2 outputs"),
    "another name": ({"y": {"kind": Y, "sise": Y}}, "names kind, size"),
    "a name is missing": ({"y": {"kind": Y}}, "y of output 'size' .* is missing"),
    "rows differ": ({"y": [Y, Y[:3]]}, "y of output 'size' .* has 3"),
    "text": ({"y": [np.array(["a"] * 12), Y]}, "y of output 'kind' .* must be numbers"),
    "class weights": ({"class_weight": {0: 1.0}}, "models of one output"),
    "one list of metrics": ({"metrics": ["accuracy"]}, "one entry for each of the 2 outputs"),
    "one metric": ({"metrics": "accuracy"}, "list or dict with an entry for each"),
    "metrics of another": ({"metrics": {"c": "mae"}}, "names kind, size"),
    "weights of one": ({"sample_weight": [np.ones(12), np.ones(3)]}, "sample_weight of output 'size'"),
    "three loss weights": ({"loss_weights": [1, 2, 3]}, "loss_weights must have one entry"),
    "NaN": ({"y": [Y, holding(Y, np.nan)]}, "y of output 'size' .*: row 5 holds NaN"),
}


@pytest.mark.parametrize("name", OF_TWO)
def test_a_mistake_with_two_outputs(name):
    change, message = OF_TWO[name]
    with pytest.raises(core.InputError, match=message):
        two_outputs().fit(**({"x": X, "y": [Y, Y]} | BOTH | change))


class Frame:
    """What pandas gives: neither array nor list, but it becomes one."""

    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._array, dtype)

    def __len__(self):
        return len(self._array)

    def __iter__(self):
        return iter(["columns", "not", "rows"])


class Batches:
    """An object that is gone through again in every epoch, such as a `tf.data.Dataset`."""

    def __iter__(self):
        return iter([(X[:7], Y[:7]), (X[7:], Y[7:])])


class Numbered:
    """A sequence by number, such as a `keras.utils.PyDataset`."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return list(Batches())[index]


PLAIN = {"shuffle": False, "batch_size": 7, "epochs": 2}
#: Ways of saying the same.
SAME = {
    "lists": {"x": X.tolist(), "y": Y.tolist()},
    "tuples": {"x": X, "y": tuple(Y.tolist())},
    "a column": {"x": X, "y": Y[:, None]},
    "floats": {"x": X.astype(float), "y": Y.astype(np.float32)},
    "bytes": {"x": X, "y": Y.astype(np.uint8)},
    "bits": {"x": X, "y": Y.astype(bool)},
    "objects": {"x": X, "y": Y.astype(object)},
    "frames": {"x": Frame(X), "y": Frame(Y)},
    "a list of one": {"x": X, "y": [Y]},
    "by name": {"x": X, "y": {"b": Y}},
    "weights of one": {"x": X, "y": Y, "sample_weight": np.ones(12, int)},
    "weights in a list": {"x": X, "y": Y, "sample_weight": [1] * 12},
    "class weights of one": {"x": X, "y": Y, "class_weight": {np.int64(0): 1, 1: np.float32(1)}},
    "integers of NumPy": {"x": X, "y": Y, "batch_size": np.int64(7), "epochs": np.int32(2)},
    "a loss": {"x": X, "y": Y, "loss": {"b": "sparse_categorical_crossentropy"}},
    "batches again": {"x": Batches(), "batch_size": None},
    "batches by number": {"x": Numbered(), "batch_size": None},
    "batches without an end": {"x": itertools.cycle(Batches()), "steps_per_epoch": 2, "batch_size": None},
    "positions": {"x": X, "y": Y, "verbose": 0, "callbacks": None},
}


@pytest.fixture(scope="module")
def plain():
    model = network()
    return model.fit(X, Y, **PLAIN), model.get_weights()


@pytest.mark.parametrize("name", SAME)
def test_ways_of_saying_the_same(name, plain):
    model = network()
    history = model.fit(**(PLAIN | SAME[name]))
    assert history == plain[0]
    assert all(np.array_equal(one, other) for one, other in zip(model.get_weights(), plain[1], strict=True))


def test_a_second_call_goes_on(plain):
    model = network()
    first = model.fit(X, Y, shuffle=False, batch_size=7)
    second = model.fit(X, Y, shuffle=False, batch_size=7, initial_epoch=1, epochs=2)
    assert [*first["loss"], *second["loss"]] == plain[0]["loss"]
    assert all(np.array_equal(one, other) for one, other in zip(model.get_weights(), plain[1], strict=True))


def test_what_was_said_once_goes_for_evaluating_too():
    model = network(1, "sigmoid")
    model.fit(X, Y, loss="binary_crossentropy", metrics=["binary_accuracy"])
    assert set(model.evaluate(X, Y, return_dict=True)) == {"loss", "binary_accuracy"}
    assert isinstance(model.evaluate(X, Y, loss="mse"), float)
    assert len(model.evaluate(X, Y)) == 2


def test_compiling_says_what_fit_and_evaluate_do(plain):
    model = network()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    assert model.fit(X, Y, **PLAIN) == plain[0]
    model.compile(loss="sparse_categorical_crossentropy")
    assert isinstance(model.evaluate(X, Y), float)
    for wrong in (
        {"loss": "nonsense"},
        {"loss": "mse", "metrics": ["nonsense"]},
        {},
        {"optimizer": "nonsense", "loss": "mse"},
    ):
        with pytest.raises(core.InputError):
            model.compile(**wrong)


def test_class_weights_of_steps_are_refused():
    model = core.Sequential([Dense(2, "softmax")], batch_shape=(None, 4, 3))
    model.initialize(0)
    with pytest.raises(core.InputError, match=r"one class an example.*give sample_weight"):
        model.fit(np.zeros((5, 4, 3)), np.zeros((5, 4)), class_weight={0: 2.0})


def test_a_network_without_weights_says_so():
    for name in ("fit", "evaluate"):
        with pytest.raises(core.KacaError, match="initialize"):
            getattr(network(initialized=False), name)(X, Y)


def test_an_optimizer_belongs_to_one_network():
    optimizer, one = Adam(), network()
    one.fit(X, Y, optimizer=optimizer)
    one.fit(X, Y, optimizer=optimizer)
    assert optimizer.iterations == 2
    for other in (network(), network(5)):
        with pytest.raises(core.InputError, match="parameters of another model"):
            other.fit(X, Y, optimizer=optimizer)


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf"), "fast", None])
def test_a_learning_rate_is_a_number(rate):
    with pytest.raises(core.InputError, match="learning_rate"):
        SGD(rate)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": Y[:3]}, "as many rows"),
        ({"x": holding(X, np.nan)}, "row 5"),
        ({"y": None}, "y is missing"),
        ({"nonsense": 1}, "no option"),
        ({"loss": "nonsense"}, "loss must be"),
        ({"return_dict": 3}, "return_dict"),
        ({"batch_size": 0}, "batch_size"),
        ({"callbacks": [EarlyStopping("loss")]}, "callbacks"),
        ({"sample_weight": np.ones(3)}, "sample_weight"),
        ({"steps": 99}, "batches"),
    ],
)
def test_mistakes_of_evaluating(change, message):
    with pytest.raises(core.InputError, match=message):
        network().evaluate(**({"x": X, "y": Y} | change))


def test_frozen_networks_and_half_precision_are_evaluated():
    model = core.Sequential([Dense(2, "softmax", trainable=False, dtype="float16")], batch_shape=(None, 3))
    model.initialize(0)
    assert len(model.evaluate(X, Y)) == 2


def test_updates_of_low_rank_are_not_trained():
    model = core.Sequential([Dense(2, "softmax", lora_rank=2)], batch_shape=(None, 3))
    model.initialize(0)
    assert model.predict(X).shape == (len(X), 2)
    with pytest.raises(core.UnsupportedLayerError, match="lora_rank=2"):
        model.fit(X, Y)


def test_a_vector_of_outputs_and_images_of_targets():
    model = core.Sequential([Flatten(), Dense(1)], batch_shape=(None, 3))
    model.initialize(0)
    assert model.fit(X, X[:, 0], loss="mae", metrics=["mse"]).keys() == {"loss", "mse"}
    picture = core.Sequential([Dense(3, "sigmoid")], batch_shape=(None, 2, 2, 3))
    picture.initialize(0)
    images = RNG.uniform(size=(5, 2, 2, 3))
    assert picture.fit(images, images, loss=BinaryCrossentropy(), metrics=[]).keys() == {"loss"}
    assert picture.evaluate(images, images, loss=MeanSquaredError()) > 0


@pytest.mark.parametrize(("verbose", "wanted"), [(0, []), (1, ["2/2", "epoch 2/2"]), (2, ["epoch 1/2", "epoch 2/2"])])
def test_verbose(capsys, verbose, wanted):
    network().fit(X, Y, epochs=2, batch_size=6, verbose=verbose)
    shown = capsys.readouterr().out
    assert bool(shown) == bool(wanted)
    assert all(part in shown for part in wanted)


def test_scores_that_are_not_there_in_every_epoch():
    stop = EarlyStopping("val_loss", patience=2)
    history = network().fit(X, Y, epochs=5, validation_data=(X, Y), validation_freq=2, callbacks=stop)
    assert len(history["loss"]) == 5
    assert len(history["val_loss"]) == 2
