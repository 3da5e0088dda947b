"""The saved file is opened by Kaca, and its numbers are compared with those of Keras on the whole test split."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score

from core.arrays import Array
from core.errors import KacaError
from core.experiment.records import Json
from core.experiment.scores import macro_f1
from core.experiment.store import KeptRun
from core.experiment.task import Dataset, Labels
from core.models.load import load_model

BATCH_SIZE = 256  # of both sides when they predict: in blocks of the same size, sums are taken alike
TRACED_ROWS = 8  # test rows on which every layer's output is compared
FLOAT64_ROWS = 400  # test rows that both sides predict in float64 too: all of NusaX, a few seconds of CIFAR-10
SHOWN_ROWS = 8  # examples of each kind in the samples

Probabilities = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Float64Probabilities:
    """Probabilities of both sides in float64 for the first rows of the test split; (rows, classes)."""

    keras: npt.NDArray[np.float64]
    scratch: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Probabilities of both sides over the test split (n, classes), and the differences layer by layer."""

    labels: Labels
    keras: Probabilities
    scratch: Probabilities
    scratch_predict_seconds: float
    trace: list[Json]
    float64: Float64Probabilities

    def scores(self) -> Json:
        """Macro F1 of both sides, Keras' accuracy, and how far the two are apart."""
        chosen, ours = self.keras.argmax(axis=1), self.scratch.argmax(axis=1)
        apart = np.abs(self.keras.astype(np.float64) - self.scratch)
        return {
            "n_test": len(self.labels),
            "keras_macro_f1": macro_f1(self.labels, self.keras),
            "scratch_macro_f1": macro_f1(self.labels, self.scratch),
            "keras_accuracy": float(accuracy_score(self.labels, chosen)),
            "label_match": float((chosen == ours).mean()),
            "max_abs_diff": float(apart.max()),
            "mean_abs_diff": float(apart.mean()),
            "max_abs_diff_float64": _largest(self.float64.keras, self.float64.scratch),
            "keras_rounding": _largest(self.keras[: len(self.float64.keras)], self.float64.keras),
            "scratch_rounding": _largest(self.scratch[: len(self.float64.scratch)], self.float64.scratch),
        }

    def telling_rows(self) -> list[int]:
        """Choose rows to show: the first, where the sides disagree, are furthest apart, or Keras is surest and wrong."""
        chosen = self.keras.argmax(axis=1)
        apart = np.flatnonzero(chosen != self.scratch.argmax(axis=1))[:SHOWN_ROWS]
        furthest = np.argsort(-np.abs(self.keras - self.scratch).max(axis=1), kind="stable")[:SHOWN_ROWS]
        wrong = np.flatnonzero(chosen != self.labels)
        surest = wrong[np.argsort(-self.keras[wrong].max(axis=1), kind="stable")][:SHOWN_ROWS]
        first = np.arange(min(SHOWN_ROWS, len(self.labels)))
        return list(dict.fromkeys(int(row) for row in np.concatenate([first, apart, furthest, surest])))


def compare(run: KeptRun, dataset: Dataset) -> Comparison:
    """Open the saved model with Kaca and predict the whole test split; raises KacaError if the two cannot be compared."""
    model = load_model(run.model_file)
    started = time.perf_counter()
    scratch = np.asarray(model.predict_proba(dataset.test.inputs, batch_size=BATCH_SIZE), np.float32)
    seconds = time.perf_counter() - started
    keras = run.probabilities
    if scratch.shape != keras.shape:
        raise KacaError(f"{run.model_file}: Keras gave probabilities of shape {keras.shape}, Kaca {scratch.shape}")
    kinds = {layer.name: type(layer).__name__ for layer in model.layers}
    ours = model.activations(dataset.test.inputs[:TRACED_ROWS])
    trace = [_difference(name, kinds.get(name, ""), value, ours) for name, value in run.activations.items()]
    in_float64 = load_model(run.model_file, dtype="float64")
    float64 = Float64Probabilities(run.float64_probabilities, in_float64.forward(dataset.test.inputs[:FLOAT64_ROWS]))
    return Comparison(dataset.test.labels, keras, scratch, seconds, trace, float64)


def _largest(one: Array, other: Array) -> float:
    return float(np.abs(one.astype(np.float64) - other).max())


def _difference(name: str, kind: str, theirs: Array, ours: dict[str, Array]) -> Json:
    """Hold one layer's output against Keras'; raises KacaError if Kaca's model lacks that layer or gives another shape."""
    if name not in ours:
        raise KacaError(f"layer {name}: Keras' model has it, Kaca's has only {', '.join(ours)}")
    if ours[name].shape != theirs.shape:
        raise KacaError(f"layer {name}: Keras gives the shape {theirs.shape}, Kaca {ours[name].shape}")
    apart = np.abs(theirs.astype(np.float64) - ours[name])
    return {
        "layer": name,
        "class": kind,
        "output_shape": [None, *theirs.shape[1:]],
        "max_abs_diff": float(apart.max()),
        "mean_abs_diff": float(apart.mean()),
        "largest_value": float(np.abs(theirs).max()),
    }
