"""Vision as the harness sees it: CIFAR-10 or digits, a convolutional network, and pictures to show."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from core.experiment.command.options import read_options, read_trainer
from core.experiment.task import Array, Dataset, Network, Settings
from vision.data import load_data
from vision.options import DataOptions, ModelOptions, VisionTrainOptions


class VisionTask:
    """The vision trainer."""

    package = "vision"
    recipe = 1

    def read_settings(self, config: Mapping[str, Any]) -> Settings:
        """Check the sections `model`, `train` and `data`; raises OptionError."""
        return Settings(
            model=read_options(ModelOptions, config["model"], "model"),
            train=read_options(VisionTrainOptions, config["train"], "train"),
            data=read_options(DataOptions, config["data"], "data"),
            trainer=read_trainer(config),
        )

    def load_data(self, settings: Settings) -> Dataset:
        """Load three splits of images (n, 32, 32, 3), uint8."""
        return load_data(settings.data)

    def build(self, settings: Settings, dataset: Dataset, seed: int) -> Network:
        """Build the network; what is trained is what is saved."""
        from vision.keras_cnn import build_cnn  # noqa: PLC0415  # imports Keras, which a run that is found again can do without

        model = build_cnn(
            options=settings.model,
            augmentation=settings.train.augmentation,
            image_shape=dataset.train.inputs.shape[1:],
            classes=len(dataset.classes),
            seed=seed,
        )
        return Network(saved=model, trained=model, encode=_as_it_is)

    def show(self, dataset: Dataset, row: int) -> dict[str, Any]:
        """Give one test image as a PNG in base64."""
        picture = io.BytesIO()
        Image.fromarray(dataset.test.inputs[row]).save(picture, "PNG", optimize=True)
        return {"kind": "image", "image_png": base64.b64encode(picture.getvalue()).decode()}


def _as_it_is(images: Array) -> Array:
    return images
