"""`python -m bench`: times everybody on every network and batch, and writes a table, JSON and a picture."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import footprint, table, training
from bench.contenders import NAMES, NUMPY, NumpyBackend, make_runs
from bench.networks import NETWORKS
from bench.plot import draw
from bench.timing import Timing, time_all
from core.kernels.threads import available_cores

BATCHES = (1, 32, 100, 400, 1000)
#: Seconds that one run of Keras' NumPy backend may take; larger batches are left out.
PATIENCE = 3.0
_HEAD = table.head(NAMES)
_TRAINING_HEAD = table.head(training.NAMES, "training", "batch", "ms a step")


def main(arguments: list[str] | None = None) -> None:
    """Run the comparison."""
    options = _read(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    timings: list[Timing] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.networks:
            timings += _time_network(name, options, Path(folder))
        steps = [] if options.no_training else _time_training(options, Path(folder))
        costs = {} if options.no_footprint else _footprint(Path(folder))
    _write(timings, steps, costs, options.out)


def _time_network(name: str, options: argparse.Namespace, folder: Path) -> list[Timing]:
    network, timings = NETWORKS[name], []
    runs = make_runs(network, folder)
    backend: NumpyBackend | None = None if options.no_numpy else NumpyBackend(folder / "model.keras")
    still = backend
    for rows in options.batches:
        timing = time_all(name, network.inputs(rows), runs, still, rounds=options.rounds)
        timings.append(timing)
        sys.stdout.write(table.plain(_HEAD, table.rows([timing], NAMES)) + "\n")
        sys.stdout.flush()
        larger = [more for more in options.batches if more > rows]
        if still is not None and larger and timing.seconds[NUMPY] / rows * larger[0] > PATIENCE:
            still = None
    if backend is not None:
        backend.close()
    return timings


def _time_training(options: argparse.Namespace, folder: Path) -> list[Timing]:
    steps = []
    for lesson in training.LESSONS:
        if lesson.network in options.networks:
            steps.append(training.time_training(lesson, folder, rounds=options.rounds))
            sys.stdout.write(table.plain(_TRAINING_HEAD, table.rows(steps[-1:], training.NAMES)) + "\n")
            sys.stdout.flush()
    return steps


def _footprint(folder: Path) -> dict[str, Any]:
    """Measure with the six-convolution network."""
    network = NETWORKS["CNN"]
    file = folder / "footprint.keras"
    network.build().save(file)
    return {
        "cold_start_seconds": footprint.cold_start(file, network.inputs(1).shape, "float32", rounds=3),
        "peak_bytes_for_10000_images": footprint.peak_memory(file),
        "installed": footprint.installed_size(),
    }


def _write(timings: list[Timing], steps: list[Timing], costs: dict[str, Any], out: Path) -> None:
    about = {
        "machine": f"{platform.machine()}, {_processor()}, {available_cores()} cores",
        "versions": {name: version(name) for name in ("numpy", "tensorflow", "keras", "onnxruntime", "jax")},
    }
    result = about | {
        "timings": [asdict(timing) for timing in timings],
        "training": [asdict(timing) for timing in steps],
    }
    result |= costs
    (out / "bench.json").write_text(json.dumps(result, indent=1) + "\n")
    tables = [(_HEAD, table.rows(timings, NAMES)), (_TRAINING_HEAD, table.rows(steps, training.NAMES))]
    (out / "bench.md").write_text("\n\n".join(table.markdown(*one) for one in tables) + "\n")
    if timings:
        draw(timings, out / "bench.png")
    shown = {key: value for key, value in costs.items() if key != "installed"}
    sizes = {name: entry["bytes"] for name, entry in costs.get("installed", {}).items()}
    sys.stdout.write(
        "\n"
        + "\n\n".join(table.plain(*one) for one in tables)
        + "\n\n"
        + json.dumps(shown | {"installed_bytes": sizes})
        + "\n"
    )
    sys.stdout.write(f"{out / 'bench.json'}, {out / 'bench.md'}, {out / 'bench.png'}\n")


def _processor() -> str:
    """Name the processor where Linux says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


def _read(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--batches", nargs="+", type=int, default=list(BATCHES))
    parser.add_argument("--rounds", type=int, default=9, help="repetitions of each; their median counts")
    parser.add_argument("--out", type=Path, default=Path("outputs/bench"))
    parser.add_argument("--no-numpy", action="store_true", help="without Keras' NumPy backend, which is slow")
    parser.add_argument("--no-training", action="store_true", help="without training steps")
    parser.add_argument("--no-footprint", action="store_true", help="without cold start, memory and sizes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
