"""The most probable classes of images, from the command line: ``python -m vision.predict MODEL IMAGE...``.

TensorFlow is not needed. Mistakes of the user end in one line on the error output and the exit status 2.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from core.experiment.command.classify import Answer, classifier_parser, classify
from core.experiment.command.frame import run_command
from core.experiment.command.output import write_json, write_line
from core.printable import printable
from vision.cnn import CNNFromScratch
from vision.images import ImageInput, read_image

#: Layers that bring raw pixels to the range that the network was trained with.
_SCALING = frozenset({"Rescaling", "Normalization"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    return run_command(lambda: _show(options))


def _show(options: argparse.Namespace) -> int:
    answers = _answers(options)
    if options.json:
        write_json([{"image": answer.given, "top": answer.ranking[: options.top]} for answer in answers], indent=2)
        return 0
    for answer in answers:
        write_line(printable(answer.given))
        for best in answer.ranking[: options.top]:
            write_line(f"  {best['probability']:8.4f}  {printable(best['class'])}")
    return 0


def _answers(options: argparse.Namespace) -> list[Answer]:
    """Classify the images; pixels are raw (0 to 255) unless `--scale` multiplies them."""
    net = CNNFromScratch()
    net.load_keras_model(options.model)
    wanted = ImageInput.from_shape(net.input_of(net.model).batch_shape)
    images = [read_image(path, wanted) for path in options.images]
    if options.scale is None and not any(type(layer).__name__ in _SCALING for _, layer in net.model.walk()):
        warnings.warn(
            "the model has no Rescaling or Normalization layer and is given raw pixels, 0 to 255; "
            "if it was trained on others, say so: --scale 1/255",
            stacklevel=2,
        )
    factor = np.float32(1 if options.scale is None else options.scale)
    batches = (([str(path)], image[None] * factor) for path, image in zip(options.images, images, strict=True))
    return list(classify(options, net, batches, "an image"))


def _parser() -> argparse.ArgumentParser:
    parser = classifier_parser(
        "vision.predict",
        "The most probable classes of PNG or JPEG images, without TensorFlow.",
        "a Keras file (.keras, .h5) of a network over images",
    )
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE", help="a PNG or JPEG file, of any size")
    parser.add_argument("--top", type=_count, default=3, metavar="N", help="how many classes to show (default: 3)")
    parser.add_argument("--scale", type=_factor, metavar="FACTOR", help="multiply the pixels, 0 to 255, by this number, such "
                        "as 1/255; only for models without a Rescaling or Normalization layer")  # fmt: skip
    return parser


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return value


def _factor(text: str) -> float:
    try:
        value = float(Fraction(text.replace(" ", "")))
    except (ValueError, ZeroDivisionError) as error:
        raise argparse.ArgumentTypeError(f"must be a number or a fraction such as 1/255, got {text!r}") from error
    if not value > 0:
        raise argparse.ArgumentTypeError(f"must be positive, got {text}")
    return value


if __name__ == "__main__":
    sys.exit(main())
