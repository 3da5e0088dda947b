"""What a config may say, and the one line that answers what it may not."""

import pytest
from toy_task import CONFIG

from core.experiment.command.options import (
    TrainOptions,
    check_choice,
    check_flag,
    check_number,
    check_seed,
    check_whole,
    read_options,
)
from core.experiment.errors import OptionError

REFUSED = [
    ({"epochs": 0}, "train.epochs: expected a whole number of at least 1, got 0"),
    ({"epochs": 1.5}, "train.epochs: expected a whole number"),
    ({"epochs": True}, "train.epochs: expected a whole number"),
    ({"epochs": "many"}, "train.epochs: expected a whole number of at least 1, got 'many'"),
    ({"batch_size": -1}, "train.batch_size"),
    ({"learning_rate": 0}, "train.learning_rate: expected a number above 0"),
    ({"learning_rate": float("nan")}, "train.learning_rate"),
    ({"learning_rate": float("inf")}, "train.learning_rate"),
    ({"learning_rate_schedule": "cosinus"}, "expected one of null, cosine, got 'cosinus'"),
    ({"clipnorm": 0}, "train.clipnorm"),
    ({"early_stopping": True}, "train.early_stopping"),
    ({"early_stopping": 0}, "train.early_stopping"),
    ({"monitor": None}, "train.monitor: expected one of val_loss, val_accuracy, val_macro_f1, got null"),
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


@pytest.mark.parametrize(
    "check",
    [
        lambda: check_seed(-1),
        lambda: check_seed(2**32),
        lambda: check_seed("0"),
        lambda: check_flag("force", 1),
        lambda: check_whole("kernel_size", 33, most=32),
        lambda: check_number("dropout", 1.0, below=1.0),
        lambda: check_number("dropout", -0.1),
        lambda: check_choice("conv_layers", True, (1, 2)),
    ],
)
def test_values_outside_their_range_are_refused(check):
    with pytest.raises(OptionError):
        check()


def test_values_at_the_edge_are_taken():
    check_seed(0)
    check_seed(2**32 - 1)
    check_whole("kernel_size", 32, most=32)
    check_number("dropout", 0)
    check_choice("bidirectional", False, (True, False))
