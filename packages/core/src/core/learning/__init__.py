"""Learning from scratch: losses, optimisers, schedules, initialisers, callbacks, and the loop over epochs."""

from core.learning.callbacks import Callback, EarlyStopping, ReduceLROnPlateau
from core.learning.divergence import DivergedError
from core.learning.evaluation import evaluate
from core.learning.fit import fit
from core.learning.history import History
from core.learning.initializers import initialise
from core.learning.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from core.learning.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from core.learning.progress import ProgressBar
from core.learning.regression import (
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    Poisson,
    SquaredHinge,
)
from core.learning.schedules import Constant, CosineDecay, CosineDecayRestarts, ExponentialDecay, PiecewiseConstantDecay
from core.learning.trainer import Trainer
from core.learning.writers import CSVLogger, ModelCheckpoint

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "BinaryCrossentropy",
    "CSVLogger",
    "Callback",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "Constant",
    "CosineDecay",
    "CosineDecayRestarts",
    "CosineSimilarity",
    "DivergedError",
    "EarlyStopping",
    "ExponentialDecay",
    "Hinge",
    "History",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "ModelCheckpoint",
    "Optimizer",
    "PiecewiseConstantDecay",
    "Poisson",
    "ProgressBar",
    "RMSprop",
    "ReduceLROnPlateau",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Trainer",
    "evaluate",
    "fit",
    "initialise",
]
