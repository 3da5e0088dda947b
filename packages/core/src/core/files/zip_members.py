"""The members of a zip archive, each read in place: what its own header says must be what the list of members says,
its bytes must be as many as stated, and its checksum is compared.
"""

from __future__ import annotations

import io
import zlib
from typing import Any, BinaryIO, cast

from core.errors import ModelFileError
from core.files.budget import Allowance, Budget
from core.files.zip_directory import (
    DEFLATED,
    ENCRYPTED,
    LOCAL_HEADER,
    SIZES_FOLLOW,
    STORED,
    WIDE,
    Member,
    read_members,
    widened,
)

_JUNK = {".DS_Store", "Thumbs.db", "desktop.ini"}
_OPENED = 192  # work of opening one member, in units of a budget
_BLOCK = 2**16  # packed bytes that are unpacked at a time


class Zip:
    """A zip archive that is open for reading."""

    def __init__(self, file: BinaryIO, budget: Budget | None = None) -> None:
        self._file = file
        self.budget = budget or Budget.of(file)
        self.members = read_members(file, self.budget)
        self.budget.unpacked.require(sum(member.size for member in self.members if member.method == DEFLATED))

    def files(self) -> list[Member]:
        """List the members that somebody meant to pack: no folders, and nothing that a system adds by itself."""
        return [member for member in self.members if not _is_junk(member.name)]

    def stream(self, member: Member) -> Stream:
        """Open a member to read it from its beginning."""
        return Stream(self._file, member, self._start(member), self._allowance(member))

    def read(self, member: Member, limit: int) -> bytes:
        """Read one member whole, its checksum compared; `limit` is in bytes."""
        if member.size > limit:
            raise ModelFileError(f"{member.name} holds {member.size} bytes, more than the {limit} allowed")
        self.require(member)
        stream = self.stream(member)
        data = stream.read(member.size)
        stream.finish()
        return data

    def view(self, member: Member) -> BinaryIO:
        """Open a member as a file that can be read at any position: in place where stored, from memory where deflated."""
        if member.method == DEFLATED:
            return self._unpacked(member)
        part = _Slice(self._file, self._start(member), member.size)
        checksum = 0
        while block := part.read(2**20):
            self.budget.read.charge(len(block))
            checksum = zlib.crc32(block, checksum)
        if checksum != member.checksum:
            raise ModelFileError(f"{member.name} is damaged: its checksum does not match")
        part.seek(0)
        return cast(BinaryIO, io.BufferedReader(part))

    def require(self, member: Member) -> None:
        """Raise `ModelFileError` unless all of a member may still be read."""
        self._allowance(member).require(member.size)

    def _allowance(self, member: Member) -> Allowance:
        return self.budget.unpacked if member.method == DEFLATED else self.budget.read

    def _unpacked(self, member: Member) -> BinaryIO:
        self.budget.unpacked.require(member.size)
        unpacked = io.BytesIO()
        if member.size:  # made as large as it will be, so that it is in memory once
            unpacked.seek(member.size - 1)
            unpacked.write(b"\0")
        stream = self.stream(member)
        with unpacked.getbuffer() as target:
            stream.fill(target)
        stream.finish()
        return unpacked

    def _start(self, member: Member) -> int:
        """Return where the bytes of a member begin. Raises `ModelFileError` unless its own header agrees with the list."""
        self.budget.charge_work(_OPENED)
        self._file.seek(member.start)
        head = self._file.read(LOCAL_HEADER.size)
        if len(head) < LOCAL_HEADER.size or not head.startswith(b"PK\3\4"):
            raise ModelFileError(f"{member.name} is not where the archive says it is")
        _, _, flags, method, _, _, checksum, packed, size, name_size, extra_size = LOCAL_HEADER.unpack(head)
        name, extra = self._file.read(name_size), self._file.read(extra_size)
        size, packed = widened(extra, size, packed)
        stated = (checksum, packed, size)
        expected = (member.checksum, member.packed, member.size)
        later = flags & SIZES_FOLLOW  # then nothing stands where the writer did not know yet
        agree = all(own == listed or (later and own in {0, WIDE}) for own, listed in zip(stated, expected, strict=True))
        if name != member.raw_name or method != member.method or (flags ^ member.flags) & ENCRYPTED or not agree:
            raise ModelFileError(f"{member.name} is described twice in the archive, and differently: it is damaged")
        return member.start + LOCAL_HEADER.size + name_size + extra_size


def _is_junk(name: str) -> bool:
    """Return whether a member is a folder, or one that macOS or Windows adds to whatever is packed there."""
    *folders, last = name.replace("\\", "/").split("/")
    return not last or "__MACOSX" in folders or last.startswith("._") or last in _JUNK


class Stream:
    """The bytes of a member from the first to the last, unpacked as they are asked for and never more than stated."""

    def __init__(self, file: BinaryIO, member: Member, start: int, allowance: Allowance) -> None:
        self._file, self._member, self._allowance = file, member, allowance
        self._position, self._packed_left, self._left = start, member.packed, member.size
        self._unpack = None if member.method == STORED else zlib.decompressobj(-zlib.MAX_WBITS)
        self._checksum = 0

    def read(self, count: int) -> bytes:
        """Read the next `count` bytes, or what there is."""
        data = bytearray(min(count, self._left))
        self.fill(memoryview(data))
        return bytes(data)

    def fill(self, target: memoryview) -> None:
        """Read the next bytes into `target`, all of it."""
        self._allowance.charge(len(target))
        if len(target) > self._left:
            raise ModelFileError(f"{self._member.name} ends too early")
        self._left -= len(target)
        filled = 0
        while filled < len(target):
            if self._unpack is None:
                self._file.seek(self._position)
                count = self._file.readinto(target[filled : filled + 2**20])  # type: ignore[attr-defined]
                self._position += count
                self._packed_left -= count
            else:
                data = self._inflate(self._unpack, len(target) - filled)
                count = len(data)
                target[filled : filled + count] = data
            if not count:
                raise ModelFileError(f"{self._member.name} ends too early")
            self._checksum = zlib.crc32(target[filled : filled + count], self._checksum)
            filled += count

    def finish(self) -> None:
        """Raise `ModelFileError` unless this is the end, nothing is left over, and the checksum is right."""
        if self._unpack is not None and not self._left:
            self._left += len(self._inflate(self._unpack, 1))
            self._packed_left += len(self._unpack.unused_data) + (not self._unpack.eof)
        if self._left or self._packed_left:
            raise ModelFileError(f"{self._member.name} has another length than the archive says")
        if self._checksum != self._member.checksum:
            raise ModelFileError(f"{self._member.name} is damaged: its checksum does not match")

    def _inflate(self, unpack: Any, most: int) -> bytes:
        """Unpack at most `most` bytes; none where the packed ones are at their end."""
        data = b""
        while not data and not unpack.eof:
            packed = unpack.unconsumed_tail
            if not packed and self._packed_left:
                self._file.seek(self._position)
                packed = self._file.read(min(_BLOCK, self._packed_left))
                self._position += len(packed)
                self._packed_left -= len(packed)
            if not packed:
                # All is given, but what is made of it may wait inside.
                data = unpack.decompress(b"", most)
                break
            try:
                data = unpack.decompress(packed, most)
            except zlib.error as error:
                raise ModelFileError(f"{self._member.name} is damaged: {error}") from error
        return bytes(data)


class _Slice(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._position = file, start, size, 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that any position can be reached."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position in the part."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read bytes into `buffer`, not beyond the part's end."""
        wanted = min(len(buffer), max(0, self._size - self._position))
        self._file.seek(self._start + self._position)
        got = self._file.readinto(memoryview(buffer)[:wanted])  # type: ignore[attr-defined]
        self._position += got
        return int(got)
