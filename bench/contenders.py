"""Who runs: Kaca, Keras in three ways, and ONNX Runtime. Each takes an array and returns the probabilities."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
import numpy.typing as npt
import onnxruntime
import tensorflow as tf

import core
from bench.networks import TimedNetwork
from bench.onnx_graphs import write_onnx

Array = npt.NDArray[Any]
#: Takes an input; gives the output.
Run: TypeAlias = Callable[[Array], Array]

KACA, PREDICT, FUNCTION, ONNX, NUMPY = "Kaca", "model.predict", "tf.function", "ONNX Runtime", "Keras on NumPy"
NAMES = (KACA, PREDICT, FUNCTION, ONNX, NUMPY)


def make_runs(network: TimedNetwork, folder: Path) -> dict[str, Run]:
    """Build the network once and hand it to everybody, through its file where they are no part of Keras."""
    keras.utils.set_random_seed(0)
    model = network.build()
    file, onnx_file = folder / "model.keras", folder / "model.onnx"
    model.save(file)
    model.predict(network.inputs(1), verbose=0)  # Keras exports no model that was never called
    write_onnx(network, model, onnx_file)
    opened = core.load_model(file)
    function = tf.function(lambda x: model(x, training=False))
    session = onnxruntime.InferenceSession(onnx_file, providers=["CPUExecutionProvider"])
    name, kind = session.get_inputs()[0].name, session.get_inputs()[0].type
    dtype = np.dtype({"tensor(float)": "float32", "tensor(int32)": "int32"}[kind])
    return {
        KACA: opened.predict_proba,
        PREDICT: lambda x: np.asarray(model.predict(x, batch_size=len(x), verbose=0)),
        FUNCTION: lambda x: np.asarray(function(tf.constant(x, dtype=model.inputs[0].dtype)).numpy()),
        ONNX: lambda x: np.asarray(session.run(None, {name: x.astype(dtype, copy=False)})[0]),
    }


class NumpyBackend:
    """Keras' NumPy backend in a process of its own, for Keras knows one backend in a process; it times itself."""

    def __init__(self, file: Path) -> None:
        command = [sys.executable, "-m", "bench.numpy_backend", str(file)]
        environment = os.environ | {"KERAS_BACKEND": "numpy", "JAX_PLATFORMS": "cpu"}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe)

    def time(self, x: Array) -> tuple[float, Array]:
        """Run once; give the seconds that it took there, and the output."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump(x, self._process.stdin)
        self._process.stdin.flush()
        seconds, output = pickle.load(self._process.stdout)
        return seconds, output

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
