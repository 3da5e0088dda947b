"""Pictures as strangers bring them: every kind that can be read is, and what is broken or asks for too much is one error."""

import io
import os
import resource
import struct
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from core import InputError
from vision import images
from vision.images import ImageInput, read_image

RGB = ImageInput(16, 16, 3)
ANY = ImageInput(None, None, 3)
COLORS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
GREY = COLORS[..., 0]


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, rows=b"", depth=8, color=2, *chunks):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + data + chunk(b"IEND", b"")


def blank(width, height):
    """A palette of one bit, all zeros: a few kilobytes for any size."""
    return png(width, height, bytes((width + 7) // 8 + 1) * height, 1, 0)


def scans(count, size=(64, 64)):
    """A JPEG whose last scan comes again and again."""
    whole = encoded(Image.new("RGB", size), "JPEG", progressive=True)
    last = whole[whole.rfind(b"\xff\xda") : -2]
    return whole[:-2] + last * count + whole[-2:]


def exif(orientation, kind=3):
    """EXIF data with one entry, the orientation, as type `kind` (3: a short number)."""
    value = struct.pack("<HH", orientation, 0)
    return b"Exif\0\0II*\0" + struct.pack("<IHHHI", 8, 1, 0x0112, kind, 1) + value + struct.pack("<I", 0)


def pictures():
    color, grey = Image.fromarray(COLORS), Image.fromarray(GREY)
    palette = color.quantize(16)
    palette.info["transparency"] = bytes(range(16))
    deep = Image.fromarray(GREY.astype(np.uint16) * 257)
    return {
        "color": (encoded(color), COLORS),
        "grey": (encoded(grey), GREY),
        "grey and alpha": (encoded(grey.convert("LA")), GREY),
        "alpha": (encoded(color.convert("RGBA")), COLORS),
        "palette": (encoded(color.quantize(16)), np.asarray(color.quantize(16).convert("RGB"))),
        "palette and alpha": (encoded(palette), np.asarray(color.quantize(16).convert("RGB"))),
        "one bit": (encoded(grey.convert("1")), np.asarray(grey.convert("1").convert("L"))),
        "16 bit grey": (encoded(deep), GREY),
        "several frames": (encoded(color, save_all=True, append_images=[color.rotate(90)] * 3), COLORS),
        "one pixel": (encoded(Image.fromarray(COLORS[:1, :1])), COLORS[:1, :1]),
        "one row": (encoded(Image.fromarray(COLORS[:1])), COLORS[:1]),
        "grey JPEG": (encoded(grey, "JPEG"), None),
        "CMYK JPEG": (encoded(color.convert("CMYK"), "JPEG"), None),
        "progressive JPEG": (encoded(color, "JPEG", progressive=True), None),
        "MPO": (encoded(color, "MPO", save_all=True, append_images=[color]), None),
    }


@pytest.mark.parametrize("name", pictures())
def test_every_kind_of_picture_is_read(tmp_path, name):
    content, expected = pictures()[name]
    (tmp_path / "image").write_bytes(content)
    if expected is None:
        with (tmp_path / "image").open("rb") as file, Image.open(file) as opened:
            expected = np.asarray(opened.convert("RGB"))
    if expected.ndim == 2:
        expected = np.repeat(expected[..., None], 3, axis=-1)
    np.testing.assert_array_equal(read_image(tmp_path / "image", ANY), expected)
    for channels, height in ((1, 5), (3, 7), (4, 300)):
        assert read_image(tmp_path / "image", ImageInput(height, 9, channels)).shape == (height, 9, channels)


@pytest.mark.parametrize("orientation", range(10))
def test_pictures_are_turned_upright(tmp_path, orientation):
    (tmp_path / "image").write_bytes(encoded(Image.fromarray(COLORS), exif=exif(orientation)))
    turns = {
        2: COLORS[:, ::-1], 3: COLORS[::-1, ::-1], 4: COLORS[::-1], 5: COLORS.swapaxes(0, 1),
        6: np.rot90(COLORS, -1), 7: np.rot90(COLORS, 2).swapaxes(0, 1), 8: np.rot90(COLORS),
    }  # fmt: skip
    np.testing.assert_array_equal(read_image(tmp_path / "image", ANY), turns.get(orientation, COLORS))


def broken():
    good, jpeg = encoded(Image.fromarray(COLORS)), encoded(Image.fromarray(COLORS), "JPEG")
    return {
        "empty": b"",
        "text": b"not an image",
        "truncated PNG": good[: len(good) // 2],
        "truncated JPEG": jpeg[: len(jpeg) // 2],
        "PNG without data": good[:33],
        "PNG of size 0": png(0, 5),
        "PNG of wrong checksums": good.replace(b"IDAT", b"IDAX"),
        "animated GIF": encoded(Image.fromarray(GREY), "GIF", save_all=True, append_images=[Image.fromarray(GREY.T)]),
        "bitmap": encoded(Image.fromarray(COLORS), "BMP"),
        "JPEG of size 0": jpeg.replace(struct.pack(">HH", 20, 30), struct.pack(">HH", 0, 30), 1),
        "100,000 x 100,000": png(100_000, 100_000),
        "largest size there is": png(2**31 - 1, 2**31 - 1),
        "88 megapixels": blank(9_400, 9_400),
        "4,000 scans": scans(4_000),
        "scans of many pixels": scans(120, (3_000, 3_000)),
        "a bomb of a colour profile": png(1, 1, bytes(4), 8, 2, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(2**26)))),
        "a bomb of a text": png(1, 1, bytes(4), 8, 2, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**26)))),
        "pixels that end early": png(500, 500, bytes(700)),
    }


@pytest.mark.parametrize("name", broken())
def test_what_cannot_be_read_is_one_error_that_names_the_file(tmp_path, name):
    (tmp_path / "image.png").write_bytes(broken()[name])
    memory, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(InputError, match=r"image\.png: "):
        read_image(tmp_path / "image.png", RGB)
    assert time.process_time() - start < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 300 * 2**10


@pytest.mark.parametrize("kind", range(14))
@pytest.mark.parametrize("cut", [0, 3, 9])
def test_broken_exif_raises_nothing_foreign(tmp_path, kind, cut):
    data = exif(6, kind)
    for kept in (data[: len(data) - cut], data[: 14 + cut], data.replace(b"\x01\0\x12", b"\xff\xff\x12")):
        jpeg = encoded(Image.fromarray(COLORS), "JPEG", exif=kept)
        (tmp_path / "image.jpg").write_bytes(jpeg)
        try:
            assert read_image(tmp_path / "image.jpg", RGB).shape == (16, 16, 3)
        except InputError as error:
            assert "image.jpg: " in str(error)  # noqa: PT017  # either is fine, anything else is not


def test_corrupted_pictures_raise_nothing_foreign(tmp_path):
    generator = np.random.default_rng(1)
    for content, _ in pictures().values():
        for _ in range(40):
            corrupted = bytearray(content)
            for _ in range(generator.integers(1, 4)):
                corrupted[generator.integers(len(corrupted))] = generator.integers(256)
            (tmp_path / "image").write_bytes(corrupted[: generator.integers(1, 2 * len(corrupted))])
            try:
                read_image(tmp_path / "image", RGB)
            except InputError as error:
                assert "image: " in str(error)  # noqa: PT017


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "loop", "forbidden", "absent", "zero byte"])
def test_what_is_not_a_file(tmp_path, kind):
    path = tmp_path / "image.png"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "forbidden":
        path.write_bytes(encoded(Image.fromarray(COLORS)))
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
    elif kind == "zero byte":
        path = tmp_path / "a\0b"
    with pytest.raises(InputError, match=kind if kind == "folder" else r"image\.png|x00"):
        read_image(path, RGB)


def test_large_pictures_are_decoded_as_small_as_the_model_allows(tmp_path):
    """A camera's JPEG of 48 megapixels is read in little memory, and looks as if it had been decoded whole."""
    small = np.asarray(Image.fromarray(COLORS).resize((80, 60), Image.Resampling.BICUBIC))
    Image.fromarray(small).resize((8000, 6000), Image.Resampling.BICUBIC).save(tmp_path / "photo.jpg", quality=90)
    code = (
        "import sys, resource, numpy as np\nfrom vision.images import *\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "np.save(sys.argv[2], read_image(Path(sys.argv[1]), ImageInput(60, 80, 3)))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "photo.jpg"), str(tmp_path / "pixels.npy")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(done.stdout) < 100 * 2**10
    assert np.abs(np.load(tmp_path / "pixels.npy") - small).mean() < 5  # of 255: both interpolate


def test_what_a_model_needs_decides_what_is_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "ALWAYS_DECODED", 100)
    (tmp_path / "image.png").write_bytes(encoded(Image.fromarray(COLORS)))  # 600 pixels
    assert read_image(tmp_path / "image.png", ImageInput(10, 15, 3)).shape == (10, 15, 3)
    with pytest.raises(InputError, match="too large"):
        read_image(tmp_path / "image.png", ImageInput(10, 14, 3))


def test_no_picture_is_enlarged_without_bounds(tmp_path):
    (tmp_path / "image.png").write_bytes(encoded(Image.fromarray(COLORS)))
    with pytest.raises(InputError, match="the model takes 100,000 x 100,000 pixels"):
        read_image(tmp_path / "image.png", ImageInput(100_000, 100_000, 3))
