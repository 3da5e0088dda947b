"""Every file in experiments/text composes, asks a question, and shares its runs with the others where it can."""

import itertools
import os

import pytest
from experiment_files import ExperimentFiles, jobs_of, keys_of, settings_of, variants_of

from text.task import TextTask

TASK = TextTask()
BOTH = ("simple_rnn", "lstm")
SEEDS = ("0", "1", "2", "3", "4")
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


class TestFiles(ExperimentFiles):
    task, experiments = TASK, SWEPT
    #: Macro F1: of Keras and from scratch alike, or of Keras and from scratch.
    study = {  # noqa: RUF012
        "layers": {
            "cell=simple_rnn, layers=1": 0.4326, "cell=simple_rnn, layers=2": 0.36, "cell=simple_rnn, layers=3": 0.1827,
            "cell=lstm, layers=1": (0.1844, 0.1765), "cell=lstm, layers=2": (0.1827, 0.1765),
            "cell=lstm, layers=3": (0.1827, 0.1765),
        },
        "bidirectional": {
            "cell=simple_rnn, bidirectional=false": 0.1892, "cell=simple_rnn, bidirectional=true": (0.4981, 0.1844),
            "cell=lstm, bidirectional=false": (0.1827, 0.1654), "cell=lstm, bidirectional=true": (0.6326, "error"),
        },
    }  # fmt: skip


@pytest.mark.parametrize("experiment", SWEPT)
def test_it_sweeps_what_it_asks_about_with_five_seeds(experiment):
    jobs = jobs_of(TASK, f"+exp={experiment}")
    expected = {"seed": SEEDS, **SWEPT[experiment]}
    assert {key: tuple(dict.fromkeys(job[key] for job in jobs)) for key in jobs[0]} == expected
    assert len(jobs) == len(list(itertools.product(*expected.values())))
    assert len(jobs_of(TASK, f"+exp={experiment}", "preset=quick")) == len(jobs) / len(SEEDS)


@pytest.mark.parametrize("experiment", ["bidirectional", "layers", "mask", "units"])
def test_the_cell_on_the_command_line_narrows_the_sweep(experiment):
    jobs = jobs_of(TASK, f"+exp={experiment}", "model.cell=lstm")
    assert {job["model.cell"] for job in jobs} == {"lstm"}
    assert len(jobs) == len(jobs_of(TASK, f"+exp={experiment}")) / 2
    assert len(jobs_of(TASK, f"+exp={experiment}", "model.cell=lstm", "seed=3")) == len(jobs) / 5


@pytest.mark.parametrize("experiment", OF_THE_STUDY)
def test_the_baseline_of_each_cell_is_among_its_variants(experiment):
    found = variants_of(TASK, experiment).values()
    for cell in BOTH:
        assert settings_of(TASK, f"model.cell={cell}") in found


def test_the_baseline_has_one_key():
    keys = [keys_of(TASK, variants_of(TASK, experiment).values(), "data=ulasan") for experiment in OF_THE_STUDY]
    assert len(set.intersection(*keys)) == len(BOTH)


def test_the_defaults_are_those_of_the_study():
    settings = settings_of(TASK)
    model, train = settings.model, settings.train
    assert (model.max_tokens, model.sequence_length, model.embedding_dim, model.dense_units) == (10_000, 100, 128, 32)
    assert (model.dropout, model.dense_dropout, model.recurrent_dropout, model.embedding_dropout) == (0.3, 0.5, 0, 0)
    assert (model.mask_zero, model.pooling, model.bidirectional) == (True, "last", False)
    assert (train.epochs, train.batch_size) == (15, 32)
    assert train.learning_rate_schedule is train.clipnorm is train.early_stopping is None
    assert (settings.data.languages, settings.data.test_language) == (("ind",), "ind")


@pytest.mark.skipif(not os.environ.get("KACA_DATA_DIR"), reason="KACA_DATA_DIR names no local mirror of NusaX")
def test_languages_on_the_command_line():
    dataset = TASK.load_data(settings_of(TASK, "data.languages=[ind,jav]", "data.test_language=sun"))
    assert (len(dataset.train), len(dataset.test)) == (1_000, 400)
