"""Learning from scratch: losses, optimizers, schedules, initializers, callbacks, and the loop over epochs."""

from typing import Any

from core.lazy import LazyNames

NAMES = LazyNames(
    __name__,
    {
        "callbacks": "Callback EarlyStopping ReduceLROnPlateau",
        "compiled": "Compiled",
        "course": "Course",
        "divergence": "DivergedError",
        "evaluation": "evaluate",
        "fitting": "Fitting",
        "history": "History",
        "initializers": "initialize",
        "lessons": "TrainingData",
        "losses": "Loss SparseCategoricalCrossentropy CategoricalCrossentropy BinaryCrossentropy MeanSquaredError",
        "named": "find_optimizer",
        "optimizer": "Optimizer",
        "optimizers": "SGD Adam AdamW RMSprop",
        "progress": "ProgressBar TrainingProgress progress_of",
        "regression": (
            "MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError Huber LogCosh KLDivergence "
            "Poisson Hinge SquaredHinge CategoricalHinge CosineSimilarity"
        ),
        "schedules": "Constant CosineDecay CosineDecayRestarts ExponentialDecay PiecewiseConstantDecay",
        "trainer": "Scorer Trainer",
        "writers": "CSVLogger ModelCheckpoint",
    },
)

__all__ = [*NAMES]  # noqa: PLE0604  # names of the table are strings


def __getattr__(name: str) -> Any:
    return NAMES.attribute(name)
