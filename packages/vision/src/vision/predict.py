"""The most probable classes of images, from the command line: ``python -m vision.predict MODEL IMAGE...``.

TensorFlow is not needed. Mistakes of the user end in one line on the error output and the exit status 2.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np

from core import InputError
from core.arrays import Array
from core.experiment.command.class_names import RESULT, names_beside, names_in
from core.experiment.command.class_scores import are_probabilities, class_scores
from core.experiment.command.frame import run_command
from core.experiment.command.output import write_json, write_line
from core.graph.nodes import Ref
from core.layers.input_layer import InputLayer
from core.printable import printable
from vision.cnn import CNNFromScratch
from vision.images import ImageInput, read_image

#: Layers that bring raw pixels to the range that the network was trained with.
_SCALING = frozenset({"Rescaling", "Normalization"})


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    return run_command(lambda: _show(options))


def _show(options: argparse.Namespace) -> int:
    found = predict(options.model, options.images, scale=options.scale, names_file=options.classes)
    top = [entry | {"top": entry["top"][: options.top]} for entry in found]
    if options.json:
        write_json(top, indent=2)
    else:
        write_line(_as_text(top))
    return 0


def predict(
    model: Path, images: list[Path], *, scale: float | None = None, names_file: Path | None = None
) -> list[dict[str, Any]]:
    """Give, for each image, ``{"image": path, "top": [{"class", "index", "probability"}, ...]}``, best class first.

    Pixels are raw (0 to 255) unless `scale` multiplies them. Raises `KacaError` for a wrong model, image or names file.
    """
    net = CNNFromScratch()
    net.load_keras_model(model)
    wanted = ImageInput.from_shape(
        cast(InputLayer, net.model.nodes[cast(Ref, net.model.inputs).node].layer).batch_shape
    )
    pictures = [read_image(path, wanted) for path in images]
    scales_itself = any(type(layer).__name__ in _SCALING for _, layer in net.model.walk())
    if scale is None and not scales_itself:
        warnings.warn(
            "the model has no Rescaling or Normalization layer and is given raw pixels, 0 to 255; "
            "if it was trained on others, say so: --scale 1/255",
            stacklevel=2,
        )
    factor = np.float32(1 if scale is None else scale)
    rows = [_probabilities(net, picture[None] * factor) for picture in pictures]
    names = _class_names(model, names_file, len(rows[0]))
    return [{"image": str(path), "top": _ranked(row, names)} for path, row in zip(images, rows, strict=True)]


def _probabilities(net: CNNFromScratch, picture: Array) -> Array:
    """Return one number for each class; a single output unit is the probability of the second of two classes."""
    scores = class_scores(net.model, net.predict_proba(picture), "an image")
    if not are_probabilities(scores):
        warnings.warn(
            "the model's outputs are no probabilities (they do not add up to 1): shown as they are", stacklevel=3
        )
    return scores[0]


def _ranked(row: Array, names: list[str]) -> list[dict[str, Any]]:
    order = np.argsort(-row, kind="stable")
    return [{"class": names[index], "index": int(index), "probability": float(row[index])} for index in order]


def _class_names(model: Path, names_file: Path | None, count: int) -> list[str]:
    """Read the names from `names_file`, or from the ``result.json`` that training left beside the model."""
    if names_file is not None:
        names = names_in(names_file)
        if len(names) != count:
            raise InputError(f"{names_file}: the model has {count} classes, the file names {len(names)}")
        return names
    try:
        classes = names_beside(model)
    except InputError as error:
        warnings.warn(f"{error}: the numbers of the classes are shown", stacklevel=3)
        classes = None
    else:
        if classes is not None and len(classes) == count:
            return classes
        if (model.parent / RESULT).is_file():
            warnings.warn(
                f"{model.parent / RESULT} does not name the model's {count} classes: their numbers are shown",
                stacklevel=3,
            )
    return [str(index) for index in range(count)]


def _as_text(found: list[dict[str, Any]]) -> str:
    return "\n".join(
        line
        for entry in found
        for line in (
            printable(entry["image"]),
            *(f"  {best['probability']:8.4f}  {printable(best['class'])}" for best in entry["top"]),
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vision.predict",
        description="The most probable classes of PNG or JPEG images, without TensorFlow.",
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="a Keras file (.keras, .h5) of a network over images")
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE", help="a PNG or JPEG file, of any size")
    parser.add_argument("--top", type=_count, default=3, metavar="N", help="how many classes to show (default: 3)")
    parser.add_argument("--classes", type=Path, metavar="FILE", help="names of the classes, one a line (default: those in "
                        "result.json beside the model, else their numbers)")  # fmt: skip
    parser.add_argument("--scale", type=_factor, metavar="FACTOR", help="multiply the pixels, 0 to 255, by this number, such "
                        "as 1/255; only for models without a Rescaling or Normalization layer")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
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
