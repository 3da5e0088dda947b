"""A corpus of saved models: random graphs of layers over tokens and time give Keras' numbers, in both of Keras' formats."""

import pytest
from graphs import check_corpus
from token_graphs import SEQUENCES


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
# A nested model takes no mask, and Keras says so.
@pytest.mark.filterwarnings("ignore:.*was passed an input with a mask:UserWarning")
def test_random_graphs():
    assert check_corpus(SEQUENCES, examples=75) >= 50
