"""The same network for ONNX Runtime: through tf2onnx, but for recurrent layers, which have operators of their own.

tf2onnx writes the loop of a recurrent layer as a loop, several times slower than the operator, so that graph is put
together here.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from bench.networks import TimedNetwork

Array = npt.NDArray[Any]

#: Where the gates of Keras stand among those of ONNX: LSTM i, o, f, c; GRU z, r, h.
_GATES = {"SimpleRNN": [0], "LSTM": [0, 3, 1, 2], "GRU": [0, 1, 2]}
_OPERATORS = {"SimpleRNN": "RNN", "LSTM": "LSTM", "GRU": "GRU"}


def write_onnx(network: TimedNetwork, model: keras.Model, path: Path) -> None:
    """Write `model` as an ONNX file."""
    if network.cell is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # Keras asks NumPy whether it has `np.object`
            model.export(path, format="onnx", verbose=False)
        return
    onnx.save(_recurrent(network, model), path)


def _recurrent(network: TimedNetwork, model: keras.Model) -> onnx.ModelProto:
    """Gather the embeddings, put the time first, run the operator, take the last state, and decide."""
    assert network.cell is not None
    embedding, recurrent, hidden, decide = model.layers
    halves = [recurrent.forward_layer, recurrent.backward_layer] if network.bidirectional else [recurrent]
    kernel, state, bias = (
        np.stack(parts) for parts in zip(*(_weights(half, network.cell) for half in halves), strict=True)
    )
    units, directions = state.shape[-1], len(halves)
    arrays = {
        "table": embedding.get_weights()[0],
        "W": kernel,
        "R": state,
        "B": bias,
        "first": np.array([0, directions * units]),
        **dict(zip(("hidden_kernel", "hidden_bias"), hidden.get_weights(), strict=True)),
        **dict(zip(("kernel", "bias"), decide.get_weights(), strict=True)),
    }
    options = {"hidden_size": units, "direction": "bidirectional" if network.bidirectional else "forward"}
    if network.cell == "GRU":
        options["linear_before_reset"] = 1
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["embedded"]),
        helper.make_node("Transpose", ["embedded"], ["by_time"], perm=[1, 0, 2]),
        helper.make_node(_OPERATORS[network.cell], ["by_time", "W", "R", "B"], ["", "last"], **options),
        helper.make_node("Transpose", ["last"], ["by_row"], perm=[1, 0, 2]),
        helper.make_node("Reshape", ["by_row", "first"], ["state"]),
        helper.make_node("Gemm", ["state", "hidden_kernel", "hidden_bias"], ["summed"]),
        helper.make_node("Relu", ["summed"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "kernel", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "recurrent",
        [helper.make_tensor_value_info("ids", TensorProto.INT32, ["rows", model.input_shape[1]])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["rows", model.output_shape[1]])],
        [numpy_helper.from_array(value, name) for name, value in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _weights(layer: Any, cell: str) -> tuple[Array, Array, Array]:
    """Return W (gates * units, inputs), R (gates * units, units) and B (2 * gates * units,) in ONNX's order of gates."""
    kernel, state, bias = layer.get_weights()
    bias = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])

    def reorder(array: Array) -> Array:
        parts = np.split(array, len(_GATES[cell]), axis=-1)
        return np.concatenate([parts[gate] for gate in _GATES[cell]], axis=-1)

    return reorder(kernel).T, reorder(state).T, reorder(bias).ravel()
