"""Nodes of TensorFlow's graph, which Keras 2.0 to 2.3 wrote as layers (TensorFlowOpLayer): read as calls of functions.

A node names its operation, and its options as attributes; constants among its inputs stand beside it, by their number.
Each row says which function of `core.files.dialects.tensorflow.functions` the node is, and what its inputs are called.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import UnsupportedLayerError
from core.files.dialects.tensorflow.calls import array

Attributes = Mapping[str, Any]
#: Function, names of its arguments in the order of the node's inputs, and its options by the node's attributes.
Row = tuple[str, tuple[str, ...], dict[str, str]]

_REDUCED = (("input", "axis"), {"keep_dims": "keepdims"})
_BLOCKS = {"block_size": "block_size"}
_POOLED = {"ksize": "ksize", "strides": "strides", "padding": "padding", "data_format": "data_format"}
_OF_ONE = {
    "Abs": "abs", "Neg": "negative", "Sqrt": "sqrt", "Rsqrt": "math.rsqrt", "Exp": "exp", "Expm1": "math.expm1",
    "Log": "math.log", "Log1p": "math.log1p", "Square": "square", "Sign": "sign", "Round": "round", "Floor": "floor",
    "Ceil": "math.ceil", "Sin": "sin", "Cos": "cos", "Tan": "tan", "Tanh": "tanh", "Erf": "math.erf",
    "Reciprocal": "math.reciprocal", "Sigmoid": "sigmoid", "IsFinite": "math.is_finite", "IsNan": "math.is_nan",
    "LogicalNot": "logical_not", "Relu": "nn.relu", "Relu6": "nn.relu6", "Elu": "nn.elu", "Selu": "nn.selu",
    "Softplus": "nn.softplus", "Softsign": "nn.softsign", "Softmax": "nn.softmax", "LogSoftmax": "nn.log_softmax",
    "StopGradient": "stop_gradient", "Identity": "identity", "ZerosLike": "zeros_like", "OnesLike": "ones_like",
}  # fmt: skip
_OF_TWO = {
    "Add": "add", "AddV2": "add", "Sub": "subtract", "Mul": "multiply", "RealDiv": "truediv", "Div": "truediv",
    "DivNoNan": "math.divide_no_nan", "FloorDiv": "floordiv", "FloorMod": "math.floormod", "Pow": "pow",
    "Maximum": "maximum", "Minimum": "minimum", "Greater": "greater", "GreaterEqual": "greater_equal", "Less": "less",
    "LessEqual": "less_equal", "Equal": "equal", "NotEqual": "not_equal", "LogicalAnd": "logical_and",
    "LogicalOr": "logical_or", "SquaredDifference": "math.squared_difference",
}  # fmt: skip
_NODES: dict[str, Row] = {
    **{node: (function, ("x",), {}) for node, function in _OF_ONE.items()},
    **{node: (function, ("x", "y"), {}) for node, function in _OF_TWO.items()},
    **{node: (f"reduce_{node.lower()}", *_REDUCED) for node in ("Mean", "Sum", "Max", "Min", "Prod", "All", "Any")},
    "ArgMax": ("argmax", ("input", "axis"), {"output_type": "output_type"}),
    "ArgMin": ("argmin", ("input", "axis"), {"output_type": "output_type"}),
    "Atan2": ("math.atan2", ("y", "x"), {}),
    "MatMul": ("matmul", ("a", "b"), {"transpose_a": "transpose_a", "transpose_b": "transpose_b"}),
    "BatchMatMul": ("matmul", ("a", "b"), {"adj_x": "transpose_a", "adj_y": "transpose_b"}),
    "BatchMatMulV2": ("matmul", ("a", "b"), {"adj_x": "transpose_a", "adj_y": "transpose_b"}),
    "BiasAdd": ("nn.bias_add", ("value", "bias"), {"data_format": "data_format"}),
    "BroadcastTo": ("broadcast_to", ("input", "shape"), {}),
    "Cast": ("cast", ("x",), {"DstT": "dtype"}),
    "Cumsum": ("cumsum", ("x", "axis"), {"exclusive": "exclusive", "reverse": "reverse"}),
    "DepthToSpace": ("nn.depth_to_space", ("input",), _BLOCKS),
    "SpaceToDepth": ("nn.space_to_depth", ("input",), _BLOCKS),
    "ExpandDims": ("expand_dims", ("input", "axis"), {}),
    "Squeeze": ("squeeze", ("input",), {"squeeze_dims": "axis"}),
    "Reshape": ("reshape", ("tensor", "shape"), {}),
    "Transpose": ("transpose", ("a", "perm"), {}),
    "GatherV2": ("gather", ("params", "indices", "axis"), {"batch_dims": "batch_dims"}),
    "LeakyRelu": ("nn.leaky_relu", ("features",), {"alpha": "alpha"}),
    "MaxPool": ("nn.max_pool", ("input",), _POOLED),
    "AvgPool": ("nn.avg_pool", ("input",), _POOLED),
    "Pad": ("pad", ("tensor", "paddings"), {}),
    "PadV2": ("pad", ("tensor", "paddings", "constant_values"), {}),
    "MirrorPad": ("pad", ("tensor", "paddings"), {"mode": "mode"}),
    "OneHot": ("one_hot", ("indices", "depth", "on_value", "off_value"), {"axis": "axis"}),
    "ReverseV2": ("reverse", ("tensor", "axis"), {}),
    "Roll": ("roll", ("input", "shift", "axis"), {}),
    "Select": ("where", ("condition", "x", "y"), {}),
    "SelectV2": ("where", ("condition", "x", "y"), {}),
    "Shape": ("shape", ("input",), {}),
    "Slice": ("slice", ("input_", "begin", "size"), {}),
    "StridedSlice": ("__operators__.getitem", ("x", "begin", "end", "strides"), {}),
    "Split": ("split", ("axis", "value"), {"num_split": "num_or_size_splits"}),
    "SplitV": ("split", ("value", "num_or_size_splits", "axis"), {}),
    "Tile": ("tile", ("input", "multiples"), {}),
    "TopKV2": ("math.top_k", ("input", "k"), {"sorted": "sorted"}),
    "Unpack": ("unstack", ("value",), {"num": "num", "axis": "axis"}),
    "ResizeBilinear": ("image.resize", ("images", "size"), {}),
    "ResizeNearestNeighbor": ("image.resize", ("images", "size"), {}),
}
#: Nodes of a list of tensors, and whether their last input is the axis.
_LISTS = {"AddN": ("add_n", False), "ConcatV2": ("concat", True), "Pack": ("stack", False), "Einsum": ("einsum", False)}
_TYPES = {
    "DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16", "DT_INT32": "int32", "DT_INT64": "int64",
    "DT_INT8": "int8", "DT_INT16": "int16", "DT_UINT8": "uint8", "DT_BOOL": "bool",
}  # fmt: skip


def is_node(entry: Any) -> bool:
    """Return whether a layer of a config is a node of TensorFlow's graph."""
    return isinstance(entry, dict) and entry.get("class_name") == "TensorFlowOpLayer"


def as_function(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the layer as the call of a TensorFlow function that does the same."""
    config, calls, name = entry.get("config"), entry.get("inbound_nodes"), entry.get("name")
    options: dict[str, Any] = config if isinstance(config, dict) else {}
    node, constants = options.get("node_def"), options.get("constants")
    node = node if isinstance(node, dict) else {}
    operation = node.get("op")
    title = f"layer TensorFlowOpLayer {name!r}"
    if not isinstance(operation, str) or (operation not in _NODES and operation not in _LISTS):
        raise UnsupportedLayerError(
            f"{title} is refused: the TensorFlow operation {operation!r} is not one that Kaca knows; build the model "
            "again with layers"
        )
    if not isinstance(calls, list) or len(calls) != 1 or not isinstance(constants, dict):
        raise UnsupportedLayerError(f"{title} must have constants and be called once")
    given = calls[0]["args"][0]
    inputs = list(given) if isinstance(given, list) else [given]
    for number in sorted(constants, key=int):
        inputs.insert(int(number), constants[number])
    attributes = {key: _value(value) for key, value in (node.get("attr") or {}).items()}
    if operation in _LISTS:
        function, with_axis = _LISTS[operation]
        named = {key: attributes[key] for key in ("axis", "equation") if key in attributes}
        named |= {"axis": inputs.pop()} if with_axis else {}
        return _function(entry, function, [array(one) for one in inputs], named)
    function, names, renamed = _NODES[operation]
    if len(inputs) > len(names):
        raise UnsupportedLayerError(f"{title}: {operation} has {len(inputs)} inputs, expected {', '.join(names)}")
    named = {theirs: attributes[ours] for ours, theirs in renamed.items() if ours in attributes}
    named |= dict(zip(names, inputs, strict=False))
    change = _CHANGES.get(operation)
    named = change(named, attributes) if change else named
    first = named.pop("value" if operation == "Split" else names[0])
    return _function(entry, function, first, named)


def _function(entry: dict[str, Any], function: str, first: Any, named: dict[str, Any]) -> dict[str, Any]:
    kind = "SlicingOpLambda" if function == "__operators__.getitem" else "TFOpLambda"
    calls = [{"args": [first], "kwargs": named}]
    return entry | {"class_name": kind, "config": {"function": function}, "inbound_nodes": calls}


def _value(attribute: Any) -> Any:
    """Return the value of an attribute: a number, a truth value, a text, a type, or a list of numbers."""
    if not isinstance(attribute, dict) or len(attribute) != 1:
        return None
    (kind, value) = next(iter(attribute.items()))
    if kind == "i":
        return int(value)
    if kind == "s":
        return base64.b64decode(value).decode()
    if kind == "type":
        return _TYPES.get(value, value)
    if kind == "list":
        return [int(item) for item in value.get("i", [])] if isinstance(value, dict) else None
    return value


def _indexed(given: dict[str, Any], attributes: Attributes) -> dict[str, Any]:
    """Write bounds and masks as an index: a bit of a mask for each part."""
    bounds = [given[part] for part in ("begin", "end", "strides")]
    if not all(isinstance(part, list) and all(isinstance(one, int) for one in part) for part in bounds):
        raise UnsupportedLayerError("a slice whose bounds are computed is not supported")
    parts: list[Any] = []
    for number, (begin, end, stride) in enumerate(zip(*bounds, strict=True)):
        bit = 1 << number
        if attributes.get("ellipsis_mask", 0) & bit:
            parts.append({"class_name": "__ellipsis__"})
        elif attributes.get("new_axis_mask", 0) & bit:
            parts.append(None)
        elif attributes.get("shrink_axis_mask", 0) & bit:
            parts.append(begin)
        else:
            start = None if attributes.get("begin_mask", 0) & bit else begin
            stop = None if attributes.get("end_mask", 0) & bit else end
            parts.append({"start": start, "stop": stop, "step": stride})
    return {"x": given["x"], "slice_spec": parts}


def _resized(method: str) -> Callable[[dict[str, Any], Attributes], dict[str, Any]]:
    def change(given: dict[str, Any], attributes: Attributes) -> dict[str, Any]:
        if attributes.get("align_corners") or not attributes.get("half_pixel_centers"):
            raise UnsupportedLayerError("resizing that aligns corners or the edges of pixels is not supported")
        return given | {"method": method}

    return change


def _squeezed(given: dict[str, Any], attributes: Attributes) -> dict[str, Any]:
    """Leave out an empty list of axes: all of size 1."""
    return given if attributes.get("squeeze_dims") else {"input": given["input"]}


_CHANGES: dict[str, Callable[[dict[str, Any], Attributes], dict[str, Any]]] = {
    "StridedSlice": _indexed,
    "ResizeBilinear": _resized("bilinear"),
    "ResizeNearestNeighbor": _resized("nearest"),
    "Squeeze": _squeezed,
}
