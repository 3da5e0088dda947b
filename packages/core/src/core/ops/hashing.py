"""Hashing puts any text in one of a fixed number of buckets, the same on every machine: FarmHash, and SipHash with a key.

All arithmetic is that of unsigned 64-bit integers. Sources: Geoff Pike's FarmHash, https://github.com/google/farmhash
(`farmhashna::Hash64`), and Aumasson and Bernstein 2012, https://www.aumasson.jp/siphash/siphash.pdf
"""

from __future__ import annotations

from collections.abc import Sequence

_MASK = 2**64 - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_SEED = 81
#: Multiplier of `join`, from MurmurHash2.
_JOIN = 0xC6A4A7935BD1E995


def bucket(text: bytes, count: int, key: Sequence[int] | None = None) -> int:
    """Return the bucket of a text, from 0 to count - 1."""
    return (farm_hash(text) if key is None else sip_hash(text, key)) % count


def farm_hash(text: bytes) -> int:
    """Return the 64-bit fingerprint of a text."""
    if len(text) <= 16:
        return _up_to_16(text)
    if len(text) <= 32:
        return _up_to_32(text)
    return _up_to_64(text) if len(text) <= 64 else _longer(text)


def join(first: int, second: int) -> int:
    """Return the fingerprint of two fingerprints, one after the other."""
    mixed = first ^ _JOIN ^ (_shift_mix(second * _JOIN & _MASK) * _JOIN & _MASK)
    mixed = mixed * _JOIN & _MASK
    return _shift_mix(_shift_mix(mixed) * _JOIN & _MASK)


def _fetch(text: bytes, position: int, size: int = 8) -> int:
    return int.from_bytes(text[position : position + size], "little")


def _rotate(value: int, by: int) -> int:
    """Rotate to the right."""
    value &= _MASK
    return (value >> by | value << (64 - by)) & _MASK


def _shift_mix(value: int) -> int:
    return value ^ value >> 47


def _mix(one: int, other: int, factor: int) -> int:
    first = _shift_mix((one ^ other) * factor & _MASK)
    second = _shift_mix((other ^ first) * factor & _MASK)
    return second * factor & _MASK


def _up_to_16(text: bytes) -> int:
    size = len(text)
    factor = _K2 + 2 * size & _MASK
    if size >= 8:
        a, b = _fetch(text, 0) + _K2 & _MASK, _fetch(text, size - 8)
        return _mix(_rotate(b, 37) * factor + a & _MASK, (_rotate(a, 25) + b) * factor & _MASK, factor)
    if size >= 4:
        return _mix(size + (_fetch(text, 0, 4) << 3), _fetch(text, size - 4, 4), factor)
    if size:
        y, z = text[0] + (text[size >> 1] << 8), size + (text[-1] << 2)
        return _shift_mix((y * _K2 ^ z * _K0) & _MASK) * _K2 & _MASK
    return _K2


def _up_to_32(text: bytes) -> int:
    size = len(text)
    factor = _K2 + 2 * size & _MASK
    a, b = _fetch(text, 0) * _K1, _fetch(text, 8)
    c, d = _fetch(text, size - 8) * factor, _fetch(text, size - 16) * _K2
    one = _rotate(a + b, 43) + _rotate(c, 30) + d
    return _mix(one & _MASK, a + _rotate(b + _K2, 18) + c & _MASK, factor)


def _up_to_64(text: bytes) -> int:
    size = len(text)
    factor = _K2 + 2 * size & _MASK
    a, b = _fetch(text, 0) * _K2 & _MASK, _fetch(text, 8)
    c, d = _fetch(text, size - 8) * factor, _fetch(text, size - 16) * _K2
    y = _rotate(a + b, 43) + _rotate(c, 30) + d & _MASK
    z = _mix(y, a + _rotate(b + _K2, 18) + c & _MASK, factor)
    e, f = _fetch(text, 16) * factor & _MASK, _fetch(text, 24)
    g, h = (y + _fetch(text, size - 32)) * factor & _MASK, (z + _fetch(text, size - 24)) * factor & _MASK
    one = _rotate(e + f, 43) + _rotate(g, 30) + h
    return _mix(one & _MASK, e + _rotate(f + a, 18) + g & _MASK, factor)


def _pair(text: bytes, position: int, a: int, b: int) -> tuple[int, int]:
    """Hash the 32 bytes from `position` on with two seeds."""
    w, x, y, z = (_fetch(text, position + 8 * step) for step in range(4))
    a += w
    b = _rotate(b + a + z, 21)
    start = a
    a += x + y
    return (a + z) & _MASK, (b + _rotate(a, 44) + start) & _MASK


def _longer(text: bytes) -> int:
    """Go through blocks of 64 bytes; the last one overlaps the one before it."""
    x, y = _SEED * _K2 + _fetch(text, 0) & _MASK, _SEED * _K1 + 113 & _MASK
    z = _shift_mix(y * _K2 + 113 & _MASK) * _K2 & _MASK
    v, w = (0, 0), (0, 0)
    left = (len(text) - 1) % 64
    for position in range(0, len(text) - 1 - left, 64):
        x, y, z, v, w = _block(text, position, x, y, z, v, w, _K1, 1)
    factor = _K1 + 2 * (z & 0xFF)
    w = (w[0] + left & _MASK, w[1])
    v = (v[0] + w[0] & _MASK, v[1])
    w = (w[0] + v[0] & _MASK, w[1])
    x, y, z, v, w = _block(text, len(text) - 64, x, y, z, v, w, factor, 9)
    one = _mix(v[0], w[0], factor) + _shift_mix(y) * _K0 + z
    return _mix(one & _MASK, _mix(v[1], w[1], factor) + x & _MASK, factor)


_Pair = tuple[int, int]


def _block(
    text: bytes, position: int, x: int, y: int, z: int, v: _Pair, w: _Pair, factor: int, weight: int
) -> tuple[int, int, int, _Pair, _Pair]:
    """Mix 64 bytes in; the last block has another factor, and weighs what is carried over."""
    x = _rotate(x + y + v[0] + _fetch(text, position + 8), 37) * factor & _MASK
    y = _rotate(y + v[1] + _fetch(text, position + 48), 42) * factor & _MASK
    x ^= w[1] * weight & _MASK
    y = y + v[0] * weight + _fetch(text, position + 40) & _MASK
    z = _rotate(z + w[0], 33) * factor & _MASK
    v = _pair(text, position, v[1] * factor & _MASK, x + w[0] & _MASK)
    w = _pair(text, position + 32, z + w[1] & _MASK, y + _fetch(text, position + 16) & _MASK)
    return z, y, x, v, w


def sip_hash(text: bytes, key: Sequence[int]) -> int:
    """SipHash-2-4: two rounds for each 8 bytes, four at the end; `key` is two 64-bit numbers."""
    k0, k1 = key
    v = [
        k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573,
    ]  # fmt: skip
    last = len(text) - len(text) % 8
    words = [_fetch(text, position) for position in range(0, last, 8)]
    words.append(_fetch(text, last) | (len(text) & 0xFF) << 56)
    for word in words:
        v[3] ^= word
        _round(v)
        _round(v)
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(4):
        _round(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _round(v: list[int]) -> None:
    """Mix the four words of the state in place."""
    v[0] = v[0] + v[1] & _MASK
    v[1] = _rotate(v[1], 64 - 13) ^ v[0]
    v[0] = _rotate(v[0], 32)
    v[2] = v[2] + v[3] & _MASK
    v[3] = _rotate(v[3], 64 - 16) ^ v[2]
    v[0] = v[0] + v[3] & _MASK
    v[3] = _rotate(v[3], 64 - 21) ^ v[0]
    v[2] = v[2] + v[1] & _MASK
    v[1] = _rotate(v[1], 64 - 17) ^ v[2]
    v[2] = _rotate(v[2], 32)
