"""Ten training steps of the six-convolution network with batch normalisation, by Kaca and by Keras."""

import numpy as np
import pytest
from experiment_files import settings_of
from trajectory import compare_training

from vision.keras_cnn import build_cnn
from vision.task import VisionTask

STEPS, BATCH = 10, 32


def build():
    options = settings_of(VisionTask(), "model.filters=8-16-16", "model.dense_units=32", "model.batch_norm=true").model
    return build_cnn(options=options, augmentation=False, image_shape=(32, 32, 3), classes=10, seed=0)


def batches():
    rng = np.random.default_rng(1)
    for _ in range(STEPS):
        yield rng.integers(256, size=(BATCH, 32, 32, 3), dtype=np.uint8), rng.integers(10, size=BATCH)


# Pixels and labels are noise, and rounding grows from step to step: after ten, 1.3e-3 were measured in float32. That the
# formulas are the same is what float64 shows.
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 5e-3), ("float64", 1e-8)])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_training_follows_keras(optimizer, dtype, tolerance):
    compare_training(build, batches(), optimizer=optimizer, dtype=dtype, tolerance=tolerance)
