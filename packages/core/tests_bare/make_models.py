"""Makes the small models that the tests without extras open, with what Keras answers for them.

Run once with TensorFlow installed: ``python packages/core/tests_bare/make_models.py``.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

FOLDER = Path(__file__).parent / "models"
SENTENCES = ["kopi ini enak sekali", "pelayanan lambat dan mahal", "biasa saja", "", "tidak dikenal kopi"]


def images() -> keras.Model:
    """Build a small CNN on raw pixels."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )


def sentences() -> keras.Model:
    """Build a small network from raw strings to classes."""
    layers = keras.layers
    vectorization = layers.TextVectorization(max_tokens=20, output_sequence_length=6)
    vectorization.adapt(SENTENCES[:3])
    return keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            vectorization,
            layers.Embedding(20, 5, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4)),
            layers.Dense(3, activation="softmax"),
        ]
    )


def tokens() -> keras.Model:
    """Build a network over token ids that learns, and of which nothing is drawn at random while it does."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(20, 5, mask_zero=True),
            layers.Bidirectional(layers.GRU(4)),
            layers.Dense(3, activation="softmax"),
        ]
    )


def main() -> None:
    """Write the models and their answers."""
    keras.utils.set_random_seed(7)
    rng = np.random.default_rng(7)
    pixels = rng.integers(0, 256, size=(5, 8, 8, 3)).astype(np.float32)
    ids, classes = rng.integers(0, 20, size=(12, 6)), rng.integers(0, 3, size=12)
    cnn, rnn, learner = images(), sentences(), tokens()
    cnn.save(FOLDER / "images.keras")
    cnn.save(FOLDER / "images.h5")
    rnn.save(FOLDER / "sentences.keras")
    learner.save(FOLDER / "tokens.h5")
    learner.save(FOLDER / "tokens.keras")
    learned = np.asarray(learner(ids))
    learner.compile("adam", "sparse_categorical_crossentropy")
    history = learner.fit(ids, classes, batch_size=4, epochs=3, shuffle=False, verbose=0)
    np.savez(
        FOLDER / "answers.npz",
        pixels=pixels,
        images=np.asarray(cnn(pixels)),
        sentences=np.asarray(rnn(np.array(SENTENCES, dtype=object)[:, None])),
        ids=ids,
        classes=classes,
        tokens=learned,
        losses=history.history["loss"],
    )


if __name__ == "__main__":
    main()
