"""Make the files that older Kerases wrote, with the outputs that they gave: run it once in an environment of each version.

    python make.py FOLDER     # writes FOLDER/keras-<version>.zip: whole models, weights, inputs and outputs

The zip is compressed because HDF5 leaves much of a small file empty.
"""

import io
import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np

layers = keras.layers


def images():
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Conv2D(3, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.SeparableConv2D(4, 2, activation="relu"),
            layers.DepthwiseConv2D(2, activation="hard_sigmoid"),
            layers.LeakyReLU(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ],
        name="images",
    )


def first_layer_says_the_shape():
    options = {"input_shape": (5, 4)}  # Keras 2 kept it in the layer
    return keras.Sequential(
        [layers.LSTM(3, return_sequences=True, **options), layers.GRU(2, return_sequences=True), layers.SimpleRNN(2)],
        name="line",
    )


def sentences():
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(4, activation="tanh")),
            layers.Bidirectional(layers.GRU(2), merge_mode="sum"),
            layers.Dense(2, activation="softmax"),
        ],
        name="sentences",
    )


def graph():
    entry = keras.Input((4,), name="entry")
    inner = keras.Model(entry, layers.Dense(4, activation="tanh")(layers.Dense(3, name="deep")(entry)), name="inner")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(3, name="shared")
    frozen = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(3, trainable=False, name="frozen"),
            layers.BatchNormalization(),
            layers.Dense(3),
        ],
        name="part",
    )
    one, two = shared(inner(a)), frozen(shared(inner(b)))
    joined = layers.Concatenate(name="joined")([layers.Add()([one, two]), layers.Dot(axes=1)([one, two])])
    return keras.Model([a, b], [layers.Dense(2, name="left")(joined), layers.ReLU(max_value=1.0, name="right")(joined)])


def inputs_of(model, rng):
    shapes = [tuple(3 if size is None else size for size in tensor.shape) for tensor in model.inputs]
    if model.name == "sentences":
        ids = rng.integers(1, 9, shapes[0])
        ids[1, 4:] = 0
        return [ids.astype("int32")]
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def main(folder):
    rng = np.random.default_rng(0)
    version = keras.__version__
    with zipfile.ZipFile(Path(folder) / f"keras-{version}.zip", "w", zipfile.ZIP_DEFLATED) as target:
        for build in (images, first_layer_says_the_shape, sentences, graph):
            model = build()
            values = []
            for value in model.get_weights():
                values.append(np.abs(rng.normal(size=value.shape)).astype("float32") * 0.3 + 0.1)
            model.set_weights(values)
            x = inputs_of(model, rng)
            outputs = model(x if len(x) > 1 else x[0])
            outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
            arrays = {f"x{number}": value for number, value in enumerate(x)}
            arrays.update((f"y{number}", np.asarray(value)) for number, value in enumerate(outputs))
            data = io.BytesIO()
            np.savez_compressed(data, **arrays)
            target.writestr(f"{build.__name__}.npz", data.getvalue())
            with tempfile.TemporaryDirectory() as scratch:
                for suffix in (".keras", ".h5", ".weights.h5"):
                    path = Path(scratch) / (build.__name__ + suffix)
                    try:
                        (model.save_weights if suffix == ".weights.h5" else model.save)(path)
                    except ValueError as error:  # Keras 3.0 may give two arrays of a layer one name
                        sys.stderr.write(f"{version} cannot write {path.name}: {error}\n")
                    else:
                        target.write(path, path.name)


if __name__ == "__main__":
    main(sys.argv[1])
