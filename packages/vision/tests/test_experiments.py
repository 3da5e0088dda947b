"""Every file in experiments/vision composes, asks a question, and shares its baseline with the others."""

import itertools
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from core.experiment import store
from core.experiment.command.launch import experiments_folder
from core.experiment.command.options import read_settings
from core.experiment.report.folder import variant_label
from vision.task import VisionTask

FOLDER = experiments_folder("vision")
TASK = VisionTask()
EXPERIMENTS = sorted(path.stem for path in (FOLDER / "exp").glob("*.yaml"))
#: Macro F1 that the original study printed.
STUDY = {
    "conv_layers": {"conv_layers=2": 0.7253, "conv_layers=4": 0.7196, "conv_layers=6": 0.7673},
    "filters": {"filters=16-32-64": 0.7217, "filters=32-64-128": 0.7580, "filters=64-128-256": 0.7756},
    "kernel_size": {"kernel_size=3": 0.7579, "kernel_size=5": 0.7355, "kernel_size=7": 0.6532},
    "pooling": {},
    "regularization": {},
    "trainer": {},
}
BASELINE = {
    "conv_layers": "conv_layers=6", "filters": "filters=32-64-128", "kernel_size": "kernel_size=3", "pooling": "pooling=max",
    "regularization": "regularization=none",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def hydra_at_home():
    with initialize_config_dir(config_dir=str(FOLDER), version_base="1.3"):
        yield


def composed(*overrides):
    config = compose("config", overrides=list(overrides))
    return OmegaConf.to_container(config, resolve=True)


def variants(experiment):
    """Return the settings of each variant of an experiment by its label."""
    whole = compose("config", overrides=[f"+exp={experiment}"], return_hydra_config=True)
    ((option, values),) = whole.hydra.sweeper.params.items()
    return {
        variant_label({option: value}): read_settings(TASK, composed(f"+exp={experiment}", f"{option}={value}"))
        for value in str(values).split(",")
    }


def test_no_experiment_is_missing():
    assert sorted(STUDY) == EXPERIMENTS


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_an_experiment_says_what_it_asks_and_what_the_study_printed(experiment):
    config = composed(f"+exp={experiment}")
    assert config["experiment"] == experiment
    assert config["question"].endswith("?")
    assert config["title"]
    assert config["original"] == STUDY[experiment]
    assert set(config["original"]) <= set(variants(experiment))


@pytest.mark.parametrize("experiment", BASELINE)
def test_its_variants_are_different_networks_or_trainings_and_one_is_the_baseline(experiment):
    found = variants(experiment)
    assert len({str(settings) for settings in found.values()}) == len(found) >= 2
    assert found[BASELINE[experiment]] == read_settings(TASK, composed())


def test_the_baseline_has_one_key():
    settings = [variants(experiment)[label] for experiment, label in BASELINE.items()]
    dataset = TASK.load_data(read_settings(TASK, composed("data=digits")))
    assert len({str(store.key_of(TASK, one, dataset)) for one in settings}) == 1


def test_the_defaults_are_those_of_the_study():
    settings = read_settings(TASK, composed())
    assert (settings.train.epochs, settings.train.batch_size) == (15, 128)
    assert settings.model.batch_norm is settings.train.augmentation is False
    assert settings.model.dropout == 0
    assert settings.train.learning_rate_schedule is settings.train.early_stopping is None


def test_regularization_turns_one_thing_on_after_the_other():
    off = {"model.batch_norm": False, "model.dropout": 0.0, "train.augmentation": False,
           "train.learning_rate_schedule": None, "train.early_stopping": None}  # fmt: skip
    turned_on = []
    for settings in variants("regularization").values():
        now = {name: getattr(getattr(settings, name.split(".")[0]), name.split(".")[1]) for name in off}
        turned_on.append({name for name in off if now[name] != off[name]})
    assert [len(names) for names in turned_on] == [0, 1, 2, 3, 4, 5]
    assert all(before < after for before, after in itertools.pairwise(turned_on))


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_every_file_composes(file: Path):
    group, name = file.parent.relative_to(FOLDER).as_posix(), file.stem
    overrides = {".": [], "exp": [f"+exp={name}"]}.get(group, [f"{group}={name}"])
    read_settings(TASK, composed(*overrides))


def test_the_command_line_wins_over_a_preset():
    settings = read_settings(TASK, composed("preset=quick", "train.epochs=7", "data=digits"))
    assert settings.train.epochs == 7
    assert settings.data.name == "digits"
    assert settings.data.train_limit == read_settings(TASK, composed("preset=quick")).data.train_limit
