"""Every property of every layer over tokens and time, and that every layer has a row."""

import recurrent_rows
import token_rows
from layer_properties import every_property, missing

from text.layers import LAYERS

ROWS = [*recurrent_rows.ROWS, *token_rows.ROWS]


@every_property(ROWS)
def test_layer(row, check):
    check(row)


def test_every_layer_has_a_row():
    assert not missing(LAYERS, ROWS)
