"""From an image file to the numbers that a network expects: its size, its channels, pixels from 0 to 255."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.arrays import Array, Shape, show_shape
from core.errors import InputError

#: Only these are opened: each decoder more is one more way in for a broken or hostile file.
FORMATS = ("PNG", "JPEG")
#: Pillow's name for an image of 1, 3 or 4 channels.
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


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


def read_image(path: Path, wanted: ImageInput) -> Array:
    """Read one image as (height, width, channels) float32, 0 to 255; it is resized (bilinear) and turned upright.

    Colours become grey, and grey becomes three equal colours, as the model's channels demand. Raises `InputError` for a
    file that is missing, broken, too large, or no image.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as opened:
                image = ImageOps.exif_transpose(opened)
                image = _to_bytes(image).convert(_MODES[wanted.channels])
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such image") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{path}: the image is too large ({error})") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow raises for a broken file
        raise InputError(f"{path}: not a readable {' or '.join(FORMATS)} image ({error})") from error
    size = (wanted.width or image.width, wanted.height or image.height)
    if size != image.size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    pixels = np.asarray(image, dtype=np.float32).reshape(size[1], size[0], wanted.channels)
    return np.moveaxis(pixels, -1, 0) if wanted.channels_first else pixels


def _to_bytes(image: Image.Image) -> Image.Image:
    """Bring 16 bit grey images to 8 bits; Pillow's own conversion would cut them off at 255."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray(np.rint(np.asarray(image, dtype=np.float64) * (255 / 65535)).astype(np.uint8))
