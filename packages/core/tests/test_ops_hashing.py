"""Hashes against TensorFlow's, for every length at which the algorithm takes another way."""

import numpy as np
import pytest
import tensorflow as tf

from core.ops.hashing import bucket, farm_hash

TEXTS = [bytes(np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8)) for size in range(280)]
MANY = 2**62 + 7


def test_farm_hash():
    expected = tf.strings.to_hash_bucket_fast(TEXTS, MANY).numpy()
    assert [bucket(text, MANY) for text in TEXTS] == expected.tolist()


@pytest.mark.parametrize("key", [(0, 0), (1, 2**63 - 1), (123456789, 987654321)])
def test_sip_hash(key):
    expected = tf.strings.to_hash_bucket_strong(TEXTS, MANY, key).numpy()
    assert [bucket(text, MANY, key) for text in TEXTS] == expected.tolist()


def test_the_empty_text():
    assert farm_hash(b"") == 0x9AE16A3B2F90404F
