"""`training=` that a graph recorded: Keras 2 always obeys it; Keras 3 takes it where a model is called without one."""

import keras
import numpy as np
import pytest
from compare import reopen
from keras import layers
from old_files import old_files

import core
from core.learning.optimizers import SGD

KERAS2 = {file.stem: file for file in old_files("old_models/recorded-2.15.0.zip")}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("place", ["plain", "outside", "inside"])
def test_keras_2_always_obeys(place, training):
    file = KERAS2[f"{place}-{training}"]
    model, x, answers = core.load_model(file.content), file.x, file.answers
    assert model.engine().rows_are_independent != training  # by the moments of the batch
    for threads in (1, 7):
        np.testing.assert_allclose(model.predict(x, batch_size=16, threads=threads), answers["before"], atol=1e-6)
    np.testing.assert_allclose(model.forward(x[:16], training=not training), answers["before"][:16], atol=1e-6)
    history = model.fit(x, x, epochs=2, shuffle=False, optimizer=SGD(0.01), loss="mse")
    np.testing.assert_allclose(history["loss"], answers["loss"], rtol=1e-6)
    np.testing.assert_allclose(model.predict(x, batch_size=16), answers["after"], atol=1e-6)


def graph(place, layer, training):
    entry, inner = keras.Input((4,)), keras.Input((4,))
    if place == "plain":
        return keras.Model(entry, layer(entry, training=training))
    part = keras.Model(inner, layer(inner, training=training if place == "inside" else None))
    return keras.Model(entry, part(entry, training=training) if place == "outside" else part(entry))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("place", ["plain", "outside", "inside"])
def test_keras_3_takes_it_as_a_default(place, training):
    model = graph(place, layers.BatchNormalization(momentum=0.5), training)
    opened = reopen(model)
    x = np.random.default_rng(0).normal(2, 3, size=(40, 4)).astype(np.float32)
    np.testing.assert_allclose(opened(x), model(x), atol=1e-5)
    for asked in (True, False):
        np.testing.assert_allclose(reopen(model)(x, training=asked), model(x, training=asked), atol=1e-5)
    opened = reopen(model)
    model.compile(keras.optimizers.SGD(0.01), "mse")
    theirs = model.fit(x, x, epochs=2, shuffle=False, verbose=0, validation_data=(x, x)).history
    ours = opened.fit(x, x, epochs=2, shuffle=False, optimizer=SGD(0.01), loss="mse", validation_data=(x, x))
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-5)
    np.testing.assert_allclose(opened.predict(x), model.predict(x, verbose=0), atol=1e-5)


@pytest.mark.parametrize("place", ["plain", "outside", "inside"])
def test_what_draws_at_random_does_so_only_with_a_generator(place):
    opened = reopen(graph(place, layers.Dropout(0.5), True))
    x = np.ones((6, 4), np.float32)
    np.testing.assert_array_equal(opened(x), x)
    np.testing.assert_array_equal(opened.predict(x), x)
    assert set(np.unique(opened(x, rng=np.random.default_rng(0)))) == {0, 2}
    with pytest.raises(core.InputError, match="pass rng"):
        opened(x, training=True)


@pytest.mark.parametrize("place", ["plain", "outside", "inside"])
def test_what_keras_3_would_not_obey_is_not_written(place, tmp_path):
    always, never = (core.load_model(KERAS2[f"{place}-{training}"].content) for training in (True, False))
    with pytest.raises(core.InputError, match="always trains"):
        always.save(tmp_path / "always.keras")
    never.save(tmp_path / "never.keras")
    x = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    copy = keras.models.load_model(tmp_path / "never.keras")
    np.testing.assert_allclose(copy.predict(x, verbose=0), never.predict(x), atol=1e-6)
