"""The gradients of the raw operations of Functional models, against TensorFlow's gradients and central differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from compare_gradients import check_gradients
from keras import ops
from same_layer import same_layer

import core
from core.keras_ops import OPERATIONS

SHAPE = (3, 4, 6)
act = keras.activations
CONSTANT = np.linspace(0.5, 1.5, 6)

ONE = {
    "times and plus": lambda x: x * 2 + 1,
    "one over": lambda x: 1 / (x + 10.0) - (1 - x),
    "negative and abs": lambda x: -x * abs(x),
    "power": lambda x: x**2 + abs(x) ** 0.5 + 2.0**x,
    "modulo": lambda x: x % 0.75 + (x // 0.3) * x,
    "constants": lambda x: ops.add(x, CONSTANT) * CONSTANT,
    "slices": lambda x: x[:, 1:, ::2],
    "last": lambda x: x[:, -1] * x[..., None][:, 0, :, 0],
    "reverse": lambda x: x[:, ::-1, 1:-1],
    "nested": lambda x: (x[:, 0] + x[:, 1]) * ops.sum(x, axis=1) / (1 + ops.exp(-x[:, 2])),
    "sum": lambda x: ops.sum(x, axis=(0, 2)),
    "mean": lambda x: ops.mean(x, axis=1),
    "mean of all": lambda x: x - ops.mean(x),
    "mean keepdims": lambda x: x * ops.mean(x, axis=(1, 2), keepdims=True),
    "var": lambda x: ops.var(x, axis=-1),
    "std": lambda x: ops.std(x, axis=[1, 2]),
    "max": lambda x: ops.max(x, axis=1),
    "max with initial": lambda x: ops.max(x, axis=1, initial=0.5),
    "min": lambda x: ops.min(x, axis=1, keepdims=True),
    "amax": lambda x: ops.amax(x, axis=1) - ops.amin(x, axis=1),
    "prod": lambda x: ops.prod(x, axis=1),
    "prod of two axes": lambda x: ops.prod(x, axis=(0, 2)),
    "logsumexp": lambda x: ops.logsumexp(x, axis=1),
    "average": lambda x: ops.average(x, axis=1),
    "average by weights": lambda x: ops.average(x, axis=2, weights=CONSTANT),
    "ptp": lambda x: ops.ptp(x, axis=1),
    "moments": lambda x: list(ops.moments(x, axes=[1])),
    "norm": lambda x: ops.norm(x, axis=-1),
    "norm 1": lambda x: ops.norm(x, ord=1, axis=-1, keepdims=True),
    "norm of matrices": lambda x: ops.norm(x, axis=(1, 2)),
    "normalize": lambda x: ops.normalize(x, axis=-1),
    "reshape": lambda x: ops.reshape(x, (-1, 24)),
    "transpose": lambda x: ops.transpose(x, (2, 0, 1)),
    "swapaxes": lambda x: ops.swapaxes(x, 1, 2),
    "moveaxis": lambda x: ops.moveaxis(x, 1, -1),
    "expand and squeeze": lambda x: ops.expand_dims(ops.squeeze(x[:, :1], axis=1), 1),
    "flip": lambda x: ops.flip(x, axis=1),
    "roll": lambda x: ops.roll(x, 2, axis=1),
    "rot90": lambda x: ops.rot90(x, axes=(1, 2)),
    "split": lambda x: ops.split(x, 2, axis=1)[1],
    "split at": lambda x: list(ops.split(x, [1, 3], axis=2)),
    "unstack": lambda x: ops.unstack(x, axis=1),
    "tile": lambda x: ops.tile(x, (1, 2, 1)),
    "repeat": lambda x: ops.repeat(x, 3, axis=1),
    "repeat each": lambda x: ops.repeat(x, [1, 2, 0, 1], axis=1),
    "pad": lambda x: ops.pad(x, [[0, 0], [1, 2], [0, 1]]),
    "pad constant": lambda x: ops.pad(x, [[0, 0], [1, 2], [0, 1]], constant_values=2.5),
    "pad reflect": lambda x: ops.pad(x, [[0, 0], [1, 2], [0, 1]], mode="reflect"),
    "pad symmetric": lambda x: ops.pad(x, [[0, 0], [1, 2], [0, 1]], mode="symmetric"),
    "broadcast": lambda x: ops.broadcast_to(x[:, :1], (3, 4, 6)),
    "diagonal": lambda x: ops.diagonal(x, axis1=1, axis2=2),
    "triangles": lambda x: ops.tril(x, -1) + 2 * ops.triu(x, 1),
    "ravel": ops.ravel,
    "take": lambda x: ops.take(x, np.array([0, -1, 2, 0]), axis=1),
    "top k": lambda x: ops.top_k(x, 3)[0],
    "sort": lambda x: ops.sort(x, axis=1),
    "cumsum": lambda x: ops.cumsum(x, axis=1),
    "cumprod": lambda x: ops.cumprod(x, axis=-1),
    "diff": lambda x: ops.diff(x, axis=1),
    "diff twice": lambda x: ops.diff(x, n=2, axis=-1),
    "one hot": lambda x: ops.cast(ops.one_hot(ops.argmax(x, axis=-1), 6), "float64") * x,
    "cast": lambda x: ops.cast(ops.cast(x > 0, "float64") * x, "float64"),
    "likeness": lambda x: (ops.ones_like(x) + ops.zeros_like(x) + ops.full_like(x, 2.5)) * x,
    "clip": lambda x: ops.clip(x, -0.5, 0.5),
    "steps": lambda x: (ops.round(x * 3) + ops.floor(x) + ops.ceil(x) + ops.trunc(x * 3) + ops.sign(x)) * x,
    "roots": lambda x: ops.square(x) + ops.sqrt(abs(x)) + ops.rsqrt(abs(x) + 1) + ops.cbrt(x),
    "exponents": lambda x: ops.exp(x) + ops.expm1(x) + ops.exp2(x),
    "logarithms": lambda x: ops.log(abs(x)) + ops.log1p(abs(x)) + ops.log2(abs(x) + 1) + ops.log10(abs(x) + 1),
    "trigonometry": lambda x: ops.sin(x) + ops.cos(x) + ops.tan(x / 4) + ops.arctan(x) + ops.arcsin(x / 4) + ops.arccos(x / 4),
    "hyperbolics": lambda x: ops.tanh(x) + ops.sinh(x) + ops.cosh(x) + ops.arcsinh(x) + ops.arctanh(x / 4),
    "reciprocal": lambda x: ops.arccosh(2 + abs(x)) + ops.reciprocal(x + 9.0) + ops.erf(x) + ops.nan_to_num(x),
    "logic": lambda x: ops.where(ops.logical_and(x > -1, ops.logical_not(x > 1)), x, x * x),
    "where": lambda x: ops.where(x > 0, x, 0.25),
    "einsum": lambda x: ops.einsum("btc,bsc->bts", x, x),
    "einsum dots": lambda x: ops.einsum("...c,cd->...d", x, np.eye(6, 5) + 0.5),
    "einsum sum": lambda x: ops.einsum("bij->b", x),
    "einsum without arrow": lambda x: ops.einsum("bij", x),
    "matmul": lambda x: x @ ops.transpose(x, (0, 2, 1)),
    "matmul with a vector": lambda x: x @ CONSTANT,
    "matmul with a shared matrix": lambda x: ops.matmul(x, np.ones((6, 2))),
    "tensordot": lambda x: ops.tensordot(x, x, axes=[[1, 2], [1, 2]]),
    "tensordot of one": lambda x: ops.tensordot(x, np.ones((6, 2)), axes=1),
    "dot": lambda x: ops.dot(x, np.linspace(0, 1, 12).reshape(6, 2)),
    "relu": ops.relu,
    "activations": lambda x: ops.sigmoid(x) + ops.silu(x) + ops.softplus(x) + ops.elu(x, 0.7) + ops.selu(x) + ops.hard_sigmoid(x),
    "more activations": lambda x: ops.relu6(x) + ops.celu(x, 0.6) + ops.softsign(x) + ops.log_sigmoid(x) + ops.squareplus(x),
    "shrinks": lambda x: ops.soft_shrink(x, 0.3) + ops.hard_shrink(x, 0.3) + ops.tanh_shrink(x) + ops.threshold(x, 0.1, -3.0),
    "gelu": lambda x: ops.gelu(x) + ops.gelu(x, approximate=False) + act.gelu(x),
    "leaky": lambda x: ops.leaky_relu(x, 0.1) + act.leaky_relu(x),
    "relu with options": lambda x: act.relu(x, negative_slope=0.1, max_value=1.5, threshold=0.2),
    "sparse": lambda x: ops.sparse_plus(x) + ops.sparse_sigmoid(x) + ops.hard_silu(x) + ops.hard_tanh(x),
    "glu": lambda x: ops.glu(x, axis=1),
    "softmax": lambda x: ops.softmax(x, axis=1) + act.softmax(x),
    "log softmax": lambda x: ops.log_softmax(x) + act.log_softmax(x, axis=1),
    "layer norm": lambda x: ops.layer_normalization(x, np.full(6, 2.0), np.ones(6), epsilon=1e-3),
    "layer norm over time": lambda x: ops.layer_normalization(x, axis=1),
    "rms norm": lambda x: ops.rms_normalization(x, np.full(6, 2.0)),
    "batch norm": lambda x: ops.batch_normalization(x, np.zeros(6), np.full(6, 2.0), axis=-1, scale=CONSTANT),
    "attention": lambda x: ops.dot_product_attention(*[ops.reshape(x, (-1, 4, 2, 3))] * 3, is_causal=True),
}  # fmt: skip

TWO = {
    "add": lambda x, y: x + y * y[:, :1],
    "concatenate": lambda x, y: ops.concatenate([x, y, x], axis=-1),
    "stack": lambda x, y: ops.stack([x, y], axis=1),
    "hstack": lambda x, y: ops.hstack([x, y]) + ops.hstack([y, x]) ** 2,
    "vstack": lambda x, y: ops.vstack([x, y]),
    "append": lambda x, y: ops.append(x, y, axis=2),
    "maximum": lambda x, y: ops.maximum(x, y) - ops.minimum(x, y) ** 2 + ops.maximum(x, 0.1),
    "compare": lambda x, y: ops.cast(x > y, "float64") * x + ops.cast(x != y, "float64") * y,
    "where": lambda x, y: ops.where(x >= y, x, y[:, :1]),
    "divide": lambda x, y: x / (y + 9.0) + ops.divide_no_nan(x, ops.where(y > 0, y + 1, 0.0)),
    "power": lambda x, y: abs(x) ** y,
    "subtract": lambda x, y: ops.subtract(x1=x, x2=y),
    "matmul": lambda x, y: ops.matmul(x, ops.swapaxes(y, -1, -2)),
    "matmul of vectors": lambda x, y: ops.matmul(x[0, 0], ops.transpose(y[0])) + ops.matmul(x[0], y[1, 1]),
    "matmul broadcast": lambda x, y: ops.matmul(x, ops.transpose(y[0])),
    "dot": lambda x, y: ops.dot(x, ops.swapaxes(y, 1, 2)),
    "inner and outer": lambda x, y: ops.inner(x, y)[:, :, 0, 0] + ops.outer(x[0, :3, 0], y[0, :, 0]),
    "vdot": lambda x, y: x * ops.vdot(x, y),
    "einsum": lambda x, y: ops.einsum("btc,bsd->bts", x, y),
    "einsum of three": lambda x, y: ops.einsum("btc,bsc,bsd->btd", x, y, x),
    "einsum with dots": lambda x, y: ops.einsum("...ij,...kj->...ik", x, y[0]),
    "tensordot": lambda x, y: ops.tensordot(x, y, axes=[[2, 1], [2, 1]]),
    "along": lambda x, y: ops.take_along_axis(x, ops.argsort(y, axis=1), axis=1) * ops.sum(y),
    "index": lambda x, y: ops.take(x[0], ops.argmax(y, axis=-1), axis=1) * ops.sum(y),
    "logaddexp": lambda x, y: ops.logaddexp(x, y) + ops.arctan2(x, y) + ops.hypot(x, y),
    "cosine": lambda x, y: ops.sum(ops.normalize(x) * ops.normalize(y), axis=-1),
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


@pytest.mark.parametrize("name", ONE)
def test_gradients_of_operations(name):
    x = keras.Input(batch_shape=SHAPE, dtype="float64")
    check_gradients(keras.Model(x, ONE[name](x)), inputs(1)[0])


@pytest.mark.parametrize("name", TWO)
def test_gradients_of_operations_on_two_tensors(name):
    tensors = [keras.Input(batch_shape=SHAPE, dtype="float64") for _ in range(2)]
    check_gradients(keras.Model(tensors, TWO[name](*tensors)), inputs(2))


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
    model = keras.Model(x, TIES[name](x))
    tensor = tf.constant(values)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        y = model(tensor)
        loss = tf.reduce_sum(y * y)
    _, backward = same_layer(model, SHAPE).learn(values)
    np.testing.assert_allclose(backward(2 * y.numpy())[0], tape.gradient(loss, tensor), rtol=0, atol=1e-12)


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
