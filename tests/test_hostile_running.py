"""Small files that ask for much when they run: each works within its limits or is refused by name, in bounded time and memory.

Every config runs in a process of its own, which is killed at a minute of processor time or 4 GiB.
"""

import json

import numpy as np
import pytest
from configs import entry, line, operated, outcomes

import core
from core.layers.registry import build_layer

#: What one case may take beyond what its process began with; it may allocate 0.5 GiB.
SECONDS, BYTES = 15, 3 * 2**29
REPEATED = entry("RepeatVector", n=10**8)
#: The layer, the shape of the input, and what must come of it: "ran", "LimitError", or one of both in different ways.
CASES = {
    "an LSTM over a hundred million steps": (line(REPEATED, entry("LSTM", units=1)), (1, 4), "LimitError"),
    "a SimpleRNN, both ways": (line(REPEATED, entry("Bidirectional", layer=entry("SimpleRNN", units=1))), (1, 4), "LimitError"),
    "a layer at each of them": (line(REPEATED, entry("TimeDistributed", layer=entry("Dense", units=1))), (1, 4), "LimitError"),
    "a stack of cells": (
        line(entry("RepeatVector", n=10**6), entry("RNN", cell=[entry("LSTMCell", units=1)] * 50)), (1, 4), "LimitError",
    ),
    "a window of millions of cells": (entry("MaxPooling2D", pool_size=1000, strides=1), (1, 2001, 2001, 1), "ran"),
    "an average of as many": (entry("AveragePooling2D", pool_size=1000, strides=1), (1, 2001, 2001, 1), "ran"),
    "a window beyond the image": (entry("MaxPooling1D", pool_size=2**31 - 1, padding="same"), (3, 8, 4), "ran"),
    "an average beyond the image": (entry("AveragePooling2D", pool_size=2**31 - 1, padding="same"), (3, 8, 8, 4), "ran"),
    "more parts than numbers": (entry("AdaptiveMaxPooling1D", output_size=2**31 - 1), (3, 8, 4), "LimitError"),
    "a hundred thousand parts": (entry("AdaptiveAveragePooling1D", output_size=10**5), (3, 8, 4), "ran"),
    "taps that see nothing": (entry("Conv1D", filters=2, kernel_size=3, padding="causal", dilation_rate=10**9), (3, 8, 4), "ran"),
    "taps far outside": (
        entry("Conv2D", filters=2, kernel_size=3, padding="same", dilation_rate=[10**9, 1]), (3, 8, 8, 4), "ran",
    ),
    "each channel with such": (entry("DepthwiseConv2D", kernel_size=3, padding="same", dilation_rate=10**9), (3, 8, 8, 4), "ran"),
    "a transposed one": (
        entry("Conv1DTranspose", filters=2, kernel_size=3, padding="same", dilation_rate=10**9), (3, 8, 4), "ran",
    ),
    "one that writes its taps": (
        entry("Conv1DTranspose", filters=2, kernel_size=3, dilation_rate=10**9), (3, 8, 4), "LimitError",
    ),
    "a picture of no end": (entry("Resizing", height=2**31 - 1, width=1), (3, 8, 8, 4), "LimitError"),
    "a border to its proportions": (
        entry("Resizing", height=1, width=2**31 - 1, pad_to_aspect_ratio=True), (3, 8, 8, 4), "LimitError",
    ),
    "tiles without pixels": (
        entry("ContrastLimitedAdaptiveHistogramEqualization", tile_grid_size=10**4), (3, 8, 8, 4), "LimitError",
    ),
    "rows of categories": (entry("CategoryEncoding", num_tokens=2**31 - 1, output_mode="one_hot"), (3, 4), "LimitError"),
    "rows of one-hot numbers": (operated("OneHot", num_classes=2**31 - 1), (3, 4), "LimitError"),
    "rows that are joined": (operated("MultiHot", num_classes=10**9), (3, 4), "LimitError"),
    "a border of the raw operation": (operated("Pad", pad_width=10**9), (3, 4), "LimitError"),
    "a million tiles": (operated("Tile", repeats=[10**5, 10**5]), (3, 4), "LimitError"),
}  # fmt: skip


@pytest.fixture(scope="module")
def results():
    """What came of all cases."""
    cases = "\n".join(json.dumps({"config": config, "shape": shape}) for config, shape, _ in CASES.values())
    return dict(zip(CASES, outcomes("extremes.py", "-", input=cases), strict=True))


def assert_in_bounds(found):
    assert not {"UNFORESEEN", "FOREIGN", "DIED"} & set(found["outcome"].split()), found
    assert found["seconds"] < SECONDS, found
    assert found["bytes"] < BYTES, found


@pytest.mark.parametrize("name", CASES)
def test_a_small_file_that_asks_for_much(results, name):
    found, expected = results[name], CASES[name][2]
    assert expected in found["outcome"], found
    assert_in_bounds(found)


def test_layers_with_extreme_options():
    """A few of those that ``nox -s fuzz`` draws: whatever a config says, layers work or are refused."""
    found = outcomes("extremes.py", 11, 60)
    assert len(found) == 60
    assert sum(case["outcome"] == "ran" for case in found) > 5
    for case in found:
        assert_in_bounds(case)


@pytest.fixture
def model():
    layers = [entry("Dense", units=50), entry("ReLU"), entry("Dense", units=2)]
    model = build_layer(line(*layers))
    model.build()
    model.initialize(0)
    return model


#: Limits that this model exceeds for 8 rows, and what the error must name.
TIGHT = {
    "operations": (core.Limits(operations=300), "operations.*Dense"),
    "memory_bytes": (core.Limits(memory_bytes=2000), "memory_bytes.*dense|memory_bytes.*evil"),
    "tensor_bytes": (core.Limits(tensor_bytes=1000), "tensor_bytes"),
}
WAYS = {
    "forward": lambda model, x: model.forward(x),
    "predict in one tile": lambda model, x: model.predict(x, batch_size=8, threads=1),
    "activations": lambda model, x: model.activations(x),
    "learn": lambda model, x: model.learn(x),
    "fit": lambda model, x: model.fit(x, np.zeros((len(x), 2), np.float32), loss="mse", batch_size=8),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("limit", TIGHT)
@pytest.mark.parametrize("depth", [0, 1])
def test_limits_are_kept_in_every_way_of_running(model, limit, way, depth):
    for _ in range(depth):
        model = core.Sequential([model], batch_shape=(None, 4))
        model.build()
    x = np.zeros((8, 4), np.float32)
    WAYS[way](model, x)
    limits, named = TIGHT[limit]
    model.limit(limits)
    if way.startswith("predict") and limit != "operations":  # it takes as few rows at a time as keep within the memory
        limits = core.Limits(memory_bytes=100)
        model.limit(limits)
        named = "memory_bytes"
    with pytest.raises(core.LimitError, match=named):
        WAYS[way](model, x)
    model.limit(core.Limits())
    WAYS[way](model, x)


def test_limits_that_are_no_limits(model):
    with pytest.raises(core.InputError, match=r"core\.Limits"):
        model.limit(10**9)


@pytest.mark.parametrize(
    "wrong", [{"operations": 0}, {"memory_bytes": "1 GB"}, {"tensor_bytes": True}, {"operations": 1.5}]
)
def test_limits_that_are_no_numbers(wrong):
    with pytest.raises(core.InputError, match="whole number"):
        core.Limits(**wrong)
