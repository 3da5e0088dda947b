"""The loop over epochs: it learns, says so, gives the same again, goes on from a checkpoint, and stops where it must."""

import csv
import io

import keras
import numpy as np
import pytest
from trajectory import compare_training

import core
from core.layers import Activation, BatchNormalization, Dense, Dropout
from core.learning import (
    SGD,
    Adam,
    CosineDecay,
    CSVLogger,
    DivergedError,
    EarlyStopping,
    ModelCheckpoint,
    ProgressBar,
    ReduceLROnPlateau,
)
from core.learning.callbacks import Callback
from core.models.load import load_model

RNG = np.random.default_rng(4)
LABELS = np.tile(np.arange(3), 40)
POINTS = (np.eye(4)[LABELS] + RNG.normal(0, 0.4, (120, 4))).astype(np.float32)


def network(dropout=0.2, last="softmax"):
    layers = [
        Dense(8, name="first"),
        BatchNormalization(),
        Activation("relu"),
        Dropout(dropout),
        Dense(3, activation=last),
    ]
    model = core.Sequential(layers, batch_shape=(None, 4))
    model.initialize(seed=1)
    return model


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_network_built_and_trained_without_keras_opens_in_keras(tmp_path):
    model = network()
    history = model.fit(POINTS, LABELS, epochs=25, optimizer=Adam(0.02), validation_data=(POINTS, LABELS), seed=3)
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert len(history["loss"]) == 25
    assert history["val_accuracy"][-1] > 0.9
    assert history["loss"][-1] < history["loss"][0]
    assert np.mean(model.predict_classes(POINTS) == LABELS) == history["val_accuracy"][-1]
    model.save(tmp_path / "model.keras")
    opened = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(opened.predict(POINTS, verbose=0), model.predict_proba(POINTS), atol=1e-6)


def test_the_same_seed_gives_the_same_weights():
    models = [network() for _ in range(3)]
    for model, seed in zip(models, (3, 3, 4), strict=True):
        model.fit(POINTS, LABELS, epochs=2, seed=seed)
    assert same(models[0].get_weights(), models[1].get_weights())
    assert not same(models[0].get_weights(), models[2].get_weights())


class Killed(Callback):
    """Ends the process, so to speak, before the checkpoint of an epoch is written."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, trainer, epoch, logs):
        if epoch == self.epoch:
            raise KeyboardInterrupt
        return False


@pytest.mark.parametrize("optimizer", [lambda: Adam(0.01, clipnorm=1.0), lambda: SGD(CosineDecay(0.1, 40), 0.9)])
def test_a_killed_training_goes_on_to_the_same_weights(tmp_path, optimizer):
    def train(model, killed, checkpoint):
        callbacks = [
            EarlyStopping("val_loss", patience=4, restore_best_weights=True),
            CSVLogger(checkpoint.with_suffix(".csv")),
            Killed(killed),
        ]
        return model.fit(
            POINTS, LABELS, epochs=8, optimizer=optimizer(), validation_data=(POINTS[::2], LABELS[::2]),
            callbacks=callbacks, checkpoint=checkpoint, seed=5,
        )  # fmt: skip

    undisturbed, disturbed = network(), network()
    expected = train(undisturbed, None, tmp_path / "one.npz")
    with pytest.raises(KeyboardInterrupt):
        train(disturbed, 5, tmp_path / "two.npz")
    resumed = network()
    assert train(resumed, None, tmp_path / "two.npz") == expected
    assert same(undisturbed.get_weights(), resumed.get_weights())
    again = network()
    assert train(again, None, tmp_path / "two.npz") == expected  # all is done: nothing is trained any more
    assert same(undisturbed.get_weights(), again.get_weights())
    rows = list(csv.reader((tmp_path / "two.csv").read_text().splitlines()))
    assert rows[0] == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert [float(row[1]) for row in rows[-2:]] == expected["loss"][-2:]


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    model = network()
    model.fit(POINTS, LABELS, checkpoint=tmp_path / "one.npz", seed=5)
    with pytest.raises(core.InputError, match="belongs to another training: its seed is 5, here it is 6"):
        model.fit(POINTS, LABELS, checkpoint=tmp_path / "one.npz", seed=6)
    with pytest.raises(core.InputError, match="its optimizer"):
        model.fit(POINTS, LABELS, checkpoint=tmp_path / "one.npz", seed=5, optimizer="sgd")
    (tmp_path / "two.npz").write_bytes(b"nonsense")
    with pytest.raises(core.ModelFileError, match="not a checkpoint"):
        model.fit(POINTS, LABELS, checkpoint=tmp_path / "two.npz")


def test_reduce_on_plateau_is_remembered_by_the_checkpoint(tmp_path):
    def train(epochs):
        optimizer = SGD(0.5)
        callbacks = [ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=10.0)]
        history = network().fit(
            POINTS, LABELS, epochs=epochs, optimizer=optimizer, callbacks=callbacks, checkpoint=tmp_path / "c.npz"
        )
        return history["learning_rate"], optimizer.learning_rate

    train(3)
    rates, last = train(5)
    assert rates == [0.5, 0.5, 0.25, 0.125, 0.0625]
    assert last == 0.03125


def test_early_stopping_puts_the_best_weights_back():
    seen = []

    class Watch(Callback):
        def on_epoch_end(self, trainer, epoch, logs):
            seen.append(trainer.model.get_weights())
            logs["val_loss"] = [3.0, 1.0, 2.0, 2.0, 0.0][epoch]
            return False

    model = network()
    stop = EarlyStopping(patience=2, restore_best_weights=True)
    history = model.fit(POINTS, LABELS, epochs=9, callbacks=[Watch(), stop])
    assert history["val_loss"] == [3.0, 1.0, 2.0, 2.0]
    assert same(model.get_weights(), seen[1])


def test_model_checkpoint_keeps_the_best(tmp_path):
    class Watch(Callback):
        def on_epoch_end(self, trainer, epoch, logs):
            logs["val_loss"] = [3.0, 1.0, 2.0][epoch]
            return False

    best = ModelCheckpoint(tmp_path / "best-{epoch}.keras", save_best_only=True)
    last = ModelCheckpoint(tmp_path / "last.weights.h5", save_weights_only=True)
    model = network()
    model.fit(POINTS, LABELS, epochs=3, callbacks=[Watch(), best, last])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best-1.keras", "best-2.keras", "last.weights.h5"]
    other = load_model(tmp_path / "best-2.keras")
    assert not same(other.get_weights(), model.get_weights())
    other.load_weights(tmp_path / "last.weights.h5")
    assert same(other.get_weights(), model.get_weights())


def test_the_progress_bar_shows_epochs_and_scores():
    stream = io.StringIO()
    network().fit(POINTS, LABELS, epochs=2, batch_size=8, progress=ProgressBar(stream))
    assert "epoch 2/2" in stream.getvalue()
    assert "accuracy 0." in stream.getvalue()


@pytest.mark.parametrize("where", ["weights", "layer", "loss"])
def test_a_loss_that_is_no_number_stops_and_says_where(where):
    model = network(dropout=0.0, last="linear" if where == "loss" else "softmax")
    options = {"optimizer": SGD(0.1)}
    if where == "weights":
        model.layers[0].kernel[0, 0] = np.inf
        message = (
            "step 1: the loss is nan, because 'kernel' of Dense 'first' is not finite; try a smaller learning rate"
        )
    elif where == "layer":
        model.layers[0].assign("kernel", np.full((4, 8), 3e38, np.float32))
        message = "step 1: the loss is nan: the output of Dense 'first' is not finite"
    else:
        options |= {"loss": "mse"}
        model.layers[-1].assign("bias", np.full(3, 1e30, np.float32))
        message = "step 1: the loss is inf: it became so in the loss itself"
    with pytest.raises(DivergedError, match=message):
        model.fit(np.abs(POINTS), np.eye(3)[LABELS] if where == "loss" else LABELS, **options)


def test_a_gradient_that_is_no_number_stops_and_names_its_layer():
    model = core.Sequential([Dense(1, name="first"), Activation("exponential")], batch_shape=(None, 1))
    model.initialize()
    model.layers[0].assign("kernel", np.array([[4.37]], np.float32))
    with pytest.raises(DivergedError, match="step 1: the gradient of 'kernel' of Dense 'first' is not finite"):
        model.fit(np.array([[10.0]]), np.array([[0.0]]), loss="mse", optimizer=SGD(1.0))


def test_class_weights_are_sample_weights():
    one, two = network(), network()
    weight = {0: 1.0, 1: 5.0, 2: 0.5}
    one.fit(POINTS, LABELS, class_weight=weight)
    two.fit(POINTS, LABELS, sample_weight=[weight[label] for label in LABELS])
    assert same(one.get_weights(), two.get_weights())


def test_what_cannot_be_trained_is_refused():
    frozen = core.Sequential([Dense(3, trainable=False)], batch_shape=(None, 4))
    frozen.initialize()
    with pytest.raises(core.InputError, match="no parameter that learns"):
        frozen.fit(POINTS, LABELS)
    for option in ({"kernel_constraint": "nonsense"}, {"activity_regularizer": "nonsense"}, {"dtype": "mixed_float16"}):
        strange = core.Sequential([Dense(3, **option)], batch_shape=(None, 4))
        strange.initialize()
        with pytest.raises(core.UnsupportedLayerError):
            strange.fit(POINTS, LABELS)


LAYERS = keras.layers
ENDS = {
    "dense": lambda: [LAYERS.Dense(3, activation="softmax")],
    "activation": lambda: [LAYERS.Dense(3), LAYERS.Activation("softmax")],
    "softmax": lambda: [LAYERS.Dense(3), LAYERS.Softmax()],
    "nested": lambda: [keras.Sequential([keras.Input((6,)), LAYERS.Dense(3, activation="softmax")])],
    "shares": lambda: [LAYERS.Dense(3, activation="sigmoid"), LAYERS.UnitNormalization()],
}


@pytest.mark.parametrize("end", ENDS)
def test_training_follows_keras_however_the_network_ends(end):
    """With penalties, too; where there are no logits, the loss is taken from the numbers as they are."""

    def build():
        first = LAYERS.Dense(6, activation="tanh", kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02))
        return keras.Sequential([keras.Input((4,)), first, *ENDS[end]()])

    batches = [(POINTS[start : start + 12], LABELS[start : start + 12]) for start in range(0, 120, 12)]
    # The strengths of a penalty stand in Keras as float32.
    compare_training(build, batches, optimizer="adam", dtype="float64", tolerance=1e-8)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "mean_squared_error", "categorical_crossentropy"])
def test_training_follows_keras_with_other_losses(loss):
    def build():
        end = LAYERS.Dense(3, activation="softmax" if loss.startswith("cat") else "sigmoid")
        return keras.Sequential([keras.Input((4,)), LAYERS.Dense(6, activation="tanh"), end])

    batches = [(POINTS[start : start + 12], np.eye(3)[LABELS[start : start + 12]]) for start in range(0, 120, 12)]
    compare_training(build, batches, optimizer="sgd", dtype="float64", tolerance=1e-8, loss=loss)
