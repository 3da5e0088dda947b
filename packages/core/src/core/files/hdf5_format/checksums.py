"""The two checksums of HDF5: Jenkins' lookup3 of its structure, and Fletcher's of the numbers in a chunk.

Sources: https://burtleburtle.net/bob/c/lookup3.c (hashlittle); J. G. Fletcher, "An Arithmetic Checksum for Serial
Transmissions", 1982.
"""

from __future__ import annotations

import struct

import numpy as np

_ALL = 0xFFFFFFFF
_START = 0xDEADBEEF
#: Words summed at a time: their weighted sum still fits into 64 bits.
_WORDS = 2**15
_MODULUS = 65535


def lookup3(data: bytes) -> int:
    """Compute the checksum of a piece of structure; all steps are modulo 2**32."""
    a = b = c = (_START + len(data)) & _ALL
    if not data:
        return c
    words = struct.unpack(f"<{-(-len(data) // 12) * 3}I", data + bytes(-len(data) % 12))
    for index in range(0, len(words) - 3, 3):
        a, b, c = a + words[index] & _ALL, b + words[index + 1] & _ALL, c + words[index + 2] & _ALL
        a = (a - c & _ALL) ^ (c << 4 & _ALL | c >> 28)
        c = c + b & _ALL
        b = (b - a & _ALL) ^ (a << 6 & _ALL | a >> 26)
        a = a + c & _ALL
        c = (c - b & _ALL) ^ (b << 8 & _ALL | b >> 24)
        b = b + a & _ALL
        a = (a - c & _ALL) ^ (c << 16 & _ALL | c >> 16)
        c = c + b & _ALL
        b = (b - a & _ALL) ^ (a << 19 & _ALL | a >> 13)
        a = a + c & _ALL
        c = (c - b & _ALL) ^ (b << 4 & _ALL | b >> 28)
        b = b + a & _ALL
    a, b, c = a + words[-3] & _ALL, b + words[-2] & _ALL, c + words[-1] & _ALL
    c = (c ^ b) - (b << 14 & _ALL | b >> 18) & _ALL
    a = (a ^ c) - (c << 11 & _ALL | c >> 21) & _ALL
    b = (b ^ a) - (a << 25 & _ALL | a >> 7) & _ALL
    c = (c ^ b) - (b << 16 & _ALL | b >> 16) & _ALL
    a = (a ^ c) - (c << 4 & _ALL | c >> 28) & _ALL
    b = (b ^ a) - (a << 14 & _ALL | a >> 18) & _ALL
    return (c ^ b) - (b << 24 & _ALL | b >> 8) & _ALL


def fletcher32(data: bytes | bytearray) -> int:
    """Compute the checksum of a chunk: the sum of its 16-bit words, and the sum of all partial sums, modulo 65535."""
    words = np.frombuffer(bytes(data) + bytes(len(data) % 2), ">u2")
    total = weighted = 0
    for start in range(0, len(words), _WORDS):
        part = words[start : start + _WORDS].astype(np.uint64)
        weighted += total * len(part) + int(part @ np.arange(len(part), 0, -1, dtype=np.uint64))
        total += int(part.sum())
    return _folded(weighted) << 16 | _folded(total)


def _folded(value: int) -> int:
    """Return a sum modulo 65535 as its 16-bit halves add up to it: a multiple is 65535, and only nothing is 0."""
    return (value - 1) % _MODULUS + 1 if value else 0
