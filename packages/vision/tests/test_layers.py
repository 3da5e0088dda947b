"""Every property of every layer over images, and that every layer has a row."""

import augmentation_rows
import image_rows
import video_rows
from layer_properties import every_property, missing

from vision.layers import LAYERS

ROWS = [*image_rows.ROWS, *video_rows.ROWS, *augmentation_rows.ROWS]


@every_property(ROWS)
def test_layer(row, check):
    check(row)


def test_every_layer_has_a_row():
    # Keras cannot put an Equalization in a model.
    assert missing(LAYERS, ROWS) == {"Equalization"}
