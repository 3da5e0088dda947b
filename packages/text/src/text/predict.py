"""Classify sentences with a saved model: ``python -m text.predict MODEL "kalimat"...``, or lines from standard input.

The model must take raw sentences (a TextVectorization in front). TensorFlow is not needed. ``--json`` writes one object
a line. The classes are named by ``--classes``, or by the ``result.json`` that training left beside the model; without
either they are numbers. Exit status: 0, or 2 with one line on standard error.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from core import InputError
from core.arrays import Array
from core.experiment.command.class_names import names_beside
from core.experiment.command.class_scores import are_probabilities, class_scores
from core.experiment.command.frame import run_command
from core.experiment.command.output import write_json, write_line
from core.printable import printable
from text.rnn import RNNFromScratch

#: Lines of standard input that are classified at a time.
_LINES = 32
#: Bytes of the longest line.
_LONGEST = 2**22


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_intermixed_args(arguments)
    return run_command(lambda: _classify(options))


def _classify(options: argparse.Namespace) -> int:
    net = RNNFromScratch()
    net.load_keras_model(options.model)
    if not net.takes_sentences:
        raise InputError(f"{options.model} takes token ids, not sentences: save it with its TextVectorization in front")
    classes = options.classes.split(",") if options.classes else read_classes(options.model)
    for batch in _batches(options.sentences or _lines()):
        for sentence, row in zip(batch, probabilities(net, batch, classes), strict=True):
            if options.json:
                write_json(as_record(sentence, row, classes))
            else:
                write_line(as_text(sentence, row, classes))
        sys.stdout.flush()
    return 0


def probabilities(net: RNNFromScratch, sentences: list[str], classes: list[str] | None) -> Array:
    """Return the probability of each class for each sentence, (n, classes). A single output p means 1 - p and p."""
    rows = net.predict_proba(sentences)
    if rows.ndim == 2 and np.isnan(rows).any():
        sentence = sentences[int(np.flatnonzero(np.isnan(rows).any(axis=1))[0])]
        raise InputError(f"the model gives no number for {sentence!r}: there may be no word in it that the model reads")
    scores = class_scores(net.model, rows, "a sentence")
    if classes is not None and len(set(classes)) < len(classes):
        raise InputError(f"each class needs a name of its own, got {', '.join(classes)}: use --classes")
    if classes is not None and len(classes) != scores.shape[1]:
        raise InputError(f"the model has {scores.shape[1]} classes, got {len(classes)} names: {', '.join(classes)}")
    if not are_probabilities(scores):
        warnings.warn(
            "the model's outputs are no probabilities (they do not add up to 1): shown as they are", stacklevel=2
        )
    return scores


def read_classes(model: Path) -> list[str] | None:
    """Read the names of the classes from the ``result.json`` beside the model; None where there is none."""
    try:
        return names_beside(model)
    except InputError as error:
        raise InputError(f"{error}: name the classes with --classes") from error


def as_text(sentence: str, row: Array, classes: list[str] | None) -> str:
    """Write a class, its probability and the sentence, with tabs between."""
    name = printable(_name(int(row.argmax()), classes))
    return f"{name}\t{row.max():.4f}\t{printable(sentence, keep=chr(9))}"


def as_record(sentence: str, row: Array, classes: list[str] | None) -> dict[str, Any]:
    """Return the sentence, its class and the probability of each class, as ``--json`` writes them."""
    return {
        "text": sentence,
        "class": _name(int(row.argmax()), classes),
        "probabilities": {_name(number, classes): float(value) for number, value in enumerate(row)},
    }


def _name(number: int, classes: list[str] | None) -> str:
    return str(number) if classes is None else classes[number]


def _lines() -> Iterator[str]:
    """Read sentences from standard input, one a line, in UTF-8 with or without a byte order mark."""
    if sys.stdin is None:
        raise InputError("the standard input is closed: give the sentences as arguments")
    for number, line in enumerate(iter(lambda: sys.stdin.buffer.readline(_LONGEST + 1), b""), start=1):
        if len(line) > _LONGEST:
            raise InputError(f"line {number} of standard input is longer than {_LONGEST:,} bytes: not a sentence")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise InputError(f"line {number} of standard input is not UTF-8: {error}") from error


def _batches(sentences: Iterable[str]) -> Iterator[list[str]]:
    waiting = iter(sentences)
    while batch := list(islice(waiting, _LINES)):
        yield batch


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m text.predict", description="Classify sentences with a saved Keras model."
    )
    parser.add_argument("model", type=Path, help="a .keras file that takes raw sentences")
    parser.add_argument("sentences", nargs="*", help="sentences; without any, lines are read from standard input")
    parser.add_argument("--json", action="store_true", help="write one JSON object a line")
    parser.add_argument("--classes", help="names of the classes, in order, with commas between")
    return parser


if __name__ == "__main__":
    sys.exit(main())
