"""Which operations of Keras 3 compute a TensorFlow function: one row each, with the names of its arguments."""

from __future__ import annotations

from core.files.dialects.tensorflow import rules
from core.files.dialects.tensorflow.calls import Function, Step
from core.files.dialects.tensorflow.network_rules import (
    bias_add,
    layer,
    length,
    pool,
    resize,
    silu,
    softmax,
    unit_length,
)

#: Functions of one tensor, element by element, by Keras' name of the operation.
_OF_ONE = {
    "Abs": "abs math.abs", "Negative": "negative math.negative", "Sqrt": "sqrt math.sqrt",
    "Rsqrt": "math.rsqrt compat.v1.rsqrt", "Exp": "exp math.exp", "Expm1": "math.expm1", "Log": "math.log",
    "Log1p": "math.log1p", "Square": "square math.square", "Sign": "sign math.sign", "Round": "round math.round",
    "Floor": "floor math.floor", "Ceil": "math.ceil", "Sin": "sin math.sin", "Cos": "cos math.cos", "Tan": "tan math.tan",
    "Arcsin": "asin math.asin", "Arccos": "acos math.acos", "Arctan": "atan math.atan", "Sinh": "sinh math.sinh",
    "Cosh": "cosh math.cosh", "Tanh": "tanh math.tanh nn.tanh", "Arcsinh": "asinh math.asinh",
    "Arccosh": "acosh math.acosh", "Arctanh": "atanh math.atanh", "Erf": "math.erf",
    "Reciprocal": "math.reciprocal", "Sigmoid": "sigmoid math.sigmoid nn.sigmoid", "LogSigmoid": "math.log_sigmoid",
    "Isnan": "math.is_nan", "Isinf": "math.is_inf", "Isfinite": "math.is_finite",
    "LogicalNot": "logical_not math.logical_not", "Relu": "nn.relu", "Relu6": "nn.relu6", "Elu": "nn.elu",
    "Selu": "nn.selu", "Softplus": "math.softplus nn.softplus", "Softsign": "math.softsign nn.softsign",
    "StopGradient": "stop_gradient",
}  # fmt: skip
#: Functions of two tensors x and y.
_OF_TWO = {
    "Add": "__operators__.add add math.add", "Subtract": "subtract math.subtract", "Multiply": "multiply math.multiply",
    "Divide": "divide math.divide truediv math.truediv realdiv compat.v1.div", "DivideNoNan": "math.divide_no_nan",
    "FloorDivide": "math.floordiv floordiv compat.v1.floor_div", "Mod": "math.floormod math.mod",
    "Power": "pow math.pow", "Maximum": "maximum math.maximum", "Minimum": "minimum math.minimum",
    "Greater": "greater math.greater", "GreaterEqual": "greater_equal math.greater_equal", "Less": "less math.less",
    "LessEqual": "less_equal math.less_equal", "Equal": "equal math.equal", "NotEqual": "not_equal math.not_equal",
    "LogicalAnd": "logical_and math.logical_and", "LogicalOr": "logical_or math.logical_or",
    "LogicalXor": "math.logical_xor",
}  # fmt: skip
#: Reductions over axes.
_OVER_AXES = {
    "Mean": "mean", "Sum": "sum", "Max": "max", "Min": "min", "Prod": "prod", "All": "all", "Any": "any",
    "Logsumexp": "logsumexp", "Std": "std", "Var": "variance",
}  # fmt: skip

#: All others.
_OTHERS: dict[str, Function] = {
    "math.argmax argmax compat.v1.argmax": rules.place_of_extreme("Argmax"),
    "math.argmin argmin compat.v1.argmin": rules.place_of_extreme("Argmin"),
    "math.atan2": rules.row("Arctan2", "x"),
    "math.squared_difference": rules.squared_difference,
    "math.l2_normalize nn.l2_normalize": unit_length,
    "compat.v1.norm norm linalg.norm": length,
    "math.add_n add_n": layer("Add"),
    "math.cumsum cumsum": rules.cumulated("Cumsum"),
    "math.cumprod": rules.cumulated("Cumprod"),
    "math.top_k nn.top_k": rules.top_k,
    "sort": rules.sort("Sort"),
    "argsort": rules.sort("Argsort"),
    "linalg.matmul matmul": rules.matmul,
    "einsum": rules.einsum,
    "tensordot": rules.row("Tensordot", "b", axes="axes"),
    "where": rules.row("Where", "x", "y"),
    "clip_by_value": rules.clip,
    "cast": rules.row("Cast", dtype="dtype"),
    "identity": rules.row("Copy"),
    "zeros_like compat.v1.zeros_like": rules.like("ZerosLike"),
    "ones_like compat.v1.ones_like": rules.like("OnesLike"),
    "__operators__.getitem": rules.get_item,
    "slice": rules.part,
    "reshape compat.v1.reshape": rules.reshape,
    "transpose compat.v1.transpose": rules.transpose,
    "expand_dims compat.v1.expand_dims": rules.row("ExpandDims", axis="axis"),
    "squeeze compat.v1.squeeze": rules.row("Squeeze", axis="axis"),
    "concat": rules.row("Concatenate", axis="axis"),
    "stack": rules.row("Stack", axis="axis"),
    "unstack": rules.row("Unstack", num="num", axis="axis"),
    "split": rules.split,
    "tile": rules.row("Tile", repeats="multiples"),
    "repeat": rules.row("Repeat", repeats="repeats", axis="axis"),
    "pad compat.v1.pad": rules.pad,
    "reverse": rules.row("Flip", axis="axis"),
    "roll": rules.row("Roll", shift="shift", axis="axis"),
    "gather compat.v1.gather": rules.gather,
    "broadcast_to": rules.row("BroadcastTo", shape="shape"),
    "one_hot": rules.one_hot,
    "nn.leaky_relu": lambda given: [Step("LeakyRelu", [given.first], {"negative_slope": given.take("alpha", 0.2)})],
    "nn.gelu": lambda given: [Step("Gelu", [given.first], {"approximate": bool(given.take("approximate", False))})],
    "nn.silu nn.swish": silu,
    "nn.softmax compat.v1.nn.softmax": softmax("Softmax"),
    "nn.log_softmax": softmax("LogSoftmax"),
    "nn.bias_add": bias_add,
    "nn.max_pool2d nn.max_pool compat.v1.nn.max_pool": pool("MaxPooling2D"),
    "nn.avg_pool2d nn.avg_pool compat.v1.nn.avg_pool": pool("AveragePooling2D"),
    "nn.depth_to_space": rules.row("DepthToSpace", block_size="block_size"),
    "nn.space_to_depth": rules.row("SpaceToDepth", block_size="block_size"),
    "image.flip_left_right": lambda given: [Step("Flip", [given.first], {"axis": -2})],
    "image.flip_up_down": lambda given: [Step("Flip", [given.first], {"axis": -3})],
    "image.resize": resize,
    "keras.backend.batch_flatten": layer("Flatten"),
}

FUNCTIONS: dict[str, Function] = {
    **{function: rules.row(name) for name, functions in _OF_ONE.items() for function in functions.split()},
    **{function: rules.row(name, "y") for name, functions in _OF_TWO.items() for function in functions.split()},
    **{
        f"{place}reduce_{function}": rules.reduction(name)
        for name, function in _OVER_AXES.items()
        for place in ("", "math.", "compat.v1.")
    },
    **{function: rule for functions, rule in _OTHERS.items() for function in functions.split()},
}
