"""A corpus of saved models: random graphs of layers over images give Keras' numbers, in both of Keras' formats."""

import pytest
from graphs import check_corpus
from image_graphs import IMAGES


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_random_graphs():
    assert check_corpus(IMAGES, examples=75) >= 50
