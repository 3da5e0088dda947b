"""Every layer and operation that Keras has is either there or refused with the reason."""

import importlib
import inspect

import keras
import pytest
from keras.src.ops.operation import Operation

import core
from core.keras_ops import OPERATIONS
from core.layers.registry import find_layer

LAYERS = sorted({layer.__name__ for layer in vars(keras.layers).values() if inspect.isclass(layer)})

#: What is not there, and a word of the reason that is given.
REFUSED = {
    "FlaxLayer": "a program for JAX",
    "InputSpec": "not a layer",
    "JaxLayer": "a program for JAX",
    "Lambda": "bytecode",
    "Layer": "base of other layers",
    "MelSpectrogram": "sound",
    "STFTSpectrogram": "sound",
    "TFSMLayer": "TensorFlow program",
    "TorchModuleWrapper": "unpickles",
    "Wrapper": "base of other layers",
}


def test_there_are_layers():
    assert len(LAYERS) > 120


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer(name):
    if name in REFUSED:
        with pytest.raises(core.UnsupportedLayerError, match=REFUSED[name]):
            find_layer(name, "keras.layers")
    else:
        assert issubclass(find_layer(name, "keras.layers"), core.Layer)


@pytest.mark.parametrize("module", ["core", "numpy", "nn", "math", "linalg", "image"])
def test_operations_are_known_or_named(module):
    library = importlib.import_module(f"keras.src.ops.{module}")
    theirs = [
        name
        for name, kind in vars(library).items()
        if inspect.isclass(kind) and issubclass(kind, Operation) and kind.__module__ == library.__name__
    ]
    for name in theirs:
        if name in OPERATIONS:
            assert find_layer(name, library.__name__) is OPERATIONS[name]
        else:
            with pytest.raises(core.UnsupportedLayerError, match=f"operation {name} is not one that Kaca knows"):
                find_layer(name, library.__name__)


def test_keras_keeps_each_operation_where_we_say():
    for name, operation in OPERATIONS.items():
        assert hasattr(importlib.import_module(operation.file_format.module), name)
