"""Every file in experiments/text composes, asks a question, and shares its runs with the others where it can."""

import itertools
import os
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from core.experiment import store
from core.experiment.command.launch import experiments_folder
from core.experiment.command.options import read_settings
from core.experiment.report.folder import variant_label
from text.task import TextTask

FOLDER = experiments_folder("text")
TASK = TextTask()
EXPERIMENTS = sorted(path.stem for path in (FOLDER / "exp").glob("*.yaml"))
BOTH = ("simple_rnn", "lstm")
SEEDS = ["0", "1", "2", "3", "4"]
#: The values of each swept option.
SWEPT = {
    "bidirectional": {"model.cell": BOTH, "model.bidirectional": ("false", "true")},
    "cell": {"model.cell": (*BOTH, "gru")},
    "layers": {"model.cell": BOTH, "model.layers": ("1", "2", "3")},
    "mask": {"model.cell": BOTH, "model.mask_zero": ("false", "true")},
    "trainer": {"trainer": ("keras", "scratch"), "model.cell": BOTH},
    "tuned": {
        "model.cell": ("lstm", "simple_rnn"),
        "model.bidirectional": ("false", "true"),
        "model.pooling": ("last", "max"),
    },
    "units": {"model.cell": BOTH, "model.units": ("32", "64", "128")},
}
#: Those that start from the network of the study.
OF_THE_STUDY = [experiment for experiment in SWEPT if experiment != "tuned"]
#: Macro F1 that the original study printed: Keras, from scratch.
STUDY = {
    "layers": {
        "cell=simple_rnn, layers=1": (0.4326, 0.4326), "cell=simple_rnn, layers=2": (0.36, 0.36),
        "cell=simple_rnn, layers=3": (0.1827, 0.1827), "cell=lstm, layers=1": (0.1844, 0.1765),
        "cell=lstm, layers=2": (0.1827, 0.1765), "cell=lstm, layers=3": (0.1827, 0.1765),
    },
    "bidirectional": {
        "cell=simple_rnn, bidirectional=false": (0.1892, 0.1892), "cell=simple_rnn, bidirectional=true": (0.4981, 0.1844),
        "cell=lstm, bidirectional=false": (0.1827, 0.1654), "cell=lstm, bidirectional=true": (0.6326, "error"),
    },
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def hydra_at_home():
    with initialize_config_dir(config_dir=str(FOLDER), version_base="1.3"):
        yield


def composed(*overrides):
    return OmegaConf.to_container(compose("config", overrides=list(overrides)), resolve=True)


def sweep(*overrides):
    """Return the swept options of a command as Hydra's sweeper sees them: one list of overrides a job."""
    whole = compose("config", overrides=list(overrides), return_hydra_config=True)
    typed = [override for override in overrides if not override.startswith("+")]
    named = [f"{key}={value}" for key, value in whole.hydra.sweeper.params.items()]
    (jobs,) = BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(named + typed), None)
    # Hydra writes booleans as Python does, people as YAML does
    return [dict(override.lower().split("=", 1) for override in job) for job in jobs]


def variants(experiment):
    """Return the settings of each variant of an experiment by its label."""
    swept = SWEPT[experiment]
    return {
        variant_label(dict(zip(swept, values, strict=True))): read_settings(
            TASK, composed(f"+exp={experiment}", *(f"{key}={value}" for key, value in zip(swept, values, strict=True)))
        )
        for values in itertools.product(*swept.values())
    }


@pytest.mark.parametrize("experiment", SWEPT)
def test_it_sweeps_what_it_asks_about_with_five_seeds(experiment):
    jobs = sweep(f"+exp={experiment}")
    values = {key: tuple(dict.fromkeys(job[key] for job in jobs)) for key in jobs[0]}
    assert values == {"seed": tuple(SEEDS), **SWEPT[experiment]}
    assert len(jobs) == 5 * len(variants(experiment))


@pytest.mark.parametrize("experiment", ["bidirectional", "layers", "mask", "units"])
def test_the_cell_on_the_command_line_narrows_the_sweep(experiment):
    jobs = sweep(f"+exp={experiment}", "model.cell=lstm")
    assert {job["model.cell"] for job in jobs} == {"lstm"}
    assert len(jobs) == len(sweep(f"+exp={experiment}")) / 2
    assert len(sweep(f"+exp={experiment}", "model.cell=lstm", "seed=3")) == len(jobs) / 5


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_an_experiment_says_what_it_asks(experiment):
    config = composed(f"+exp={experiment}")
    assert config["experiment"] == experiment
    assert config["question"].endswith("?")
    assert config["title"]


@pytest.mark.parametrize("experiment", SWEPT)
def test_what_the_study_printed(experiment):
    original = composed(f"+exp={experiment}")["original"]
    printed = {
        label: (value["keras"], value["scratch"]) if isinstance(value, dict) else (value, value)
        for label, value in original.items()
    }
    assert printed == STUDY.get(experiment, {})
    assert set(printed) <= set(variants(experiment))


@pytest.mark.parametrize("experiment", SWEPT)
def test_its_variants_differ(experiment):
    found = variants(experiment)
    assert len({str(settings) for settings in found.values()}) == len(found) >= 2


@pytest.mark.parametrize("experiment", OF_THE_STUDY)
def test_the_baseline_of_each_cell_is_among_its_variants(experiment):
    found = variants(experiment)
    for cell in BOTH:
        assert read_settings(TASK, composed(f"model.cell={cell}")) in found.values()


def test_the_baseline_has_one_key():
    dataset = TASK.load_data(read_settings(TASK, composed("data=ulasan")))
    keys = [
        {str(store.key_of(TASK, settings, dataset)) for settings in variants(experiment).values()}
        for experiment in OF_THE_STUDY
    ]
    assert len(set.intersection(*keys)) == len(BOTH)


def test_the_defaults_are_those_of_the_study():
    settings = read_settings(TASK, composed())
    model, train = settings.model, settings.train
    assert (model.max_tokens, model.sequence_length, model.embedding_dim, model.dense_units) == (10_000, 100, 128, 32)
    assert (model.dropout, model.dense_dropout, model.recurrent_dropout, model.embedding_dropout) == (0.3, 0.5, 0, 0)
    assert (model.mask_zero, model.pooling, model.bidirectional) == (True, "last", False)
    assert (train.epochs, train.batch_size) == (15, 32)
    assert train.learning_rate_schedule is train.clipnorm is train.early_stopping is None
    assert (settings.data.languages, settings.data.test_language) == (("ind",), "ind")


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_every_file_composes(file: Path):
    group, name = file.parent.relative_to(FOLDER).as_posix(), file.stem
    overrides = {".": [], "exp": [f"+exp={name}"]}.get(group, [f"{group}={name}"])
    read_settings(TASK, composed(*overrides))


@pytest.mark.parametrize("experiment", SWEPT)
def test_quick_has_one_seed_and_the_command_line_wins_over_it(experiment):
    assert len(sweep(f"+exp={experiment}", "preset=quick")) == len(variants(experiment))
    settings = read_settings(TASK, composed(f"+exp={experiment}", "preset=quick", "train.epochs=7"))
    assert settings.train.epochs == 7
    assert settings.data.train_limit is not None


@pytest.mark.skipif(not os.environ.get("KACA_DATA_DIR"), reason="KACA_DATA_DIR names no local mirror of NusaX")
def test_languages_on_the_command_line():
    config = composed("data.languages=[ind,jav]", "data.test_language=sun")
    dataset = TASK.load_data(read_settings(TASK, config))
    assert (len(dataset.train), len(dataset.test)) == (1_000, 400)
