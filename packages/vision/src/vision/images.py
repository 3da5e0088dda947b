"""From an image file to the numbers that a network expects: its size, its channels, pixels from 0 to 255.

What a picture may cost to decode follows what the model needs of it; who sent it does not decide.
"""

from __future__ import annotations

import math
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from core.arrays import Array, Shape, show_shape
from core.errors import InputError

#: Only these are opened: each decoder more is one more way in for a broken or hostile file.
FORMATS = ("PNG", "JPEG")
#: Pillow's name for an image of 1, 3 or 4 channels.
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
#: Bytes of a file: a picture of 40 megapixels in 16 bits, hardly compressed.
LARGEST_FILE = 256 * 2**20
#: Pixels that are decoded although the model takes fewer: a screen of 8K, 128 MB in memory.
ALWAYS_DECODED = 7680 * 4320
#: ... and how many times as many as the model takes.
MOST_TIMES = 4
#: Pixels of the largest input that a picture is enlarged to: 256 MB in memory.
LARGEST_INPUT = 2**26
#: A JPEG may come in parts ("progressive"), some ten of them. Each is a pass over all pixels, 5 ns a pixel.
MOST_SCANS = 200
MOST_PASSES = 2**30
#: A JPEG of more pixels than this is decoded at a half, a quarter or an eighth of its size, never below twice the model's.
_DECODED_WHOLE = 2**24
_START_OF_SCAN = b"\xff\xda"
_BLOCK = 2**20  # bytes that are searched, or pixels that are converted, at a time
#: How to turn a picture upright, by its EXIF orientation.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: What Pillow raises for a broken file; a warning, of metadata for instance, where the caller turns them into errors.
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError,
    struct.error, Warning,
)  # fmt: skip


@dataclass(frozen=True)
class ImageInput:
    """What a model's input says about images: height and width (None: any), channels, and where these stand."""

    height: int | None
    width: int | None
    channels: int
    channels_first: bool = False

    @classmethod
    def from_shape(cls, shape: Shape) -> ImageInput:
        """Read (batch, height, width, channels) or (batch, channels, height, width). Raises `InputError`."""
        if len(shape) == 4 and shape[3] in _MODES:
            return cls(shape[1], shape[2], shape[3])
        if len(shape) == 4 and shape[1] in _MODES:
            return cls(shape[2], shape[3], shape[1], channels_first=True)
        raise InputError(f"the model takes {show_shape(shape)}: no image of 1, 3 or 4 channels can be given to it")

    @property
    def most_pixels(self) -> int:
        """The number of pixels that are decoded at most to fill this input."""
        return max(ALWAYS_DECODED, MOST_TIMES * (self.height or 1) * (self.width or 1))


def read_image(path: Path, wanted: ImageInput) -> Array:
    """Read one image as (height, width, channels) float32, 0 to 255; it is resized (bilinear) and turned upright.

    Colours become grey, and grey becomes three equal colours, as the model's channels demand. Raises `InputError` for a
    file that is missing, broken, too large, or no image.
    """
    if (wanted.height or 1) * (wanted.width or 1) > LARGEST_INPUT:
        raise InputError(
            f"{path}: the model takes {wanted.height:,} x {wanted.width:,} pixels, too many to make of an image"
        )
    with _readable(path), path.open("rb") as file, Image.open(file, formats=FORMATS) as opened:
        _check_cost(path, opened, wanted)
        turn = _UPRIGHT.get(opened.getexif().get(ExifTags.Base.Orientation, 1))
        opened.load()
        image = _to_bytes(opened)
        image = image.convert(_MODES[wanted.channels])
        image = image if turn is None else image.transpose(turn)
    size = (wanted.width or image.width, wanted.height or image.height)
    if size != image.size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    pixels = np.asarray(image, dtype=np.float32).reshape(size[1], size[0], wanted.channels)
    return np.moveaxis(pixels, -1, 0) if wanted.channels_first else pixels


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn whatever a file makes Pillow raise into `InputError`, which names the file."""
    kinds = " or ".join(FORMATS)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a device or a pipe"
            raise InputError(f"{path}: not a readable {kinds} image (it is {kind})")
        if found.st_size > LARGEST_FILE:
            raise InputError(f"{path}: the image is too large ({found.st_size:,} bytes, at most {LARGEST_FILE:,})")
        yield
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such image") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{path}: the image is too large ({error})") from error
    except MemoryError as error:
        raise InputError(f"{path}: the image is too large (there is not enough memory for it)") from error
    except PermissionError as error:
        raise InputError(f"{path}: not a readable {kinds} image ({error.strerror})") from error
    except _BROKEN as error:
        raise InputError(f"{path}: not a readable {kinds} image ({str(error) or type(error).__name__})") from error


def _check_cost(path: Path, image: Image.Image, wanted: ImageInput) -> None:
    """Let a large JPEG be decoded smaller, and refuse what would still take too much. Raises `InputError`."""
    width, height = image.size
    if width * height > (Image.MAX_IMAGE_PIXELS or math.inf):
        raise InputError(f"{path}: the image is too large ({width:,} x {height:,} pixels)")
    if image.format in {"JPEG", "MPO"}:
        scans = _count_scans(path)
        # In several scans, all coefficients are kept until the last one, at half the memory of decoded pixels.
        kept = width * height if scans > 1 else 0
        if scans > MOST_SCANS or scans * width * height > MOST_PASSES or kept > 2 * wanted.most_pixels:
            raise InputError(
                f"{path}: the image is too large (a JPEG of {width:,} x {height:,} pixels in {scans:,} scans, each a pass "
                "over all of them): save it as a plain, smaller one"
            )
        longest = max(wanted.width or width, wanted.height or height)  # its orientation may exchange the two
        if width * height > _DECODED_WHOLE:
            image.draft(None, (2 * longest, 2 * longest))
    decoded = image.size[0] * image.size[1]
    if decoded > wanted.most_pixels:
        raise InputError(
            f"{path}: the image is too large ({width:,} x {height:,} pixels, at most {wanted.most_pixels:,} for this "
            "model): make it smaller"
        )


def _count_scans(path: Path) -> int:
    """Count the scans of a JPEG, or more: within compressed data every 0xff is followed by 0, in other parts it need not."""
    count, last = 0, b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            count += (last + block).count(_START_OF_SCAN)
            last = block[-1:]
    return count


def _to_bytes(image: Image.Image) -> Image.Image:
    """Bring 16 bit grey images to 8 bits, which Pillow would cut off at 255, and a palette to colours."""
    if image.mode == "P" and "transparency" in image.info:
        return image.convert("RGBA")
    if not image.mode.startswith("I"):
        return image
    deep = np.asarray(image)
    flat, small = deep.reshape(-1), np.empty(deep.size, np.uint8)
    for start in range(0, deep.size, _BLOCK):  # floats of the whole image would take four times its memory
        small[start : start + _BLOCK] = np.rint(flat[start : start + _BLOCK] * np.float32(255 / 65535))
    return Image.fromarray(small.reshape(deep.shape))
