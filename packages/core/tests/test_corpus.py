"""A corpus of saved models: random graphs of core's layers and operations give Keras' numbers, in both of Keras' formats."""

import pytest
from graphs import Recipe, check_corpus


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_random_graphs():
    assert check_corpus(Recipe(), examples=75) >= 50
