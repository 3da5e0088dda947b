"""Rows of layers that make one tensor of several."""

import keras
from rows import Row

LAYERS = keras.layers
ROWS = [
    *(
        Row(layer, {}, shapes)
        for layer in (LAYERS.Add, LAYERS.Average, LAYERS.Multiply, LAYERS.Maximum, LAYERS.Minimum)
        for shapes in ([(3, 4, 2)] * 2, [(3, 4, 2)] * 3, [(3, 4, 2), (3, 1, 2)], [(3, 4, 2), (3, 2)])
    ),
    Row(LAYERS.Subtract, {}, [(3, 4, 2), (3, 4, 1)]),
    Row(LAYERS.Concatenate, {}, [(3, 4, 2), (3, 4, 1), (3, 4, 5)]),
    Row(LAYERS.Concatenate, {"axis": 1}, [(3, 4, 2), (3, 1, 2)]),
    Row(LAYERS.Dot, {"axes": (2, 1)}, [(3, 4, 2), (3, 2, 5)]),
    Row(LAYERS.Dot, {"axes": 1, "normalize": True}, [(3, 4), (3, 4)]),
    Row(LAYERS.Dot, {"axes": (1, 2), "normalize": True}, [(3, 4, 2), (3, 2, 4)]),
]
