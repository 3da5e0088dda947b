"""Normalization by groups against its definition, and the gradient of what was broadcast against plain sums."""

import numpy as np
import pytest

from core.ops.broadcasting import unbroadcast
from core.ops.normalization import group_normalization


@pytest.mark.parametrize("examples", [0, 3])
@pytest.mark.parametrize("axis", [1, 3])
def test_group_normalization_is_its_definition(examples, axis):
    x = np.random.default_rng(0).normal(size=(examples, 6, 4, 6))
    y, backward = group_normalization(x, axis, 2, 1e-3)
    for half in (slice(0, 3), slice(3, 6)):
        group = (slice(None), *(slice(None),) * (axis - 1), half)
        part = x[group].reshape(examples, 72)
        expected = (part - part.mean(axis=1, keepdims=True)) / np.sqrt(part.var(axis=1, keepdims=True) + 1e-3)
        np.testing.assert_allclose(y[group].reshape(examples, 72), expected, rtol=0, atol=1e-12)
    assert backward(y)[0].shape == x.shape


@pytest.mark.parametrize("shape", [(), (5,), (4, 5), (1, 5), (3, 1, 5), (3, 4, 1), (1, 4, 1), (3, 4, 5), (1, 1, 1)])
def test_what_was_broadcast_is_summed_up_again(shape):
    gradient = np.random.default_rng(0).normal(size=(3, 4, 5))
    positions = np.broadcast_to(np.arange(np.prod(shape, dtype=int)).reshape(shape), gradient.shape)
    expected = np.bincount(positions.ravel(), gradient.ravel()).reshape(shape)
    np.testing.assert_allclose(unbroadcast(gradient, shape), expected, rtol=0, atol=1e-12)
