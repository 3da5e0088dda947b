"""Make files of Keras 2 whose graphs recorded `training=`, with what that Keras predicts and learns: run it once.

    python make_recorded.py FOLDER     # writes FOLDER/recorded-<version>.zip

Every network is trained for two epochs after it was saved: losses, and predictions before and after, stand in the npz.
"""

import io
import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np

layers = keras.layers


def plain(training):
    entry = keras.Input((4,))
    return keras.Model(entry, layers.BatchNormalization()(entry, training=training))


def outside(training):
    entry, inner = keras.Input((4,)), keras.Input((4,))
    part = keras.Model(inner, layers.BatchNormalization()(inner))
    return keras.Model(entry, part(entry, training=training))


def inside(training):
    entry, inner = keras.Input((4,)), keras.Input((4,))
    part = keras.Model(inner, layers.BatchNormalization()(inner, training=training))
    return keras.Model(entry, layers.Dense(4)(part(entry)))


def main(folder):
    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    with zipfile.ZipFile(Path(folder) / f"recorded-{keras.__version__}.zip", "w", zipfile.ZIP_DEFLATED) as target:
        for build in (plain, outside, inside):
            for training in (True, False):
                name = f"{build.__name__}-{training}"
                model = build(training)
                with tempfile.TemporaryDirectory() as scratch:
                    path = Path(scratch) / f"{name}.h5"
                    model.save(path)
                    target.write(path, path.name)
                before = model.predict(x, batch_size=16, verbose=0)
                model.compile(keras.optimizers.SGD(0.01), "mse")
                loss = model.fit(x, x, epochs=2, shuffle=False, verbose=0).history["loss"]
                after = model.predict(x, batch_size=16, verbose=0)
                data = io.BytesIO()
                np.savez_compressed(data, x=x, before=before, loss=loss, after=after)
                target.writestr(f"{name}.npz", data.getvalue())


if __name__ == "__main__":
    main(sys.argv[1])
