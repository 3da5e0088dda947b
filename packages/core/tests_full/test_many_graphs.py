"""Many more random graphs than the quick tests draw, with the layers of all packages in one graph.

Slow, so they run in ``nox -s full`` only; the environment variable KACA_EXAMPLES says how many graphs (300).
"""

import os

import pytest
from graphs import Recipe, check_corpus
from image_graphs import BOTH, IMAGES
from token_graphs import SEQUENCES

EXAMPLES = int(os.environ.get("KACA_EXAMPLES", "300"))
EVERYTHING = Recipe(
    steps={rank: IMAGES.steps.get(rank, []) + SEQUENCES.steps.get(rank, []) for rank in (2, 3, 4)},
    inputs=IMAGES.inputs | SEQUENCES.inputs,
    ids=SEQUENCES.ids,
    length=(4, 14),
)


@pytest.mark.parametrize("recipe", [Recipe(), BOTH, SEQUENCES, EVERYTHING], ids=["core", "images", "tokens", "all"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
# A nested model takes no mask, and Keras says so.
@pytest.mark.filterwarnings("ignore:.*was passed an input with a mask:UserWarning")
@pytest.mark.timeout(7200)
def test_random_graphs(recipe):
    assert check_corpus(recipe, EXAMPLES) >= EXAMPLES // 2
