"""Classify sentences with a saved model: ``python -m text.predict MODEL "kalimat"...``, or lines from standard input.

The model must take raw sentences (a TextVectorization in front). TensorFlow is not needed. ``--json`` writes one object
a line. The classes are named by ``--classes``, or by the ``result.json`` that training left beside the model; without
either they are numbers. Exit status: 0, or 2 with one line on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from core import InputError, KacaError
from core.arrays import Array
from text.rnn import RNNFromScratch

#: Lines of standard input that are classified at a time.
_LINES = 32


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_intermixed_args(arguments)
    try:
        net = RNNFromScratch()
        net.load_keras_model(options.model)
        if not net.takes_sentences:
            raise InputError(
                f"{options.model} takes token ids, not sentences: save it with its TextVectorization in front"
            )
        classes = options.classes.split(",") if options.classes else read_classes(options.model)
        for batch in _batches(options.sentences or _lines()):
            for sentence, row in zip(batch, probabilities(net, batch, classes), strict=True):
                sys.stdout.write((as_json if options.json else as_text)(sentence, row, classes) + "\n")
            sys.stdout.flush()
    except (KacaError, OSError, UnicodeError) as error:
        sys.stderr.write(f"text.predict: {' '.join(str(error).split())}\n")
        return 2
    return 0


def probabilities(net: RNNFromScratch, sentences: list[str], classes: list[str] | None) -> Array:
    """Give the probability of each class for each sentence, (n, classes). A single output p means 1 - p and p."""
    rows = net.predict_proba(sentences)
    if rows.ndim != 2:
        raise InputError(f"a classifier gives one row a sentence, this model gives the shape {rows.shape}")
    if rows.shape[1] == 1:
        rows = np.concatenate([1 - rows, rows], axis=1)
    if np.isnan(rows).any():
        sentence = sentences[int(np.flatnonzero(np.isnan(rows).any(axis=1))[0])]
        raise InputError(f"the model gives no number for {sentence!r}: there may be no word in it that the model reads")
    if classes is not None and len(classes) != rows.shape[1]:
        raise InputError(f"the model has {rows.shape[1]} classes, got {len(classes)} names: {', '.join(classes)}")
    return rows


def read_classes(model: Path) -> list[str] | None:
    """Read the names of the classes from the ``result.json`` beside the model; None where there is none."""
    path = model.parent / "result.json"
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error}): name the classes with --classes") from error
    classes = found.get("classes") if isinstance(found, dict) else None
    if classes is None:
        return None
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise InputError(f"{path}: classes must be a list of names, got {str(classes)[:100]}: use --classes")
    return classes


def as_text(sentence: str, row: Array, classes: list[str] | None) -> str:
    """Write a class, its probability and the sentence, with tabs between."""
    return f"{_name(int(row.argmax()), classes)}\t{row.max():.4f}\t{sentence}"


def as_json(sentence: str, row: Array, classes: list[str] | None) -> str:
    """Write the sentence, its class and the probability of each class as one JSON object."""
    found: dict[str, Any] = {"text": sentence, "class": _name(int(row.argmax()), classes)}
    found["probabilities"] = {_name(number, classes): float(value) for number, value in enumerate(row)}
    return json.dumps(found, ensure_ascii=False)


def _name(number: int, classes: list[str] | None) -> str:
    return str(number) if classes is None else classes[number]


def _lines() -> Iterator[str]:
    """Read sentences from standard input, one a line, in UTF-8."""
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            yield line.decode("utf-8").rstrip("\r\n")
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
