"""Predictions beside Keras' own over many more random graphs than the quick tests draw, half of them with rows that mix.

Slow, so they run in ``nox -s full`` only; the environment variable KACA_EXAMPLES says how many graphs (300).
"""

import os

import pytest
from compare_predictions import check_many_predictions, with_mixing
from graphs import Recipe
from image_graphs import BOTH
from token_graphs import SEQUENCES

EXAMPLES = int(os.environ.get("KACA_EXAMPLES", "300"))


@pytest.mark.parametrize("mixing", [True, False], ids=["mixing", "plain"])
@pytest.mark.parametrize("recipe", [Recipe(), BOTH, SEQUENCES], ids=["core", "images", "tokens"])
# A nested model takes no mask, and Keras says so.
@pytest.mark.filterwarnings("ignore:.*was passed an input with a mask:UserWarning")
@pytest.mark.timeout(7200)
def test_random_graphs(recipe, mixing):
    kinds = check_many_predictions(with_mixing(recipe) if mixing else recipe, EXAMPLES // 4)
    assert sum(kinds) >= EXAMPLES // 8
