"""What is read: a path, bytes in memory, or a binary file that is open already; each under the name that errors use.

Whatever a broken file makes the libraries raise becomes one clear error that says this name.
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from core.errors import InputError, ModelFileError

#: What a user may give to be read: ``~`` in a path is the home folder; `bytes` are the content, not a path.
Readable = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO


#: What zipfile, json, NumPy and HDF5 raise on broken bytes.
_BROKEN = (
    OSError, EOFError, LookupError, ValueError, TypeError, RuntimeError, ArithmeticError, AttributeError, MemoryError,
    struct.error, zlib.error, zipfile.BadZipFile, zipfile.LargeZipFile,
)  # fmt: skip


class Source:
    """Something to read, with a name; `path` is None for what lies in memory."""

    def __init__(self, given: Readable | Source) -> None:
        self.name: str
        self.path: Path | None = None
        self._file: Any = None
        if isinstance(given, Source):
            self.path, self._file, self.name = given.path, given._file, given.name
        elif isinstance(given, bytes | bytearray | memoryview):
            self._file, self.name = io.BytesIO(given), f"<{memoryview(given).nbytes:,} bytes>"
        elif isinstance(given, str | os.PathLike):
            self.path = expand(given)
            self.name = str(self.path)
        elif callable(getattr(given, "read", None)):
            self._file, self.name = given, _name_of(given)
            self._check_open()
        else:
            raise InputError(
                f"expected the path of a file, its bytes, or a file opened in mode 'rb', got {type(given).__name__}"
            )

    def __str__(self) -> str:
        """Return the name, as errors use it."""
        return self.name

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open for reading; a file that the user opened stays open, at the position where it was."""
        if self.path is None:
            position = self._file.tell()
            try:
                yield self._file
            finally:
                self._file.seek(position)
            return
        if not self.path.is_file() and self.path.exists() and not self.path.is_dir():
            raise ModelFileError(f"{self.path}: is not a regular file")  # a device or a pipe would never end
        with self.path.open("rb") as file:
            yield file

    def _check_open(self) -> None:
        """Refuse a file that cannot be read at any position, and wrap one that reads less than it is asked for."""
        file = self._file
        if isinstance(file, io.TextIOBase):
            raise InputError(f"{self.name} is open as text: open it in mode 'rb'")
        try:
            closed = getattr(file, "closed", False)
            position = None if closed or not getattr(file, "seekable", lambda: True)() else file.tell()
            readable = closed or getattr(file, "readable", lambda: True)()
        except (AttributeError, OSError, ValueError) as error:
            raise InputError(f"{self.name} is not a file opened in mode 'rb': {error}") from error
        if closed:
            raise InputError(f"{self.name} is closed: open it, and keep it open while it is read")
        if not readable:
            raise InputError(f"{self.name} is open for writing alone: open it in mode 'rb'")
        if position is None:
            raise InputError(f"{self.name} can be read only once, from front to back: give its bytes, file.read()")
        if not isinstance(file, io.BufferedIOBase):
            self._file = cast(BinaryIO, _Whole(file))


class _Whole(io.BufferedIOBase):
    """A file whose `read` may return less than was asked for, and which may lack `readinto`."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def tell(self) -> int:
        """Return the position."""
        return int(self._file.tell())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position, and return it."""
        self._file.seek(offset, whence)
        return self.tell()

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it can be read at any position."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Read `size` bytes, fewer only at the end; all where it is negative."""
        left = -1 if size is None or size < 0 else size
        parts = []
        while left:
            part = self._file.read(left)
            if not isinstance(part, bytes):
                raise InputError(f"{_name_of(self._file)} must be opened in mode 'rb': it gives {type(part).__name__}")
            if not part:
                break
            parts.append(part)
            left = left if left < 0 else left - len(part)
        return b"".join(parts)

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`; return how many bytes came."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)


def expand(path: str | os.PathLike[str]) -> Path:
    """Return a path with the home folder in the place of ``~``. Raises `InputError` for a path of bytes."""
    name: Any = os.fspath(path)
    if isinstance(name, bytes):
        raise InputError(f"expected a path as text, got the bytes {name[:100]!r}")
    return Path(os.path.expanduser(name))  # noqa: PTH111  pathlib raises for a user that does not exist


def _name_of(file: Any) -> str:
    name = getattr(file, "name", None)
    return name if isinstance(name, str) and name else f"<{type(file).__name__}>"


@contextmanager
def reading(path: object) -> Iterator[None]:
    """Turn whatever a broken file makes the libraries raise into `ModelFileError`, which names the file."""
    try:
        yield
    except ModelFileError as error:
        if str(path) in str(error):
            raise
        raise ModelFileError(f"{path}: {error}") from error
    except FileNotFoundError as error:
        raise ModelFileError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise ModelFileError(f"{path}: is a folder, expected a .keras or .h5 file") from error
    except PermissionError as error:
        raise ModelFileError(f"{path}: may not be read: {error.strerror}") from error
    except _BROKEN as error:
        raise ModelFileError(
            f"{path}: broken or not a Keras model ({type(error).__name__}: {str(error)[:200]})"
        ) from error
