"""Runs layers and operations with extreme options in processes of their own, and reports what each took.

``python extremes.py SEED COUNT`` draws COUNT of them; ``python extremes.py -`` reads configs from the standard input, a
JSON object a line. For each it prints one JSON object: the outcome, seconds of processor time, bytes.
``python extremes.py --search COUNT`` draws, prints only what is a finding, and ends with 1 if there was any.
"""

from __future__ import annotations

import inspect
import json
import os
import resource
import sys
import time
import warnings
from random import Random
from typing import Any

import numpy as np

import core
from core.keras_ops.operation import Operation
from core.layers.registry import build_layer, installed_classes

#: What a service may allow: a tenth of a second of BLAS, half a gigabyte.
LIMITS = core.Limits(operations=2 * 10**9, memory_bytes=2**29)
SECONDS, BYTES = 60, 2**32
EXTREMES = (2, 3, 10, 2**10, 10**4, 2**16 + 1, 10**6, 10**8, 10**9, 2**31 - 1)
INPUTS = ((3, 4), (3, 8, 4), (3, 8, 8, 4), (3, 4, 8, 8, 4))
#: Options that choose between ways; all others that a layer needs are drawn from `EXTREMES`, alone or in lists.
CHOICES: dict[str, tuple[Any, ...]] = {
    "padding": ("valid", "same", 1, 10**9), "return_sequences": (True, False),
    "output_mode": ("one_hot", "multi_hot", "count", "int"),
    "interpolation": ("nearest", "bilinear", "bicubic", "lanczos5", "area"), "antialias": (True, False),
    "pad_to_aspect_ratio": (True, False), "crop_to_aspect_ratio": (False, True),
    "data_format": ("channels_last", "channels_first"),
    "equation": ("abc,cd->abd", "ab,bc->ac"), "subscripts": ("ij,kl->ijkl", "ij,kj->ik", "ab->"),
    "split": ("whitespace",), "use_causal_mask": (True,), "axis": (-1, 1, 0), "keepdims": (True, False),
}  # fmt: skip
NUMBERS = (
    "n", "units", "size", "filters", "kernel_size", "strides", "dilation_rate", "pool_size", "output_size", "height", "width",
    "num_tokens", "num_bins", "max_tokens", "output_sequence_length", "ngrams", "depth_multiplier", "groups", "num_heads",
    "key_dim", "value_dim", "head_dim", "num_query_heads", "num_key_value_heads", "tile_grid_size", "cropping", "input_dim",
    "output_dim", "power_iterations", "sliding_window", "num_classes", "k", "repeats", "shift", "block_size", "num", "axes",
    "indices_or_sections", "offset", "pad_width", "output_padding", "num_oov_indices", "projection_dim", "shape", "newshape",
    "target_shape", "output_shape", "attention_axes", "decimals", "axis1", "axis2",
)  # fmt: skip


def described(class_name: str, **options: Any) -> dict[str, Any]:
    """Describe a layer as a config does."""
    return {"module": "keras.layers", "class_name": class_name, "config": {"name": "extreme"} | options}


def option_names(cls: Any) -> list[str]:
    """Name all options of a class, those of its parents included."""
    names: dict[str, None] = {}
    for parent in cls.__mro__[:-1]:
        names |= dict.fromkeys(inspect.signature(parent.__init__).parameters)
    if issubclass(cls, Operation):
        names = dict.fromkeys(inspect.signature(cls.function).parameters)
    return list(names)


def draw(rng: Random) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Draw the description of a layer and the shape of its input."""
    kind = rng.choice(("layers", "layers", "layers", "operations"))
    classes = installed_classes(kind)
    name = rng.choice(sorted(classes))
    inner = described("Dense", units=2) if rng.random() < 0.5 else described("LSTM", units=2, return_sequences=True)
    options: dict[str, Any] = {}
    for option in option_names(classes[name]):
        if option in {"layer", "cell"}:
            options[option] = described("LSTMCell", units=2) if option == "cell" else inner
        elif option in CHOICES and rng.random() < 0.5:
            options[option] = rng.choice(CHOICES[option])
        elif option in NUMBERS and rng.random() < 0.8:
            value = rng.choice(EXTREMES if rng.random() < 0.6 else (1, 2))
            options[option] = (
                value if rng.random() < 0.7 else [rng.choice((1, 2, value)) for _ in range(rng.randint(1, 3))]
            )
    found = described(name, **options)
    if kind == "operations":
        found["module"] = "keras.src.ops.numpy"
    return found, rng.choice(INPUTS)


def attempt(config: dict[str, Any], shape: tuple[int, ...]) -> str:
    """Build a model of one layer and run it in every way; return what came of it."""
    for fitting in (shape, *INPUTS):
        model = core.Sequential([build_layer(config)], batch_shape=(None, *fitting[1:]))
        model.limit(LIMITS)
        try:
            model.build()
        except core.UnsupportedLayerError:
            if fitting == INPUTS[-1]:
                raise
        else:
            shape = fitting
            break
    if model.count_parameters() > 10**6:
        return "needs a large file"
    model.initialize(0)
    x = np.random.default_rng(0).random(shape).astype(np.float32)
    outcomes = set()
    for way in (
        model.forward,
        model.predict,
        model.activations,
        lambda x: model.learn(x, rng=np.random.default_rng(0)),
    ):
        try:
            way(x)
            outcomes.add("ran")
        except core.KacaError as error:
            outcomes.add("UNFORESEEN" if "more memory than there is" in str(error) else type(error).__name__)
    return " ".join(sorted(outcomes))


def child(config: dict[str, Any], shape: tuple[int, ...], report: int) -> None:
    """Try one config, with limits on time and memory."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    warnings.simplefilter("ignore")
    before, start = peak(), time.process_time()
    try:
        outcome = attempt(config, shape)
    except core.KacaError as error:
        outcome = f"refused: {type(error).__name__}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        outcome = f"FOREIGN {type(error).__name__}: {error}"
    spent = time.process_time() - start
    os.write(report, json.dumps({"outcome": outcome, "seconds": spent, "bytes": peak() - before}).encode())


def peak() -> int:
    """The largest resident size of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def run_alone(config: dict[str, Any], shape: tuple[int, ...]) -> dict[str, Any]:
    """Try one config in a process of its own; return what came of it."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            child(config, shape, write)
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as lines:
        said = lines.read()
    _, status = os.waitpid(pid, 0)
    found = json.loads(said) if said else {"outcome": f"DIED {status}", "seconds": SECONDS, "bytes": BYTES}
    return found | {"config": config, "shape": shape}


def is_finding(result: dict[str, Any]) -> bool:
    """Say whether something came that must not come."""
    words = set(result["outcome"].split())
    return bool({"UNFORESEEN", "FOREIGN", "DIED"} & words) or result["seconds"] > 15 or result["bytes"] > 3 * 2**29


def main() -> int:
    """Try all configs, each in a process of its own."""
    searching = sys.argv[1] == "--search"
    if sys.argv[1] == "-":
        cases = [(case["config"], tuple(case["shape"])) for case in map(json.loads, sys.stdin)]
    else:
        rng = Random(0 if searching else int(sys.argv[1]))
        cases = [draw(rng) for _ in range(int(sys.argv[2]))]
    found = False
    for config, shape in cases:
        result = run_alone(config, shape)
        found = found or is_finding(result)
        if not searching or is_finding(result):
            sys.stdout.write(json.dumps(result) + "\n")
            sys.stdout.flush()
    return int(searching and found)


if __name__ == "__main__":
    sys.exit(main())
