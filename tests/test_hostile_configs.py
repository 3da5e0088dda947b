"""Configs at the limits: the most layers, tensors, values and nests that are allowed, in every mixture, open or are refused
within two seconds of processor time and 300 MB."""

import io
import json
from random import Random

import h5py
import pytest
from configs import called, entry, graph, line, node, operated, outcomes, tensor
from packing import pack

from core.files.budget import LARGEST_JSON, MOST_LAYERS, MOST_TENSORS, MOST_VALUES

SECONDS, BYTES = 2, 300 * 2**20


def split(number, **options):
    return called(f"s{number}", operated("Split", axis=1, **options), tensor("in"))


def nested(layer, depth, around):
    for _ in range(depth):
        layer = around(layer)
    return layer


MOST = MOST_LAYERS - 10
LSTM = entry("LSTM", units=1, return_sequences=True)
CONFIGS = {
    "n-grams without end": line(entry("TextVectorization", ngrams=10**8)),
    "splits of splits": graph(*[split(n, indices_or_sections=2**14) for n in range(300)], shape=(None, 2**14)),
    "splits of an unknown size": graph(*[split(n, indices_or_sections=2**14) for n in range(300)], shape=(None, None)),
    "splits at many positions": graph(split(0, indices_or_sections=[1] * 10**6), shape=(None, 2**16)),
    "axes taken apart": graph(*[called(f"u{n}", operated("Unstack", num=2**14, axis=1), tensor("in")) for n in range(300)],
                              shape=(None, None)),
    "layers": line(*[entry("Dense", units=1)] * MOST),
    "layers that wait for weights": line(*[entry("BatchNormalization")] * MOST),
    "layers in layers": line(*[entry("Bidirectional", layer=LSTM)] * (MOST // 2), shape=(None, 8, 4)),
    "cells": line(entry("RNN", cell=[entry("LSTMCell", units=1)] * MOST), shape=(None, 8, 4)),
    "cells in cells": line(
        entry("RNN", cell=nested(entry("LSTMCell", units=1), 150, lambda cell: entry("StackedRNNCells", cells=[cell]))),
        shape=(None, 8, 4),
    ),
    "models in models": nested(entry("ReLU"), 90, line),
    "models that double": nested(entry("ReLU"), 12, lambda layer: line(layer, layer)),
    "wrappers": line(nested(entry("Dense", units=1), 200, lambda layer: entry("SpectralNormalization", layer=layer))),
    "calls": graph(called("r", entry("ReLU")) | {"inbound_nodes": [node(tensor("in"))] * (MOST_TENSORS - 100)}),
    "tensors": graph(called("a", entry("Add"), [tensor("in")] * (MOST_TENSORS - 100))),
    "constants": graph(called("a", operated("Add"), tensor("in"), [[1.5] * (MOST_VALUES // 3 - 100)])),
    "outputs": graph(called("r", entry("ReLU"), tensor("in")), output=[["r", 0, 0]] * 300_000),
    "boundaries": line(entry("Discretization", bin_boundaries=list(range(MOST_VALUES - 100)))),
    "numbers to look up": line(entry("IntegerLookup", vocabulary=list(range(MOST_VALUES - 100)))),
    "words to look up": line(entry("StringLookup", vocabulary=[f"{n:x}" for n in range(700_000)])),
    "words": line(entry("TextVectorization", vocabulary=[f"{n:x}" for n in range(700_000)])),
    "special tokens": line(*[entry("IntegerLookup", vocabulary=[1, 2], num_oov_indices=10_000)] * (MOST // 2)),
    "axes": line(*[entry("Reshape", target_shape=[1] * 60 + [4])] * 6000),
    "an axis list": line(entry("Permute", dims=list(range(1, MOST_VALUES - 100)))),
    "borders": graph(called("p", operated("Pad", pad_width=[[1, 1]] * 200_000), tensor("in"))),
    "repeats": graph(called("r", operated("Repeat", repeats=[1] * (MOST_VALUES - 200), axis=1), tensor("in"))),
    "options": line(entry("Dense", units=1, **{f"o{n}_initializer": 1 for n in range(200_000)})),
    "a name of megabytes": line(entry("ReLU", name="x" * 7_000_000)),
    "many inputs": graph(*[called(f"i{n}", entry("InputLayer", batch_shape=[None, 4])) for n in range(MOST)]),
}  # fmt: skip
CONFIGS["many inputs"]["config"]["input_layers"] = [[f"i{n}", 0, 0] for n in range(2000)]


def at_all_limits(seed):
    """Draw a config that spends the whole budget of layers, tensors and values, in shares of its own, deep and wide."""
    rng = Random(seed)
    shares = [rng.random() for _ in range(3)]
    layers, tensors, values = (
        int(0.98 * share / sum(shares) * most)
        for share, most in zip(shares, (MOST_LAYERS, MOST_TENSORS, MOST_VALUES), strict=True)
    )
    kinds = [
        lambda: entry("Dense", units=rng.choice((1, 2**31 - 1))), lambda: entry("BatchNormalization"),
        lambda: entry("LayerNormalization"), lambda: entry("Reshape", target_shape=[1] * 30 + [4]),
        lambda: entry("Embedding", input_dim=2**31 - 1, output_dim=1), lambda: operated("Repeat", repeats=[1] * 100, axis=1),
        lambda: entry("RepeatVector", n=2**31 - 1),
        lambda: entry("IntegerLookup", vocabulary=[*range(50)], num_oov_indices=10_000),
        lambda: nested(entry("ReLU"), 20, line), lambda: operated("Split", indices_or_sections=4, axis=1),
        lambda: entry("TextVectorization", ngrams=2**31 - 1, vocabulary=["a", "b"]),
        lambda: entry("CategoryEncoding", num_tokens=2**31 - 1),
    ]  # fmt: skip
    values = max(0, values - 30 * layers)  # what the layers hold themselves: a key counts twice
    made = []
    while layers > 1:
        layer = rng.choice(kinds)()
        layers -= 41 if layer["class_name"] == "Sequential" else 1
        count = min(tensors, rng.choice((1, 1, 1, 5)) if layers > 1 else tensors)
        tensors -= count
        name = f"l{len(made)}"
        if count > 1 or layers <= 1:
            layer = entry("Add")
            made.append(called(name, layer, [tensor("in")] * max(2, count)))
        else:
            made.append(called(name, layer, tensor("in")))
    made.append(called("words", entry("IntegerLookup", vocabulary=list(range(max(1, values // 2)))), tensor("in")))
    made.append(called("ends", entry("Discretization", bin_boundaries=list(range(max(1, values // 2)))), tensor("in")))
    rng.shuffle(made)
    return graph(*made)


def file_of(config, path, version):
    weights = io.BytesIO()
    h5py.File(weights, "w").close()
    members = {
        "config.json": json.dumps(config, separators=(",", ":")),
        "metadata.json": json.dumps({"keras_version": version}),
        "model.weights.h5": weights.getvalue(),
    }
    return pack(path, members)


def opened(config, tmp_path, version="3.15.1"):
    """Open a file in a process of its own; return what it said and took, which must be within bounds."""
    (found,) = outcomes("confined.py", file_of(config, tmp_path / "config.keras", version))
    assert found["seconds"] < SECONDS, found
    assert found["bytes"] < BYTES, found
    return found


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_at_its_limit(tmp_path, name):
    found = opened(CONFIGS[name], tmp_path, "2.15.0" if len(name) % 3 == 0 else "3.15.1")
    assert found["outcome"] in {"opened", "UnsupportedLayerError", "WeightMismatchError", "ModelFileError"}, found


@pytest.mark.parametrize("seed", range(6))
def test_all_limits_at_once(tmp_path, seed):
    config = at_all_limits(seed)
    assert len(json.dumps(config, separators=(",", ":"))) < LARGEST_JSON
    found = opened(config, tmp_path)
    assert "allowed are" not in found["message"], found  # it keeps within the limits, and is built
