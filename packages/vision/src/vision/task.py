"""Vision as the harness sees it: CIFAR-10 or digits, a convolutional network, and pictures to show."""

from __future__ import annotations

import base64
import io
from typing import Any, ClassVar

from PIL import Image

from core.experiment.task import Dataset, KerasModels, Settings
from vision.data import load_data
from vision.options import ModelOptions, VisionDataOptions, VisionTrainOptions


class VisionTask:
    """The vision trainer."""

    package = "vision"
    recipe = 1
    options: ClassVar = {"model": ModelOptions, "train": VisionTrainOptions, "data": VisionDataOptions}

    def load_data(self, settings: Settings) -> Dataset:
        """Load three splits of images (n, 32, 32, 3), uint8."""
        return load_data(settings.data)

    def build(self, settings: Settings, dataset: Dataset) -> KerasModels:
        """Build the network; what is trained is what is saved."""
        from vision.keras_cnn import build_cnn  # noqa: PLC0415  # imports Keras, which a run that is found again can do without

        model = build_cnn(
            options=settings.model,
            augmentation=settings.train.augmentation,
            image_shape=dataset.train.inputs.shape[1:],
            classes=len(dataset.classes),
            seed=settings.seed,
        )
        return KerasModels(saved=model, trained=model, encode=lambda images: images)

    def show(self, dataset: Dataset, row: int) -> dict[str, Any]:
        """Return one test image as a PNG in base64."""
        picture = io.BytesIO()
        Image.fromarray(dataset.test.inputs[row]).save(picture, "PNG", optimize=True)
        return {"kind": "image", "image_png": base64.b64encode(picture.getvalue()).decode()}
