"""Raw operations of Functional models: each function of `keras.ops` in a graph, saved and opened, gives Keras' numbers."""

import tracemalloc

import keras
import numpy as np
import pytest
from compare import TOLERANCE, assert_close, check_model, reopen
from configs import called, graph, operated, tensor
from keras import ops
from operation_rows import ONE, SHAPE, TWO, act

import core
from core.layers.registry import build_layer

#: Beside the rows that have a gradient.
OF_ONE = ONE | {
    "argmax": lambda x: ops.argmax(x, axis=-1),
    "argmin": lambda x: ops.argmin(x, axis=1),
    "any": lambda x: ops.any(x > 1, axis=1),
    "all": lambda x: ops.all(x > -1, axis=1, keepdims=True),
    "count": lambda x: ops.count_nonzero(ops.relu(x), axis=1),
    "median": lambda x: ops.median(x, axis=1),
    "broadcast": lambda x: ops.broadcast_to(x[:, :1] * 0 + ops.ones((4, 6)), (3, 4, 6)),
    "top k": lambda x: list(ops.top_k(x, 3)),
    "argsort": lambda x: ops.argsort(x, axis=-1),
    "digitize": lambda x: ops.digitize(x, np.array([-1.0, 0.0, 0.5])),
    "one hot": lambda x: ops.one_hot(ops.argmax(x, axis=-1), 6),
    "one hot first": lambda x: ops.one_hot(ops.argmax(x, axis=-1), 6, axis=1, dtype="int32"),
    "cast": lambda x: ops.cast(x * 10, "int32"),
    "cast to truth": lambda x: ops.cast(x > 0, "float32"),
    "ones": lambda x: ops.ones_like(x) + ops.zeros_like(x, dtype="int32"),
    "convert": lambda x: ops.convert_to_tensor(x) + ops.stop_gradient(x),
    "round": lambda x: ops.round(x * 3) + ops.round(x, decimals=2),
    "logic": lambda x: ops.logical_and(x > 0, ops.logical_not(x > 1)),
    "or and xor": lambda x: ops.logical_or(x > 1, x < -1) ^ (x >= 0.5) | ~(x <= 0.2),
    "is finite": lambda x: ops.isfinite(x / ops.relu(x)) | ops.isnan(x) | ops.isinf(x),
    "sparsemax": ops.sparsemax,
    "depth to space": lambda x: ops.depth_to_space(ops.reshape(x, (-1, 2, 3, 4)), 2) if hasattr(ops, "depth_to_space") else x,
}  # fmt: skip

OF_TWO = TWO | {
    "compare": lambda x, y: ops.cast(x > y, "float32") + ops.cast(ops.equal(x, x), "float32") * ops.cast(x != y, "float32"),
    "where": lambda x, y: ops.where(x >= y, x, y),
    "divide": lambda x, y: x / y + ops.divide_no_nan(x, ops.relu(y)),
    "einsum": lambda x, y: ops.einsum("btc,bsc->bts", x, y),
    "along": lambda x, y: ops.take_along_axis(x, ops.argsort(y, axis=1), axis=1),
    "index": lambda x, y: ops.take(x[0], ops.argmax(y, axis=-1), axis=1),
    "close": ops.isclose,
}  # fmt: skip


def values(shape, dtype, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


@pytest.fixture(scope="module", params=["float32", "float64"])
def outputs(request):
    """Both give their outputs by name, from one model that holds every row of the tables."""
    x, y = keras.Input(SHAPE[1:], dtype=request.param), keras.Input(SHAPE[1:], dtype=request.param)
    graph = {name: function(x) for name, function in OF_ONE.items()}
    graph |= {f"{name} of two": function(x, y) for name, function in OF_TWO.items()}
    model = keras.Model([x, y], graph)
    data = [values(SHAPE, request.param), values(SHAPE, request.param, 1)]
    return request.param, model(data), reopen(model), data, graph


@pytest.fixture(scope="module")
def ours(outputs):
    return outputs[2].forward(outputs[3])


ROWS = [*OF_ONE, *(f"{name} of two" for name in OF_TWO)]


@pytest.mark.parametrize("name", ROWS)
def test_operations_agree(name, outputs, ours):
    dtype, expected, *_ = outputs
    theirs = expected[name]
    theirs = [np.asarray(part) for part in theirs] if isinstance(theirs, list | tuple) else np.asarray(theirs)
    assert_close(ours[name], theirs, TOLERANCE[dtype])


def test_shapes_are_followed(outputs):
    *_, opened, _, graph = outputs
    for name, made in graph.items():
        refs = opened.outputs[name]
        ours, theirs = (refs, made) if isinstance(refs, list) else ([refs], [made])
        assert [opened.shapes[ref] for ref in ours] == [tuple(tensor.shape) for tensor in theirs], name


INTEGERS = {
    "int8 and uint8": (("int8", "uint8"), lambda x, y: [x + y, x * y, x - 1, x / 2, x // 3, ops.maximum(x, y)]),
    "int32 and float32": (("int32", "float32"), lambda x, y: [x + y, x * 2.5, ops.mean(x, axis=1), ops.sqrt(abs(x)), x > 0.5]),
    "int64 and float64": (
        ("int64", "float64"), lambda x, y: [x + y, x / y, ops.exp(x / 9), ops.sum(x, axis=1), x % 3, x @ ops.transpose(y)],
    ),
    "uint8 and int32": (("uint8", "int32"), lambda x, y: [x + y, ops.sum(x, axis=1), ops.mean(x), ops.var(x), ops.square(y)]),
    "bool and float32": (
        ("bool", "float32"), lambda x, y: [x + y, x * 2, ops.sum(x, axis=1), ops.any(x, axis=1), ops.where(x, y, 0)],
    ),
    "bool and int32": (("bool", "int32"), lambda x, y: [x + y, ops.concatenate([x, y]), ops.stack([x, y], axis=1), x & (y > 0)]),
    "float16 and float32": (
        ("float16", "float32"), lambda x, y: [x + y, x * 2, x / 3, ops.mean(x), ops.matmul(y, ops.transpose(x))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INTEGERS)
def test_types_meet_as_in_keras(name):
    types, function = INTEGERS[name]
    x, y = (keras.Input(batch_shape=(4, 4), dtype=dtype) for dtype in types)
    rng = np.random.default_rng(0)
    data = [rng.integers(0 if kind in {"bool", "uint8"} else -9, 9, size=(4, 4)).astype(kind) for kind in types]
    # sums of 4 numbers of half precision are rounded in another order
    tolerance = 2e-3 if "float16" in types else 1e-6
    model = keras.Model([x, y], function(x, y))
    assert_close(reopen(model).forward(data), [np.asarray(part) for part in model(data)], tolerance)


def test_unknown_lengths_stay_unknown():
    x = keras.Input((None, 6))
    outputs = [
        x[:, 2:],
        x[:, -1],
        x[:, 25],
        ops.mean(x, axis=1),
        ops.pad(x, [[0, 0], [1, 0], [0, 0]]),
        ops.reshape(x, (-1, 6)),
        ops.concatenate([x, x[:, 1:]], axis=1),
        ops.repeat(x, 2, axis=1),
        ops.einsum("btc,bsc->bts", x, x),
        x[..., :3],
    ]
    model = keras.Model(x, outputs)
    opened = reopen(model)
    ours = [opened.shapes[ref] for ref in opened.outputs]
    # where Keras follows the shape of a sum of unknown sizes it may say more or less than is known; ours never errs
    long, short = (None, None, 6), (None, 6)
    assert ours == [long, short, short, short, long, short, long, long, (None, None, None), (None, None, 3)]
    data = values((2, 30, 6), "float32")
    assert_close(opened.forward(data), [np.asarray(part) for part in model(data)], 1e-6)


def test_operations_are_not_counted_among_the_layers(tmp_path):
    layers = keras.layers
    x = keras.Input((6,))
    hidden = layers.Add()([layers.Dense(6)(x), x + 1.0]) + layers.Dense(6, activation="relu")(ops.add(x, x))
    model = keras.Model(x, layers.Dense(2)(act.relu(hidden, max_value=2.0)) * layers.ReLU()(hidden)[:, :2])
    data = values((5, 6), "float32")
    opened = check_model(model, data)
    opened.save(tmp_path / "again.keras")
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "again.keras")(data), model(data), atol=1e-6)
    assert "Multiply" in opened.summary()


def test_activations_and_inspection_name_operations():
    x = keras.Input((6,))
    opened = check_model(keras.Model(x, ops.sum(x * 2, axis=-1)), values((5, 6), "float32"))
    assert [type(layer).__name__ for layer in opened.layers] == ["InputLayer", "Multiply", "Sum"]
    assert opened.activations(values((5, 6), "float32"))[opened.layers[-1].name].shape == (5,)


def graph_of(class_name, options, args=()):
    return build_layer(graph(called("op", operated(class_name, **options), tensor("in"), *args)))


HOSTILE = [
    ("Mean", {"axes": 1}),
    ("Mean", {"axis": 7}),
    ("Mean", {"axis": "all"}),
    ("Reshape", {"newshape": [5]}),
    ("Reshape", {"newshape": [-1, -1]}),
    ("Reshape", {"newshape": [10**30]}),
    ("Tile", {"repeats": [-1]}),
    ("Einsum", {"subscripts": "ab,bc->ac"}),
    ("Einsum", {"subscripts": "__import__('os')"}),
    ("Cast", {"dtype": "object"}),
    ("OneHot", {}),
    ("OneHot", {"num_classes": 0}),
    ("Transpose", {"axes": [0, 0]}),
    ("Split", {"indices_or_sections": 3, "axis": 1}),
    ("Split", {"indices_or_sections": 10**9, "axis": 0}),
    ("Squeeze", {"axis": 1}),
    ("Concatenate", {"axis": 9}),
    ("Pad", {"pad_width": [[0, 0]], "mode": "wrap"}),
    ("Pad", {"pad_width": [[0, 0], [-1, 0]]}),
    ("Map", {}),
    ("Lambda", {}),
]


@pytest.mark.parametrize("row", HOSTILE, ids=str)
def test_what_cannot_be_computed_is_refused(row):
    def run():
        opened = graph_of(*row)
        opened.build()
        opened.forward(np.zeros((2, 4), np.float32))

    with pytest.raises(core.KacaError):
        run()


LARGE = [
    ("Tile", {"repeats": [1, 10**9]}),
    ("OneHot", {"num_classes": 10**9}),
    ("Repeat", {"repeats": 10**9, "axis": 1}),
    ("Pad", {"pad_width": [[0, 0], [10**9, 0]]}),
    ("BroadcastTo", {"shape": [10**9, 10**9]}),
]


@pytest.mark.parametrize("row", LARGE, ids=str)
def test_large_outputs_cost_nothing_while_a_file_is_opened(row):
    tracemalloc.start()
    graph_of(*row).build()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize(
    "key", [[[0, 1]], ["x"], [True], [{"class_name": "__numpy__", "config": {"value": [0], "dtype": "int64"}}]]
)
def test_strange_indices_are_refused(key):
    with pytest.raises(core.KacaError):
        graph_of("GetItem", {}, args=[key]).build()
