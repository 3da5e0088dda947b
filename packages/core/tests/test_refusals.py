"""Whatever a layer raises, forward, predict, activations and learn raise an `InputError` that names it."""

import numpy as np
import pytest

import core
from core.keras_ops import OPERATIONS
from core.layers import LAYERS
from core.layers.input_layer import InputLayer


class Broken(core.Layer):
    """Raises what it is given."""

    def __init__(self, error, **common):
        super().__init__(**common)
        self.error = error

    def call(self, x):
        raise self.error

    def call_with_backward(self, x):
        return x, lambda dy: self.call(x)


ERRORS = [
    MemoryError("Unable to allocate 3.5 GiB"), ValueError("array is too big"), TypeError("no loop"), KeyError("x"),
    RecursionError("maximum recursion depth"), ZeroDivisionError("0"), IndexError("9"), OverflowError("34"),
    AttributeError("T"), core.UnsupportedLayerError("not this one"),
]  # fmt: skip
WAYS = {
    "forward": lambda model, x: model.forward(x),
    "predict_proba": lambda model, x: model.predict_proba(x),
    "activations": lambda model, x: model.activations(x),
    "learn": lambda model, x: model.learn(x)[1](np.ones((2, 3), np.float32)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("depth", [0, 2])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_a_layer_raises(error, depth, way):
    model = core.Sequential([Broken(error, name="culprit")], batch_shape=(None, 3))
    for _ in range(depth):
        model = core.Sequential([model], batch_shape=(None, 3))
    model.build()
    wanted = type(error) if isinstance(error, core.KacaError) else core.InputError
    with pytest.raises(wanted) as caught:
        WAYS[way](model, np.zeros((2, 3), np.float32))
    assert isinstance(error, core.KacaError) or "'culprit'" in str(caught.value)


@pytest.mark.parametrize("name", ["ReLU", "Softmax", "Flatten", "BatchNormalization", "LayerNormalization", "Dense"])
@pytest.mark.parametrize("way", ["forward", "predict_proba", "activations"])
def test_strings_where_numbers_are_meant(name, way):
    layer = LAYERS[name](3) if name == "Dense" else LAYERS[name]()
    model = core.Sequential([InputLayer((None, 3), dtype="string", name="input"), layer, LAYERS["Dense"](2)])
    model.build()
    model.initialize(0)
    with pytest.raises(core.InputError):
        WAYS[way](model, np.array([["a", "b", "c"]]))


def test_a_model_nested_beyond_the_stack():
    model = core.Sequential([LAYERS["ReLU"]()], batch_shape=(None, 3))
    for _ in range(400):
        model = core.Sequential([model], batch_shape=(None, 3))
    for way in ("forward", "predict_proba", "activations"):
        with pytest.raises(core.KacaError):
            _built_and_run(model, WAYS[way])


def _built_and_run(model, way):
    model.build()
    way(model, np.zeros((2, 3), np.float32))


class Fewer(core.Layer):
    """Gives one tensor where it announces two."""

    def compute_output_shape(self, *shapes):
        return [shapes[0], shapes[0]]

    def call(self, x):
        return [x]


@pytest.mark.parametrize("way", ["forward", "predict", "activations", "learn"])
@pytest.mark.parametrize("part", [Fewer, lambda: OPERATIONS["Unstack"](num=3, axis=1)])
def test_fewer_outputs_than_were_announced(part, way):
    model = core.Sequential([part()], batch_shape=(None, None))
    model.build()
    with pytest.raises(core.KacaError):
        getattr(model, way)(np.zeros((4, 2), np.float32))
