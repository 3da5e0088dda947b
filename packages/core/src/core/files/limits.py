"""How much a file may ask for before anything of it is believed, and how a broken file becomes one clear error."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import ModelFileError

#: The largest config that is parsed, in bytes; that of NASNetLarge, with a thousand layers, is a fifth of it.
LARGEST_JSON = 8 * 2**20
#: Lists and objects in a config: three bytes of it make one, which takes a hundred bytes of memory.
MOST_JSON_NESTS = 500_000
#: Layers that a config describes, cells and layers inside others included; tensors that its calls name; and values in its
#: lists (a key counts as two, a constant of a call as three). So many of one kind, or parts of each: every one of the
#: three amounts takes about a second to build.
MOST_LAYERS = 12_000
MOST_TENSORS = 40_000
MOST_VALUES = 1_000_000
#: The largest member that may be compressed. Keras stores its members; a small file that unpacks to more is a bomb.
LARGEST_COMPRESSED = 64 * 2**20
#: The list of members of a zip archive, in bytes: about a hundred a member.
LARGEST_DIRECTORY = 2 * 2**20
#: The largest file beside the weights (a vocabulary), in bytes, and its lines: half a gigabyte of Python objects else.
LARGEST_ASSET = 16 * 2**20
MOST_LINES = 1_000_000
#: Parameters may take this many times the size of the file (half precision doubles, filters compress) ...
LARGEST_GROWTH = 4
#: ... and this much more.
ALWAYS_ALLOWED = 64 * 2**20

#: Groups of an HDF5 file that are looked at: some five a layer, so enough for networks of ten thousand layers.
MOST_GROUPS = 50_000
#: Members of one group of an HDF5 file.
MOST_LINKS = 50_000
#: What an HDF5 file may need to describe its arrays, in bytes: NASNetLarge takes a tenth of it.
LARGEST_METADATA = 32 * 2**20

#: What zipfile, json, NumPy and HDF5 raise on broken bytes.
_BROKEN = (
    OSError, EOFError, LookupError, ValueError, TypeError, RuntimeError, ArithmeticError, AttributeError, MemoryError,
    struct.error, zlib.error, zipfile.BadZipFile, zipfile.LargeZipFile,
)  # fmt: skip


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
