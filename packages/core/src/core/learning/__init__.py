"""Learning from scratch: losses, optimisers, schedules, initialisers, callbacks, and the loop over epochs."""

from typing import Any

from core.lazy import LazyNames

_NAMES = LazyNames(
    __name__,
    {
        "callbacks": "Callback EarlyStopping ReduceLROnPlateau",
        "divergence": "DivergedError",
        "evaluation": "evaluate",
        "fitting": "fit",
        "history": "History",
        "initializers": "initialize",
        "losses": "BinaryCrossentropy CategoricalCrossentropy Loss MeanSquaredError SparseCategoricalCrossentropy",
        "optimizer": "Optimizer",
        "optimizers": "SGD Adam AdamW RMSprop find_optimizer",
        "compiled": "Compiled",
        "progress": "ProgressBar",
        "regression": (
            "CategoricalHinge CosineSimilarity Hinge Huber KLDivergence "
            "LogCosh MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError Poisson SquaredHinge"
        ),
        "schedules": "Constant CosineDecay CosineDecayRestarts ExponentialDecay PiecewiseConstantDecay",
        "trainer": "Trainer",
        "writers": "CSVLogger ModelCheckpoint",
    },
)

__all__ = [*_NAMES]  # noqa: PLE0604  # names of the table are strings


def __getattr__(name: str) -> Any:
    return _NAMES.attribute(name)
