"""Options of layers that Keras 2 wrote otherwise, and layers that it had under another name."""

from __future__ import annotations

from typing import Any

from core.errors import UnsupportedLayerError
from core.files.dialects import HARD_SIGMOID

#: Options that say how a layer was first built: its parameters follow from the graph.
_OF_BUILDING = ("batch_input_shape", "input_dtype", "query_shape", "key_shape", "value_shape")
#: Layers under the names that they had, or have as well, with options that are theirs alone left out.
_SAME_LAYER = {
    "CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU", "LSTMV2": "LSTM", "GRUV2": "GRU", "ThresholdedReLU": "ReLU",
    "SyncBatchNormalization": "BatchNormalization", "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization", "ExperimentalEinsumDense": "EinsumDense",
    "Deconvolution2D": "Conv2DTranspose", "Deconvolution3D": "Conv3DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose", "Convolution3DTranspose": "Conv3DTranspose",
    **{f"{kind}Convolution{rank}D": f"{kind}Conv{rank}D" for kind in ("", "Separable") for rank in (1, 2, 3)},
    **{f"{kind}AvgPool{rank}D": f"{kind}AveragePooling{rank}D" for kind in ("", "Global") for rank in (1, 2, 3)},
    **{f"{kind}MaxPool{rank}D": f"{kind}MaxPooling{rank}D" for kind in ("", "Global") for rank in (1, 2, 3)},
}  # fmt: skip
#: Options of layers that changed their name.
_RENAMED = {"LeakyReLU": {"alpha": "negative_slope"}, "ThresholdedReLU": {"theta": "threshold"}}
#: What a layer computed where its options do not say it, and Keras 3 takes it for something else.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "GRU": {"reset_after": False},
    "GRUCell": {"reset_after": False},
    "ThresholdedReLU": {"theta": 1.0},
    "CuDNNLSTM": {"activation": "tanh", "recurrent_activation": "sigmoid"},
    "CuDNNGRU": {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True},
}
#: Options that some layers wrote because they share a base with those that have them, and others that say nothing of y.
_SAYS_NOTHING = {
    ("DepthwiseConv", "SeparableConv"): ("kernel_initializer", "kernel_regularizer", "kernel_constraint"),
    ("SpatialDropout",): ("noise_shape",),
    ("Embedding",): ("input_length", "sparse"),
    ("BatchNormalization", "SyncBatchNormalization"): ("fused", "synchronized"),
}
#: The values of options that Keras 3 no longer has; any other cannot be honoured.
_ONLY = {"time_major": (False, None), "virtual_batch_size": (None,), "renorm": (False,)}
_WITHOUT_GROUPS = ("DepthwiseConv", "SeparableConv", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")


def modernize_options(class_name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of one layer in the words of Keras 3."""
    options = _DEFAULTS.get(class_name, {}) | entry["config"]
    only = _ONLY | ({"groups": (1,)} if class_name.startswith(_WITHOUT_GROUPS) else {})
    for option, allowed in only.items():
        if option in options and options[option] not in allowed:
            raise UnsupportedLayerError(
                f"{class_name} {options.get('name', '')!r}: {option}={options[option]!r} of Keras 2 is not supported"
            )
    if class_name == "InputLayer" and "batch_input_shape" in options:
        options["batch_shape"] = options["batch_input_shape"]
    if class_name == "InputLayer" and isinstance(options.get("input_dtype"), str):
        options["dtype"] = options["input_dtype"]
    silent = {option for layers, silent in _SAYS_NOTHING.items() if class_name.startswith(layers) for option in silent}
    options = {key: value for key, value in options.items() if key not in {*_OF_BUILDING, *only, *silent}}
    if "BatchNormalization" in class_name and isinstance(axis := options.get("axis"), list) and len(axis) == 1:
        options["axis"] = axis[0]
    for option in ("activation", "recurrent_activation"):
        if options.get(option) == "hard_sigmoid":
            options[option] = HARD_SIGMOID
    if class_name in {"Attention", "AdditiveAttention"} and options.get("causal") is False:
        del options["causal"]
    for old, new in _RENAMED.get(class_name, {}).items():
        if old in options:
            options[new] = _number(options.pop(old))
    named = {"module": "keras.layers"} if "name" in options else {}  # no operation: Keras 2 had none
    return named | entry | {"class_name": _SAME_LAYER.get(class_name, class_name), "config": options}


def _number(value: Any) -> Any:
    """Return a number, which Keras 2 also wrote as ``{"class_name": "__numpy__", "config": {"value": ...}}`` or shorter."""
    inner = value.get("config", value) if isinstance(value, dict) else None
    return inner.get("value", value) if isinstance(inner, dict) else value
