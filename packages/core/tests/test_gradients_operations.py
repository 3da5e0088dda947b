"""The gradients of the raw operations of Functional models, against TensorFlow's gradients and central differences."""

import keras
import numpy as np
import pytest
from compare_gradients import check_gradients, check_ties
from keras import ops
from operation_rows import CONSTANT, ONE, SHAPE, TWO
from same_layer import same_layer

import core
from core.keras_ops import OPERATIONS

#: Beside the rows of the table, which are run forward too; the number of rows is known here.
OF_ONE = ONE | {
    "broadcast": lambda x: ops.broadcast_to(x[:, :1], (3, 4, 6)),
    "top k": lambda x: ops.top_k(x, 3)[0],
    "one hot": lambda x: ops.cast(ops.one_hot(ops.argmax(x, axis=-1), 6), "float64") * x,
    "cast": lambda x: ops.cast(ops.cast(x > 0, "float64") * x, "float64"),
    "logic": lambda x: ops.where(ops.logical_and(x > -1, ops.logical_not(x > 1)), x, x * x),
    "tensordot": lambda x: ops.tensordot(x, x, axes=[[1, 2], [1, 2]]),
    "transpose of rows": lambda x: ops.transpose(x, (2, 0, 1)),
    "times its mean": lambda x: x * ops.mean(x, axis=(1, 2), keepdims=True),
    "prod of two axes": lambda x: ops.prod(x, axis=(0, 2)),
    "rot90": lambda x: ops.rot90(x, axes=(1, 2)),
    "einsum without arrow": lambda x: ops.einsum("bij", x),
    "matmul with a vector": lambda x: x @ CONSTANT,
    "matmul with a shared matrix": lambda x: ops.matmul(x, np.ones((6, 2))),
    "batch norm with a scale": lambda x: ops.batch_normalization(
        x, np.zeros(6), np.full(6, 2.0), axis=-1, scale=np.linspace(0.5, 1.5, 6)
    ),
    "layer norm over time": lambda x: ops.layer_normalization(x, axis=1),
}  # fmt: skip

OF_TWO = TWO | {
    "times a column": lambda x, y: x + y * y[:, :1],
    "compare": lambda x, y: ops.cast(x > y, "float64") * x + ops.cast(x != y, "float64") * y,
    "where": lambda x, y: ops.where(x >= y, x, y[:, :1]),
    "divide": lambda x, y: x / (y + 9.0) + ops.divide_no_nan(x, ops.where(y > 0, y + 1, 0.0)),
    "einsum": lambda x, y: ops.einsum("btc,bsd->bts", x, y),
    "along": lambda x, y: ops.take_along_axis(x, ops.argsort(y, axis=1), axis=1) * ops.sum(y),
    "index": lambda x, y: ops.take(x[0], ops.argmax(y, axis=-1), axis=1) * ops.sum(y),
    "vstack": lambda x, y: ops.vstack([x, y]),
    "matmul of vectors": lambda x, y: ops.matmul(x[0, 0], ops.transpose(y[0])) + ops.matmul(x[0], y[1, 1]),
    "matmul broadcast": lambda x, y: ops.matmul(x, ops.transpose(y[0])),
    "dot": lambda x, y: ops.dot(x, ops.swapaxes(y, 1, 2)),
    "inner and outer": lambda x, y: ops.inner(x, y)[:, :, 0, 0] + ops.outer(x[0, :3, 0], y[0, :, 0]),
    "vdot": lambda x, y: x * ops.vdot(x, y),
    "einsum of three": lambda x, y: ops.einsum("btc,bsc,bsd->btd", x, y, x),
    "einsum with dots": lambda x, y: ops.einsum("...ij,...kj->...ik", x, y[0]),
    "tensordot": lambda x, y: ops.tensordot(x, y, axes=[[2, 1], [2, 1]]),
    "average": lambda x, y: ops.average(x, axis=1, weights=ops.square(y)),
    "layer norm": lambda x, y: ops.layer_normalization(x, y[0, 0], y[0, 1]),
    "rms norm": lambda x, y: ops.rms_normalization(x, y[0, 0]),
    "batch norm": lambda x, y: ops.batch_normalization(x, y[0, 0], ops.square(y[0, 1]), -1, y[0, 2], y[0, 3]),
    "attention": lambda x, y: ops.dot_product_attention(
        ops.reshape(x, (-1, 4, 2, 3)), ops.reshape(y, (-1, 4, 2, 3)), ops.reshape(x * y, (-1, 4, 2, 3)),
        mask=np.tri(4, 4, 1, dtype=bool)[None, None], bias=y[0, :, :4], scale=0.7,
    ),
}  # fmt: skip


def inputs(count):
    rng = np.random.default_rng(3)
    return [rng.normal(size=SHAPE) for _ in range(count)]


@pytest.mark.parametrize("name", OF_ONE)
def test_gradients_of_operations(name):
    x = keras.Input(batch_shape=SHAPE, dtype="float64")
    check_gradients(keras.Model(x, OF_ONE[name](x)), inputs(1)[0])


@pytest.mark.parametrize("name", OF_TWO)
def test_gradients_of_operations_on_two_tensors(name):
    tensors = [keras.Input(batch_shape=SHAPE, dtype="float64") for _ in range(2)]
    check_gradients(keras.Model(tensors, OF_TWO[name](*tensors)), inputs(2))


TIES = {
    "max": lambda x: ops.max(x, axis=1),
    "min": lambda x: ops.min(x, axis=2),
    "maximum": lambda x: ops.maximum(x, 1.0) + ops.minimum(x, 1.0) ** 2,
    "abs": abs,
    "prod": lambda x: ops.prod(x, axis=1),
    "clip": lambda x: ops.clip(x, 0.0, 1.0),
    "relu": ops.relu,
    "power": lambda x: x**2,
    "stop": lambda x: ops.convert_to_tensor(x) * ops.stop_gradient(x),
}


@pytest.mark.parametrize("name", TIES)
def test_where_there_is_no_slope_tensorflow_says_what_it_is(name):
    values = np.random.default_rng(3).integers(0, 3, size=SHAPE).astype(np.float64)
    x = keras.Input(batch_shape=SHAPE, dtype="float64")
    check_ties(keras.Model(x, TIES[name](x)), values)


def test_every_operation_has_a_derivative_but_those_that_say_so():
    assert [name for name, operation in OPERATIONS.items() if operation.gradient is None] == ["Median"]
    x = keras.Input(batch_shape=SHAPE, dtype="float64")
    opened = same_layer(keras.Model(x, ops.median(x, axis=1)), SHAPE)
    with pytest.raises(core.UnsupportedLayerError, match="gradient of a Median is not known"):
        opened.learn(inputs(1)[0])


def test_whole_numbers_learn_nothing():
    x, ids = keras.Input((4,), dtype="float64"), keras.Input((4,), dtype="int32")
    model = keras.Model([x, ids], x * ops.cast(ids + 1, "float64"))
    _, backward = same_layer(model, [(2, 4), (2, 4)]).learn([np.ones((2, 4)), np.arange(8).reshape(2, 4)])
    dx, none = backward(np.ones((2, 4)))[0]
    assert none is None
    np.testing.assert_array_equal(dx, np.arange(1, 9).reshape(2, 4))
