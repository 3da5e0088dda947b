"""How much a file may ask for before anything of it is believed, and how a broken file becomes one clear error."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ModelFileError

#: The largest config that is parsed; that of NASNetLarge, with a thousand layers, is a tenth of it.
LARGEST_JSON = 16 * 2**20
#: The largest member that may be compressed. Keras stores its members; a small file that unpacks to more is a bomb.
LARGEST_COMPRESSED = 64 * 2**20
#: Parameters may take this many times the size of the file (half precision doubles, filters compress) ...
LARGEST_GROWTH = 4
#: ... and this much more.
ALWAYS_ALLOWED = 64 * 2**20

#: Groups of an HDF5 file that are looked at: some five a layer, so enough for networks of ten thousand layers.
MOST_GROUPS = 50_000

#: What zipfile, json, NumPy and HDF5 raise on broken bytes.
_BROKEN = (
    OSError, EOFError, KeyError, ValueError, TypeError, RuntimeError, NotImplementedError, OverflowError, RecursionError,
    AttributeError, IndexError, MemoryError, struct.error, zlib.error, zipfile.BadZipFile, zipfile.LargeZipFile,
)  # fmt: skip


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever a broken file makes the libraries raise into `ModelFileError`."""
    try:
        yield
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
