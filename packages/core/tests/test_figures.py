"""What opening a model costs: time and memory. The limits leave room for a slow machine; the figures are in the comments."""

import json
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from packing import write_whole

import core
import core.layers

#: What opening a file does not need, and what would double the time of `import core`.
NOT_NEEDED = {"h5py", "importlib.metadata", "unittest", "multiprocessing", "asyncio"}


def measured(program, *arguments):
    """Run a program in a process of its own; give what it printed."""
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_import_is_quick():
    """0.07 s beside the 0.17 s of NumPy itself, on a slow machine; the best of several counts."""
    program = "import numpy, time; t = time.process_time(); import core; print(time.process_time() - t)"
    assert min(measured(program) for _ in range(5)) < 0.5
    program = "import core, json, sys; print(json.dumps(sorted(sys.modules)))"
    loaded = set(measured(program))
    assert not NOT_NEEDED & loaded
    assert not (loaded & core.layers.LAYERS.modules) - {"core.layers.input_layer"}
    assert "core.keras_ops" not in loaded


def dense_model(megabytes):
    """A network of five layers with about so many megabytes of parameters."""
    units = megabytes * 2**20 // 4 // 5 // 2048
    layers = [core.layers.Dense(units if index % 2 == 0 else 2048, name=f"dense_{index}") for index in range(5)]
    model = core.Sequential(layers, batch_shape=(None, 2048))
    model.build()
    for _, layer in model.walk():
        for name, shape in layer.parameter_shapes.items():
            layer.assign(name, np.ones(shape, np.float32))
    return model


def saved(model, folder: Path, suffix: str) -> Path:
    """Write a model as ``.keras``, or as the whole-model HDF5 file that Keras 2 made of it."""
    path = folder / f"model{suffix}"
    if suffix == ".h5":
        write_whole(model, path, "3.15.1")
    else:
        model.save(path)
    return path


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_two_megabytes_open_quickly(tmp_path, suffix):
    """6 ms; the first file of a process takes 60 ms, because the packages that bring layers are imported then."""
    path = saved(dense_model(2), tmp_path, suffix)
    spent = []
    for _ in range(15):
        start = perf_counter()
        core.load_model(path)
        spent.append(perf_counter() - start)
    assert sorted(spent)[7] < 0.1


MEMORY = """
import json, resource, sys, core
core.load_model(sys.argv[1])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
before = peak()
model = core.load_model(sys.argv[2])
held = sum(value.nbytes for _, layer in model.walk() for value in layer.parameters.values())
print(json.dumps([peak() - before, held]))
"""


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_memory_grows_by_little_more_than_the_weights(tmp_path, suffix):
    """1.05 times the weights, for 100 MB as for 400; even for a moment it is no more than half as much again."""
    (tmp_path / "small").mkdir()
    small = saved(dense_model(1), tmp_path / "small", suffix)
    grown, held = measured(MEMORY, str(small), str(saved(dense_model(100), tmp_path, suffix)))
    assert held > 95 * 2**20
    assert grown < 1.5 * held + 30 * 2**20
