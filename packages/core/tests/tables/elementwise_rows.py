"""Rows of dense layers, activations, normalization, reshaping, regularization and preprocessing."""

import keras
import numpy as np
from rows import Row, inside

LAYERS = keras.layers
ACTIVATIONS = [
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "sigmoid", "log_sigmoid", "hard_sigmoid", "tanh", "hard_tanh",
    "tanh_shrink", "softplus", "softsign", "soft_shrink", "hard_shrink", "squareplus", "sparse_plus", "sparse_sigmoid", "silu",
    "swish", "hard_silu", "hard_swish", "mish", "gelu", "glu", "exponential", "softmax", "log_softmax", "sparsemax",
]  # fmt: skip
#: Three sentences of four words, with holes.
MASK = np.array([[True, True, False, True], [False, True, True, False], [True, True, True, True]])
EXTREMES = np.array([[-200.0, -90.0, -20.0, -1.0, -0.0, 0.5, 3.0, 20.0, 80.0, 88.0]])
WITH_CORNERS = {
    "selu", "celu", "hard_tanh", "hard_sigmoid", "soft_shrink", "hard_shrink", "sparse_plus", "sparse_sigmoid", "hard_silu",
    "hard_swish",
}  # fmt: skip
CORNERS = dict.fromkeys(("GradientTape", "differences"), "one of the numbers stands at a corner")
OF_INTEGERS = dict.fromkeys(
    ("float64", "float16", "GradientTape", "differences"), "whole numbers become float32, whatever the policy"
)
WHOLE = np.array([[0, 1, 1, 0], [1, 1, 0, 1]])
MEANS = {"mean": [0.5, -1.0, 2.0], "variance": [1.0, 0.0, 4.0]}
ADAPTED = np.random.default_rng(0).normal(3, 2, size=(6, 4, 5))
UNLEARNED = dict.fromkeys(("GradientTape", "differences"), "Kaca does not learn through a Pipeline")

DENSE = [
    Row(LAYERS.Dense, {"units": 5}, (4, 7)),
    Row(LAYERS.Dense, {"units": 5, "use_bias": False, "activation": "relu"}, (4, 7)),
    Row(LAYERS.Dense, {"units": 3, "activation": "softmax"}, (4, 2, 3, 6)),
    Row(LAYERS.Dense, {"units": 2}, (2, 1100)),
    *(
        Row(LAYERS.Dense, {"units": 4, "activation": inner}, (3, 5))
        for inner in (inside(LAYERS.LeakyReLU, 0.2), inside(LAYERS.ReLU, max_value=2.0), inside(LAYERS.Softmax))
    ),
    *(
        Row(LAYERS.Pipeline, {"layers": parts}, (6, 4), without=UNLEARNED | without)
        for parts, without in (
            ([inside(LAYERS.Dense, 5, activation="relu"), inside(LAYERS.Dense, 3)], {}),
            (
                [inside(LAYERS.Flatten), inside(LAYERS.UnitNormalization)],
                {"float16": "Keras cannot trace this line in halves"},
            ),
        )
    ),
    Row(LAYERS.EinsumDense, {"equation": "ab,bc->ac", "output_shape": 5}, (4, 3)),
    *(
        Row(LAYERS.EinsumDense, {"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": "d"} | options, shape)
        for options, shape in (({"activation": "relu"}, (4, 2, 3)), ({}, (4, 3, 6)))
    ),
    Row(LAYERS.EinsumDense, {"equation": "abc,cde->abde", "output_shape": (None, 2, 5), "bias_axes": "de"}, (4, 2, 3)),
    Row(LAYERS.EinsumDense, {"equation": "abc,cde->abde", "output_shape": (None, 2, 5), "bias_axes": "d"}, (4, 6, 3)),
    *(
        Row(
            LAYERS.EinsumDense, {"equation": "...x,xy->...y", "output_shape": 5} | options, shape,
            without={"float16": "TensorFlow's einsum of halves interchanges the rows"},
        )
        for options, shape in (({"bias_axes": "y"}, (4, 2, 6, 3)), ({}, (4, 3)), ({"activation": "tanh"}, (4, 3, 6)))
    ),
    Row(LAYERS.EinsumDense, {"equation": "ab...,bc->ac...", "output_shape": (5,), "bias_axes": "c"}, (4, 3, 2, 6)),
    Row(LAYERS.EinsumDense, {"equation": "ab...,bc->ac...", "output_shape": 5, "bias_axes": "c"}, (4, 3, 6)),
    Row(LAYERS.EinsumDense, {"equation": "abcd,cde->abe", "output_shape": (None, 5), "bias_axes": "e"}, (4, 2, 3, 6)),
    Row(LAYERS.EinsumDense, {"equation": "abc,bd->ad", "output_shape": 3}, (4, 5, 6)),
    Row(LAYERS.EinsumDense, {"equation": "abc,dc->adb", "output_shape": (5, 2)}, (4, 2, 3)),
]  # fmt: skip

ACTIVATING = [
    *(Row(LAYERS.Activation, {"activation": name}, (4, 3, 6)) for name in ACTIVATIONS),
    *(
        Row(LAYERS.Activation, {"activation": inner}, (3, 5))
        for inner in (inside(LAYERS.LeakyReLU, 0.2), inside(LAYERS.ReLU, max_value=2.0), inside(LAYERS.Softmax))
    ),
    *(
        Row(LAYERS.Activation, {"activation": name}, EXTREMES, without=CORNERS if name in WITH_CORNERS else {})
        for name in ACTIVATIONS
    ),
    # TensorFlow has no ReLU of booleans.
    *(
        Row(LAYERS.Activation, {"activation": name}, WHOLE.astype(dtype), without=OF_INTEGERS)
        for name in ("relu", "leaky_relu", "tanh", "exponential", "linear")
        for dtype in ("int32", "int64", "uint8", "bool")
        if (name, dtype) not in {("relu", "bool"), ("leaky_relu", "bool")}
    ),
    Row(LAYERS.ReLU, {}, (3, 7)),
    Row(LAYERS.ReLU, {"max_value": 6.0}, (3, 7)),
    Row(LAYERS.ReLU, {"max_value": 0.7, "threshold": 0.2}, (3, 7)),
    Row(LAYERS.ReLU, {"negative_slope": 0.1}, (3, 7)),
    Row(LAYERS.ReLU, {"negative_slope": 0.1, "max_value": 1.0}, (3, 7)),
    Row(LAYERS.ReLU, {"negative_slope": 0.1, "max_value": 1.0, "threshold": 0.5}, (3, 7)),
    Row(LAYERS.LeakyReLU, {}, (3, 7)),
    Row(LAYERS.LeakyReLU, {"negative_slope": 0.01}, (3, 7)),
    Row(LAYERS.PReLU, {}, (3, 4, 5)),
    Row(LAYERS.PReLU, {"shared_axes": [1, 2]}, (3, 4, 5, 2)),
    Row(LAYERS.PReLU, {"shared_axes": 1}, (3, 4, 5)),
    Row(LAYERS.ELU, {"alpha": 0.7}, (3, 7)),
    Row(LAYERS.Softmax, {}, (3, 7)),
    Row(LAYERS.Softmax, {"axis": 1}, (3, 4, 5)),
    Row(LAYERS.Softmax, {"axis": [1, 2]}, (3, 4, 5)),
    Row(LAYERS.Softmax, {"axis": [-1]}, (3, 4, 5)),
    Row(LAYERS.Softmax, {}, (3, 4), call={"mask": MASK}),
    Row(LAYERS.Softmax, {"axis": [1, 2]}, (3, 4, 5), call={"mask": np.random.default_rng(0).random((3, 4, 5)) > 0.5}),
]

RENEWED = dict.fromkeys(("GradientTape", "differences"), "a step replaces the kernel, see test_gradients.py")
NORMALIZING = [
    Row(LAYERS.BatchNormalization, {}, (6, 5)),
    Row(LAYERS.BatchNormalization, {"epsilon": 1e-5, "momentum": 0.9}, (4, 5, 5, 3)),
    Row(LAYERS.BatchNormalization, {"axis": 1, "scale": False}, (4, 3, 5)),
    Row(LAYERS.BatchNormalization, {"center": False}, (4, 5, 3)),
    Row(LAYERS.BatchNormalization, {}, (3, 4, 5), call={"mask": MASK}),
    Row(LAYERS.BatchNormalization, {"scale": False, "center": False}, (3, 4, 5), call={"mask": MASK}),
    Row(LAYERS.LayerNormalization, {}, (3, 6)),
    Row(LAYERS.LayerNormalization, {}, (4, 3, 6)),
    Row(LAYERS.LayerNormalization, {"axis": 1, "epsilon": 1e-6}, (3, 4, 5)),
    Row(LAYERS.LayerNormalization, {"axis": 1, "center": False}, (4, 3, 6)),
    Row(LAYERS.LayerNormalization, {"axis": [2, 1]}, (3, 4, 5, 2)),
    Row(LAYERS.LayerNormalization, {"axis": [1, 2], "scale": False}, (4, 3, 6)),
    Row(LAYERS.LayerNormalization, {"axis": [-1, 1], "scale": False}, (3, 4, 4)),
    Row(LAYERS.LayerNormalization, {"axis": [-1, 1]}, (3, 4, 2, 5)),
    Row(LAYERS.LayerNormalization, {"center": False}, (3, 4, 5)),
    Row(LAYERS.LayerNormalization, {"center": False, "scale": False}, (3, 5)),
    Row(LAYERS.LayerNormalization, {"rms_scaling": True}, (4, 3, 6)),
    Row(LAYERS.LayerNormalization, {"rms_scaling": True, "axis": [1, 2]}, (3, 4, 5)),
    Row(LAYERS.GroupNormalization, {"groups": 3}, (3, 4, 6)),
    Row(LAYERS.GroupNormalization, {"groups": 2}, (4, 3, 6)),
    Row(LAYERS.GroupNormalization, {"groups": -1}, (3, 5, 4, 6)),
    Row(LAYERS.GroupNormalization, {"groups": -1, "axis": 1, "scale": False}, (4, 3, 6)),
    Row(LAYERS.GroupNormalization, {"groups": 2, "axis": 1}, (3, 4, 5)),
    Row(LAYERS.GroupNormalization, {"groups": 2, "axis": -2, "scale": False}, (3, 5, 4, 2)),
    Row(LAYERS.GroupNormalization, {"groups": 1, "center": False, "epsilon": 1e-5}, (3, 4)),
    *(
        Row(layer, {}, np.zeros((2, 3)), without={"differences": "there is a corner at an example of zeros"})
        for layer in (LAYERS.LayerNormalization, LAYERS.UnitNormalization, LAYERS.RMSNormalization)
    ),
    Row(LAYERS.UnitNormalization, {}, (3, 4, 5)),
    Row(LAYERS.UnitNormalization, {"axis": [1, 2]}, (3, 4, 5)),
    Row(LAYERS.UnitNormalization, {"axis": 1}, (3, 4, 5)),
    Row(LAYERS.RMSNormalization, {}, (3, 4, 5)),
    Row(LAYERS.RMSNormalization, {"axis": [1, 2], "epsilon": 1e-3}, (3, 4, 5)),
    Row(LAYERS.RMSNormalization, {"axis": 1}, (3, 4, 4)),
    Row(
        LAYERS.SpectralNormalization,
        {"layer": inside(LAYERS.Dense, 3, activation="tanh"), "power_iterations": 2},
        (4, 6),
        without=RENEWED,
    ),
]

RESHAPING = [
    Row(LAYERS.Flatten, {}, (4, 2, 3, 5)),
    Row(LAYERS.Flatten, {"data_format": "channels_first"}, (4, 2, 3, 5)),
    Row(LAYERS.Flatten, {}, (4,)),
    Row(LAYERS.Identity, {}, (3, 4)),
    Row(LAYERS.Reshape, {"target_shape": (2, 6)}, (3, 4, 3)),
    Row(LAYERS.Reshape, {"target_shape": (2, -1, 1)}, (3, 4, 3)),
    Row(LAYERS.Reshape, {"target_shape": (5, -1)}, (4, 2, 3, 5)),
    Row(LAYERS.Reshape, {"target_shape": (-1,)}, (3, 4, 3)),
    Row(LAYERS.Reshape, {"target_shape": ()}, (3, 1)),
    Row(LAYERS.Permute, {"dims": (3, 1, 2)}, (3, 4, 5, 2)),
    Row(LAYERS.RepeatVector, {"n": 4}, (3, 5)),
]

#: What acts in training: at random, so that only the slope of our own function says what its gradient is.
DRAWN = {"GradientTape": "TensorFlow draws other numbers"}
REGULARIZING = [
    Row(LAYERS.Dropout, {"rate": 0.4}, (4, 6), without=DRAWN),
    Row(LAYERS.Dropout, {"rate": 0.4, "noise_shape": [None, 1, None]}, (4, 3, 5), without=DRAWN),
    Row(LAYERS.GaussianNoise, {"stddev": 0.3}, (4, 3, 5), without=DRAWN),
    Row(LAYERS.GaussianDropout, {"rate": 0.4}, (4, 3, 5), without=DRAWN),
    Row(LAYERS.AlphaDropout, {"rate": 0.4}, (4, 3, 5), without=DRAWN),
    Row(LAYERS.ActivityRegularization, {"l1": 0.1, "l2": 0.2}, (3, 5)),
]

IDS = np.array([[0, 3, 3], [2, 2, 2], [1, 9, 0]])
BINS = [-0.5, 0.1, 0.3, 2.0]
VALUES = np.vstack([BINS[:3], np.random.default_rng(3).normal(size=(3, 3))])
#: What gives whole numbers or steps has no gradient.
STEPS = dict.fromkeys(("GradientTape", "differences"), "its output goes in steps")
COUNTS = STEPS | {"float16": "TensorFlow does not count in halves"}
PREPROCESSING = [
    Row(LAYERS.Normalization, MEANS, (4, 5, 3)),
    Row(LAYERS.Normalization, MEANS | {"axis": [1, -1]}, (4, 5, 3)),
    Row(LAYERS.Normalization, {"mean": 1.5, "variance": 4.0, "invert": True}, (4, 3)),
    Row(LAYERS.Normalization, {"mean": [1.0, 2.0, 3.0], "variance": [4.0, 1.0, 9.0]}, (4, 3)),
    Row(LAYERS.Normalization, {"mean": [1.0, 2.0, 3.0], "variance": [4.0, 1.0, 9.0], "invert": True}, (4, 3)),
    *(
        Row(LAYERS.Normalization, options, (6, 4, 5), adapt=ADAPTED)
        for options in ({}, {"axis": [1, 2], "invert": True}, {"axis": None}, {"axis": (2, 1)})
    ),
    Row(LAYERS.Normalization, {}, np.arange(24, dtype=np.int32).reshape(4, 6), adapt=np.arange(24.0).reshape(4, 6)),
    *(
        Row(LAYERS.CategoryEncoding, {"num_tokens": 5, "output_mode": mode} | dtype, IDS[:, :columns], without=without)
        for mode, without in (("multi_hot", COUNTS), ("count", COUNTS), ("one_hot", STEPS))
        for columns in (3, 1)
        for dtype in ({}, {"dtype": "int32"})
    ),
    Row(
        LAYERS.CategoryEncoding, {"num_tokens": 4, "output_mode": "count"}, IDS,
        call={"count_weights": np.random.default_rng(0).normal(size=IDS.shape)}, without=COUNTS,
    ),
    *(
        Row(LAYERS.Discretization, options | {"output_mode": mode}, VALUES, adapt=adapt, without=without)
        for mode, without in (("int", STEPS), ("multi_hot", COUNTS), ("count", COUNTS), ("one_hot", STEPS))
        for options, adapt in (
            ({"bin_boundaries": BINS}, None),
            ({"num_bins": 5}, np.random.default_rng(3).normal(size=(200, 1))),
        )
    ),
]  # fmt: skip

ROWS = [*DENSE, *ACTIVATING, *NORMALIZING, *RESHAPING, *REGULARIZING, *PREPROCESSING]
