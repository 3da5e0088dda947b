"""Two data sets are the same if and only if their fingerprints are: a hash of types, shapes and contents, in order."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import numpy.typing as npt


def fingerprint(*arrays: npt.NDArray[Any]) -> str:
    """Hash arrays of numbers or of strings; 16 hexadecimal digits (64 bits) of SHA-256."""
    digest = hashlib.sha256()
    for array in arrays:
        if array.dtype.kind in "OUT":
            digest.update(json.dumps(array.tolist()).encode())
        else:
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]


def fingerprint_of_record(record: Any) -> str:
    """Hash anything that JSON can hold, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:16]
