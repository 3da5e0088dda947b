"""The part of the harness that trains in Keras: same seed, same network; the best weights are put back; progress is told."""

import io
import json
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import f1_score
from toy_task import ToyTask, config

from core.experiment import store
from core.experiment.command.options import read_settings
from core.experiment.command.progress import TrainingProgress, duration
from core.experiment.errors import OptionError
from core.experiment.training.keras import activations, fit, predict, train_into
from core.experiment.training.scratch import fit_scratch

TASK = ToyTask()


def train(seed=0, console=None, dataset=None, trainer=fit, **options):
    settings = read_settings(TASK, config(train=options))
    dataset = dataset or TASK.load_data(settings)
    keras.utils.set_random_seed(seed)
    network = TASK.build(settings, dataset)
    history = trainer(network, dataset, settings.train, TrainingProgress(console or Console(file=io.StringIO())))
    return network, dataset, history


def test_the_seed_decides_everything():
    weights = [[array.tolist() for array in train(seed)[0].saved.get_weights()] for seed in (0, 0, 1)]
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


def test_what_is_saved_takes_the_inputs_as_they_are_and_agrees_with_what_was_trained(tmp_path):
    network, dataset, _ = train()
    points = dataset.test.inputs
    probabilities, seconds = predict(network.trained, network.encode(points))
    network.saved.save(tmp_path / "model.keras")
    layers = activations(tmp_path / "model.keras", points)
    assert list(layers) == ["double", "dense", "probabilities"]
    np.testing.assert_allclose(layers["double"], 2 * points, atol=1e-7)
    np.testing.assert_allclose(layers["probabilities"], probabilities, atol=1e-6)
    assert seconds > 0


@pytest.mark.parametrize(
    "options", [{"trainer": fit}, {"trainer": partial(fit_scratch, seed=0), "learning_rate_schedule": "cosine"}]
)
def test_early_stopping_puts_the_best_weights_back_by_macro_f1(options):
    untrained = train(epochs=1, learning_rate=1e-9)[1]
    wrong = replace(untrained.train, labels=(untrained.train.labels + 1) % 3)  # learning makes validation worse
    network, dataset, history = train(
        dataset=replace(untrained, train=wrong), epochs=30, early_stopping=2, monitor="val_macro_f1", **options
    )
    scores = history["val_macro_f1"]
    assert len(scores) == scores.index(max(scores)) + 1 + 2 < 30
    chosen = predict(network.trained, network.encode(dataset.validation.inputs))[0].argmax(axis=1)
    assert f1_score(dataset.validation.labels, chosen, average="macro", zero_division=0) == pytest.approx(max(scores))


def test_the_cosine_schedule_ends_at_zero_and_gradients_are_clipped():
    network, _, _ = train(learning_rate_schedule="cosine", clipnorm=0.5)
    optimizer = network.trained.optimizer
    assert float(optimizer.learning_rate) == pytest.approx(0, abs=1e-12)
    assert optimizer.clipnorm == 0.5


def test_a_file_gets_one_plain_line_an_epoch():
    text = io.StringIO()
    train(console=Console(file=text), epochs=3)
    lines = text.getvalue().splitlines()
    assert [line.split()[1] for line in lines] == ["1/3", "2/3", "3/3"]
    assert all("loss" in line and "validation loss" in line and "left" in line for line in lines)
    assert "\x1b" not in text.getvalue()


def test_a_terminal_gets_a_bar():
    text = io.StringIO()
    train(console=Console(file=text, force_terminal=True, width=120))
    assert "step" in text.getvalue()
    assert "\x1b" in text.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (3720, "1 h 02 min")]
)
def test_durations_read_well(seconds, text):
    assert duration(seconds) == text


def test_kaca_trains_the_same_network_and_keras_takes_the_weights(tmp_path):
    settings = read_settings(TASK, config(seed=3, trainer="scratch", train={"epochs": 40, "learning_rate": 0.02}))
    dataset = TASK.load_data(settings)
    progress = TrainingProgress(Console(file=io.StringIO()))
    histories, weights = [], []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        facts = train_into(folder, TASK, settings, dataset, progress)
        histories.append(json.loads((folder / "history.json").read_text()))
        weights.append(keras.models.load_model(folder / "model.keras").get_weights())
    assert histories[0] == histories[1]
    assert all(np.array_equal(one, other) for one, other in zip(*weights, strict=True))
    assert set(histories[0]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert facts["epochs"] == 40
    assert facts["val_macro_f1"] > 0.9
    keys = [store.key_of(TASK, read_settings(TASK, config(trainer=name)), dataset) for name in ("keras", "scratch")]
    assert keys[0] != keys[1]
    with pytest.raises(OptionError, match="trainer must be one of 'keras', 'scratch'"):
        read_settings(TASK, config(trainer="torch"))
