"""Text as the harness sees it: NusaX or the bundled reviews, a recurrent network, and sentences to show."""

from __future__ import annotations

from typing import Any, ClassVar

from core.experiment.command.options import TrainOptions
from core.experiment.task import Dataset, KerasModels, Settings
from text.data import load_data
from text.options import ModelOptions, TextDataOptions


class TextTask:
    """The text trainer."""

    package = "text"
    recipe = 1
    options: ClassVar = {"model": ModelOptions, "train": TrainOptions, "data": TextDataOptions}

    def load_data(self, settings: Settings) -> Dataset:
        """Load three splits of sentences (n,), strings in an array of objects."""
        return load_data(settings.data)

    def build(self, settings: Settings, dataset: Dataset) -> KerasModels:
        """Build the network, its vocabulary from the training split alone; it is trained on ids and saved from sentences on."""
        from text.keras_rnn import build_rnn  # noqa: PLC0415  # imports Keras, which a run that is found again can do without

        return build_rnn(options=settings.model, texts=dataset.train.inputs, classes=len(dataset.classes))

    def show(self, dataset: Dataset, row: int) -> dict[str, Any]:
        """Return one test sentence."""
        return {"kind": "text", "text": dataset.test.inputs[row]}
