"""Every file in experiments/vision composes, asks a question, and shares its baseline with the others."""

import itertools

import pytest
from experiment_files import ExperimentFiles, keys_of, settings_of, variants_of

from vision.task import VisionTask

TASK = VisionTask()
BASELINE = {
    "conv_layers": "conv_layers=6", "filters": "filters=32-64-128", "kernel_size": "kernel_size=3", "pooling": "pooling=max",
    "regularization": "regularization=none",
}  # fmt: skip


class TestFiles(ExperimentFiles):
    task, experiments = TASK, [*BASELINE, "trainer"]
    #: Macro F1.
    study = {  # noqa: RUF012
        "conv_layers": {"conv_layers=2": 0.7253, "conv_layers=4": 0.7196, "conv_layers=6": 0.7673},
        "filters": {"filters=16-32-64": 0.7217, "filters=32-64-128": 0.7580, "filters=64-128-256": 0.7756},
        "kernel_size": {"kernel_size=3": 0.7579, "kernel_size=5": 0.7355, "kernel_size=7": 0.6532},
    }


@pytest.mark.parametrize("experiment", BASELINE)
def test_one_of_its_variants_is_the_baseline(experiment):
    assert variants_of(TASK, experiment)[BASELINE[experiment]] == settings_of(TASK)


def test_the_baseline_has_one_key():
    settings = [variants_of(TASK, experiment)[label] for experiment, label in BASELINE.items()]
    assert len(keys_of(TASK, settings, "data=digits")) == 1


def test_the_defaults_are_those_of_the_study():
    settings = settings_of(TASK)
    assert (settings.train.epochs, settings.train.batch_size) == (15, 128)
    assert settings.model.batch_norm is settings.train.augmentation is False
    assert settings.model.dropout == 0
    assert settings.train.learning_rate_schedule is settings.train.early_stopping is None


def test_regularization_turns_one_thing_on_after_the_other():
    off = {"model.batch_norm": False, "model.dropout": 0.0, "train.augmentation": False,
           "train.learning_rate_schedule": None, "train.early_stopping": None}  # fmt: skip
    turned_on = []
    for settings in variants_of(TASK, "regularization").values():
        now = {name: getattr(getattr(settings, name.split(".")[0]), name.split(".")[1]) for name in off}
        turned_on.append({name for name in off if now[name] != off[name]})
    assert [len(names) for names in turned_on] == [0, 1, 2, 3, 4, 5]
    assert all(before < after for before, after in itertools.pairwise(turned_on))


def test_the_command_line_wins_over_a_preset_on_the_bundled_data_too():
    settings = settings_of(TASK, "preset=quick", "train.epochs=7", "data=digits")
    assert settings.train.epochs == 7
    assert settings.data.name == "digits"
    assert settings.data.train_limit == settings_of(TASK, "preset=quick").data.train_limit
