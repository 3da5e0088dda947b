"""The list of members of a zip archive, read whole before any member is: an archive that two readers could see as two
different ones is refused, and so is what nobody needs for a model (encryption, parts on other disks, rare packers).

Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from core.errors import ModelFileError
from core.files.budget import LARGEST_DIRECTORY, Budget

STORED, DEFLATED = 0, 8
#: Flags of a member: encrypted; its sizes follow its bytes instead of standing before them; its name is UTF-8.
ENCRYPTED, SIZES_FOLLOW, UTF8 = 1, 8, 0x800
#: A size or a position of more than 32 bits, which stands in an extra field.
WIDE = 2**32 - 1
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
#: The packers by name, for whoever must pack again.
_PACKERS = {1: "shrink", 6: "implode", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz", 98: "PPMd"}

_END = struct.Struct("<4s4H2IH")
_WIDE_END, _LOCATOR = struct.Struct("<4sQ2H2I4Q"), struct.Struct("<4sIQI")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LONGEST_COMMENT = 2**16 - 1
#: What begins the record at the end, and how many of them are looked at: a comment may be full of them.
_END_MARK, _MOST_MARKS = b"PK\5\6", 1_000
#: Work of reading one entry, in units of a budget.
_ENTRY_COST = 128


class Member(NamedTuple):
    """A file in the archive, as the list of members describes it; `start` is where its own header stands."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    start: int


class _Directory(NamedTuple):
    start: int
    size: int
    members: int
    #: Bytes before the archive: a position it states counts from their end.
    before: int


def has_end(file: BinaryIO) -> bool:
    """Return whether a file ends as a zip archive does, whatever stands before it."""
    try:
        _find_directory(file)
    except ModelFileError:
        return False
    return True


def read_members(file: BinaryIO, budget: Budget) -> list[Member]:
    """List the members of an archive. Raises `ModelFileError` for one that is damaged or not plainly one archive."""
    directory = _find_directory(file)
    if directory.size > LARGEST_DIRECTORY:
        raise ModelFileError(
            f"the archive lists its members in {directory.size:,} bytes, more than {LARGEST_DIRECTORY:,}"
        )
    file.seek(directory.start)
    data = file.read(directory.size)
    members = list(_entries(data, directory, budget))
    if len(members) != directory.members:
        raise ModelFileError(f"the archive says it has {directory.members:,} members, and lists {len(members):,}")
    for member in members:
        if member.flags & ENCRYPTED:
            raise ModelFileError(
                f"{member.name[:200]} is encrypted: unpack the archive, and pack it without a password"
            )
        if member.method not in {STORED, DEFLATED}:
            packer = _PACKERS.get(member.method, f"method {member.method}")
            raise ModelFileError(
                f"{member.name[:200]} is packed by {packer}: members must be stored, as Keras writes them, or deflated"
            )
        if member.method == STORED and member.packed != member.size:
            raise ModelFileError(
                f"{member.name[:200]} is stored as it is, but in {member.packed} bytes for {member.size}"
            )
    in_order = sorted(members, key=lambda member: member.start)
    ends = [member.start + LOCAL_HEADER.size + len(member.raw_name) + member.packed for member in in_order]
    for end, start in zip(ends, [*(member.start for member in in_order[1:]), directory.start], strict=False):
        if end > start:
            raise ModelFileError("the members of the archive lie over each other")
    return members


def _find_directory(file: BinaryIO) -> _Directory:
    """Find the list of members through the record at the end, behind which a comment (or a stray byte) may stand."""
    size = file.seek(0, io.SEEK_END)
    first = max(0, size - _END.size - _LONGEST_COMMENT - _LOCATOR.size - _WIDE_END.size)
    file.seek(first)
    tail = file.read()
    exact: list[int] = []
    others: list[int] = []
    position = tail.rfind(_END_MARK)
    while position >= 0:
        if position + _END.size <= len(tail):
            comment = int.from_bytes(tail[position + _END.size - 2 : position + _END.size], "little")
            (exact if position + _END.size + comment == len(tail) else others).append(position)
        position = tail.rfind(_END_MARK, 0, position)
    candidates: list[_Directory] = []
    for positions in (exact, others):  # a stray byte behind the end is forgiven
        found = (_directory_of(file, tail, position, first) for position in positions[:_MOST_MARKS])
        candidates = candidates or [directory for directory in found if directory is not None]
    if not candidates:
        raise ModelFileError("the archive has no end: it was cut, or is not a zip file")
    if len(candidates) > 1:
        raise ModelFileError("the archive has two ends, and might be read as two different archives")
    return candidates[0]


def _directory_of(file: BinaryIO, tail: bytes, position: int, first: int) -> _Directory | None:
    """Return the list of members that a record at `position` means; None where there is none."""
    _, disk, its_disk, here, count, size, offset, _ = _END.unpack_from(tail, position)
    end = first + position
    at = position - _LOCATOR.size - _WIDE_END.size
    if at >= 0 and tail[at : at + 4] == b"PK\6\6" and tail.startswith(b"PK\6\7", position - _LOCATOR.size):
        _, _, _, _, wide_disk, wide_its_disk, wide_here, wide_count, wide_size, wide_offset = _WIDE_END.unpack_from(
            tail, at
        )
        narrow = ((disk, wide_disk), (its_disk, wide_its_disk), (here, wide_here), (count, wide_count))
        if any(short not in {wide, 0xFFFF} for short, wide in narrow) or any(
            short not in {wide, WIDE} for short, wide in ((size, wide_size), (offset, wide_offset))
        ):
            return None
        disk, its_disk, here, count, size, offset = (
            wide_disk,
            wide_its_disk,
            wide_here,
            wide_count,
            wide_size,
            wide_offset,
        )
        end = first + at
    if disk or its_disk or here != count or size + offset > end:
        return None
    start = end - size
    file.seek(start)
    if count and file.read(4) != b"PK\1\2":
        return None
    return _Directory(start, size, count, start - offset)


def _entries(data: bytes, directory: _Directory, budget: Budget) -> Iterator[Member]:
    position = 0
    while position < len(data):
        budget.charge_work(_ENTRY_COST)
        if position + _ENTRY.size > len(data) or not data.startswith(b"PK\1\2", position):
            raise ModelFileError("the archive's list of members is damaged")
        (
            _, _, _, flags, method, _, _, checksum, packed, size, name_size, extra_size, comment_size, disk, _, _, start,
        ) = _ENTRY.unpack_from(data, position)  # fmt: skip
        begin = position + _ENTRY.size
        middle, end = begin + name_size, begin + name_size + extra_size
        raw_name, extra = data[begin:middle], data[middle:end]
        position = end + comment_size
        if position > len(data) or disk not in {0, 0xFFFF} or b"\0" in raw_name or not raw_name:
            raise ModelFileError("the archive's list of members is damaged")
        size, packed, start = widened(extra, size, packed, start)
        name = raw_name.decode("utf-8" if flags & UTF8 else "cp437", errors="replace")
        yield Member(name, raw_name, flags, method, checksum, packed, size, start + directory.before)


def widened(extra: bytes, *values: int) -> list[int]:
    """Replace the values that did not fit into 32 bits by those of the extra field made for them, in their order."""
    found = list(values)
    wide = [index for index, value in enumerate(values) if value == WIDE]
    position = 0
    while wide and position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == 1:
            field = extra[position + 4 : position + 4 + length]
            for index, start in zip(wide, range(0, len(field) - 7, 8), strict=False):
                found[index] = int.from_bytes(field[start : start + 8], "little")
            break
        position += 4 + length
    return found
