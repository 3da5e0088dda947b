"""Classify sentences with a saved model: ``python -m text.predict MODEL "kalimat"...``, or lines from standard input.

The model must take raw sentences (a TextVectorization in front). TensorFlow is not needed. ``--json`` writes one object
a line. Exit status: 0, or 2 with one line on standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from core import InputError
from core.experiment.command.classify import classifier_parser, classify
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
    return run_command(lambda: _show(options))


def _show(options: argparse.Namespace) -> int:
    net = RNNFromScratch()
    net.load_keras_model(options.model)
    if not net.takes_sentences:
        raise InputError(f"{options.model} takes token ids, not sentences: save it with its TextVectorization in front")
    sentences = iter(options.sentences or _lines())
    batches = ((batch, batch) for batch in iter(lambda: list(islice(sentences, _LINES)), []))
    for answer in classify(options, net, batches, "a sentence"):
        best = answer.ranking[0]
        if options.json:
            probabilities = dict(zip(answer.names, answer.probabilities.tolist(), strict=True))
            write_json({"text": answer.given, "class": best["class"], "probabilities": probabilities})
        else:
            sentence = printable(answer.given, keep="\t")
            write_line(f"{printable(best['class'])}\t{best['probability']:.4f}\t{sentence}")
    return 0


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


def _parser() -> argparse.ArgumentParser:
    parser = classifier_parser(
        "text.predict", "Classify sentences with a saved Keras model.", "a .keras file that takes raw sentences"
    )
    parser.add_argument("sentences", nargs="*", help="sentences; without any, lines are read from standard input")
    return parser


if __name__ == "__main__":
    sys.exit(main())
