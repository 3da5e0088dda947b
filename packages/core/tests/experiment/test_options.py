"""What a config may say, and the one line that answers what it may not."""

import json
from dataclasses import asdict, dataclass

import pytest
from toy_task import CONFIG

from core.checks import flag, integer, number, one_of
from core.errors import InputError
from core.experiment.command.options import JobOptions, Options, TrainOptions, option, read_options
from core.experiment.errors import OptionError

REFUSED = [
    ({"epochs": 0}, "train.epochs must be an integer in [1, 2147483647], got 0"),
    ({"epochs": 1.5}, "train.epochs must be an integer"),
    ({"epochs": True}, "train.epochs must be an integer"),
    ({"epochs": "many"}, "train.epochs must be an integer in [1, 2147483647], got 'many'"),
    ({"batch_size": -1}, "train.batch_size"),
    ({"learning_rate": 0}, "train.learning_rate must lie in (0, 1000000000.0), got 0"),
    ({"learning_rate": float("nan")}, "train.learning_rate"),
    ({"learning_rate": float("inf")}, "train.learning_rate"),
    ({"learning_rate_schedule": "cosinus"}, "must be one of 'cosine', got 'cosinus'; null turns it off"),
    ({"clipnorm": 0}, "train.clipnorm"),
    ({"early_stopping": True}, "train.early_stopping"),
    ({"early_stopping": 0}, "train.early_stopping"),
    ({"monitor": None}, "train.monitor must be one of 'val_loss', 'val_accuracy', 'val_macro_f1', got None"),
    ({"epoch": 3}, "train.epoch: no such option; train has epochs, batch_size"),
]


@pytest.mark.parametrize(("changed", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_impossible_training_is_refused_with_the_option_by_name(changed, message):
    with pytest.raises(OptionError) as refusal:
        read_options(TrainOptions, {**CONFIG["train"], **changed}, "train")
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_option_is_refused():
    with pytest.raises(OptionError, match=r"train\.epochs: this option has no value"):
        read_options(
            TrainOptions, {name: value for name, value in CONFIG["train"].items() if name != "epochs"}, "train"
        )


def test_possible_training_is_read():
    options = read_options(
        TrainOptions, {**CONFIG["train"], "learning_rate_schedule": "cosine", "clipnorm": 1}, "train"
    )
    assert (options.epochs, options.learning_rate_schedule, options.clipnorm) == (2, "cosine", 1)


def seed(value):
    return read_options(JobOptions, {"seed": value, "force": False, "trainer": "keras"}).seed


@pytest.mark.parametrize("value", [-1, 2**32, "0"])
def test_a_seed_outside_its_range_is_refused(value):
    with pytest.raises(OptionError, match=r"^seed must be an integer"):
        seed(value)


@pytest.mark.parametrize(
    "check",
    [
        lambda: flag(1, "force"),
        lambda: integer(33, "kernel_size", maximum=32),
        lambda: number(1.0, "dropout", minimum=0, below=1),
        lambda: number(-0.1, "dropout", minimum=0, below=1),
        lambda: number(0, "learning_rate", above=0),
        lambda: one_of(True, "conv_layers", (1, 2)),
    ],
)
def test_values_outside_their_range_are_refused(check):
    with pytest.raises(InputError):
        check()


def test_values_at_the_edge_are_taken():
    assert (seed(0), seed(2**32 - 1)) == (0, 2**32 - 1)
    assert integer(32, "kernel_size", maximum=32) == 32
    assert number(0, "dropout", minimum=0, below=1) == 0
    assert one_of(False, "bidirectional", (True, False)) is False


def test_a_value_is_kept_as_the_store_knows_it():
    """A kept run is found by its options as JSON, in which 1 and 1.0 differ."""

    @dataclass(frozen=True, kw_only=True)
    class Section(Options):
        rate: float = option(number)
        units: int = option(integer)

    kept = [read_options(Section, {"rate": rate, "units": units}) for rate, units in ((1, 2.0), (1.0, 2))]
    assert [json.dumps(asdict(record)) for record in kept] == ['{"rate": 1, "units": 2}', '{"rate": 1.0, "units": 2}']
