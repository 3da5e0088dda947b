"""Make nests of models with parts frozen at random, as Keras 1 and 2 save them: run it once in an environment of each version.

    python make_nests.py FOLDER NUMBER SEED   # writes FOLDER/nests-<version>.zip

Each is saved whole (.h5, and .keras where there is one), as weights (.w.h5 by layer, .weights.h5 numbered), and as an
architecture (.json), with an input and the output. It runs under Python 3.6 too.
"""

import io
import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
from keras import backend, layers
from keras.models import Model, Sequential

FIRST = keras.__version__.startswith("1.")
NUMBERED = not FIRST and tuple(int(part) for part in keras.__version__.split(".")[:2]) >= (2, 12)
NAMES = ["d", "e", "a", "dense_1", "dense_2"]


def pick_name(rng, taken):
    while True:
        name = NAMES[rng.randint(5)] + ("" if rng.rand() < 0.4 else str(rng.randint(4)))
        if name not in taken:
            taken.add(name)
            return name


def pick_layer(rng, taken):
    options = {}
    if rng.rand() < 0.6:
        options["name"] = pick_name(rng, taken)
    if rng.rand() < 0.3:
        options["trainable"] = bool(rng.rand() < 0.7)
    recurrent = {"return_sequences": True, **options}
    convolution = {"border_mode": "same"} if FIRST else {"padding": "same"}
    kinds = [
        lambda: layers.BatchNormalization(**options),
        lambda: layers.Bidirectional(layers.LSTM(2, return_sequences=True), **options),
        lambda: layers.GRU(4, **recurrent),
        lambda: layers.LSTM(4, **({"consume_less": ["cpu", "gpu"][rng.randint(2)]} if FIRST else {}), **recurrent),
        lambda: (layers.Convolution1D if FIRST else layers.Conv1D)(4, 2, **convolution, **options),
        lambda: layers.TimeDistributed(layers.Dense(4), **options),
        lambda: layers.TimeDistributed(layers.Dense(4), **options) if FIRST else layers.Dense(4, **options),
    ]
    return kinds[rng.randint(len(kinds))]()


def pick_model(rng, depth, name):
    taken = set()
    parts = [
        pick_layer(rng, taken)
        if depth == 0 or rng.rand() < 0.6
        else pick_model(rng, depth - 1, pick_name(rng, taken) + "m")
        for _ in range(rng.randint(1, 4))
    ]
    if rng.rand() < 0.5:
        entry = y = layers.Input((3, 4))
        for part in parts:
            y = part(y)
        if rng.rand() < 0.3:
            y = parts[0](y)
        return Model(entry, y, name=name)
    model = Sequential(name=name)
    model.add(layers.InputLayer((3, 4)))
    for part in parts:
        model.add(part)
    return model


def inside(layer):
    for part in getattr(layer, "layers", []) or []:
        yield part
        yield from inside(part)


def save(model, base):
    model.save(base + ".h5")
    model.save_weights(base + ".w.h5")
    Path(base + ".json").write_text(model.to_json())
    if NUMBERED:
        model.save(base + ".keras")
        model.save_weights(base + ".weights.h5")


def main(folder, number, seed):
    version = keras.__version__
    with zipfile.ZipFile(str(Path(folder) / f"nests-{version}.zip"), "w", zipfile.ZIP_DEFLATED) as target:
        for index in range(number):
            rng = np.random.RandomState(seed + index)
            backend.clear_session()
            entry = layers.Input((3, 4))
            model = Model(entry, pick_model(rng, rng.randint(1, 4), "inner")(entry))
            for part in inside(model):
                if rng.rand() < 0.25:
                    part.trainable = bool(rng.rand() < 0.3)
            values = [np.abs(rng.normal(size=value.shape)).astype("f") * 0.4 + 0.1 for value in model.get_weights()]
            model.set_weights(values)
            x = rng.normal(size=(2, 3, 4)).astype("f")
            answers = io.BytesIO()
            np.savez_compressed(answers, x=x, y=model.predict(x))
            target.writestr(f"{index}.npz", answers.getvalue())
            with tempfile.TemporaryDirectory() as scratch:
                save(model, str(Path(scratch) / str(index)))
                for path in sorted(Path(scratch).iterdir()):
                    target.write(str(path), path.name)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
