"""Learning from scratch: losses, optimisers, schedules, initialisers, callbacks, and the loop over epochs."""

from core.learning.callbacks import CSVLogger, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from core.learning.divergence import DivergedError
from core.learning.fit import fit
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
from core.learning.schedules import Constant, CosineDecay, CosineDecayRestarts, ExponentialDecay, PiecewiseConstantDecay
from core.learning.trainer import Trainer

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "BinaryCrossentropy",
    "CSVLogger",
    "CategoricalCrossentropy",
    "Constant",
    "CosineDecay",
    "CosineDecayRestarts",
    "DivergedError",
    "EarlyStopping",
    "ExponentialDecay",
    "Loss",
    "MeanSquaredError",
    "ModelCheckpoint",
    "Optimizer",
    "PiecewiseConstantDecay",
    "ProgressBar",
    "RMSprop",
    "ReduceLROnPlateau",
    "SparseCategoricalCrossentropy",
    "Trainer",
    "fit",
    "initialise",
]
