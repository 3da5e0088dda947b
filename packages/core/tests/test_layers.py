"""Every property of every layer of core, and that every layer has a row."""

import attention_rows
import elementwise_rows
import merging_rows
import pytest
import spatial_rows
from layer_properties import every_property, missing

from core.layers import LAYERS
from core.ops.activations import DERIVATIVES

ROWS = [*elementwise_rows.ROWS, *spatial_rows.ROWS, *merging_rows.ROWS, *attention_rows.ROWS]


@pytest.mark.filterwarnings("ignore:You passed `rms_scaling=True`")
# Keras' grouped attention hands its masks on to its projections, which say that they drop them.
@pytest.mark.filterwarnings("ignore:.*was passed an input with a mask:UserWarning")
@pytest.mark.filterwarnings("ignore:Exception encountered when calling:UserWarning")
@every_property(ROWS)
def test_layer(row, check):
    check(row)


def test_every_layer_has_a_row():
    # Keras 3 knows the rest; of the others see test_layers_of_keras2.py; an Input stands in front of every row.
    assert missing(LAYERS, ROWS) == {"LocallyConnected1D", "LocallyConnected2D", "InputLayer"}
    known = {function.__name__ for function in DERIVATIVES} - {"hard_sigmoid_keras2", "threshold"}
    assert not known - {*elementwise_rows.ACTIVATIONS}
