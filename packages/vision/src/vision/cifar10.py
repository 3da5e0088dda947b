"""CIFAR-10 (Krizhevsky, 2009) is read and decoded once, from a local mirror or from the Hub, and then lies in a cache."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.experiment.cache import cache_folder, whole_folder
from core.experiment.data.sources import OfficialSplits, checked_labels, mirror_folder, reading_cache, require_hub
from core.experiment.errors import DataUnavailableError
from core.experiment.task import Split

HUB_NAME = "uoft-cs/cifar10"
HUB_SOURCE = f"Hugging Face Hub, {HUB_NAME}"
MIRROR_SOURCE = "local mirror (KACA_DATA_DIR/cifar10)"
MIRROR_NOTE = (
    "JPEG mirror: the images were stored as JPEG (quality about 75), so pixels differ slightly from the lossless "
    "originals, and the rows are in another order."
)
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
IMAGE_SHAPE = (32, 32, 3)
SPLITS = ("train", "test")
#: What `datasets` and Pillow raise for data that is broken or of another kind.
_BROKEN = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    EOFError,
    SyntaxError,
    struct.error,
    Image.DecompressionBombError,
)


def load_cifar10() -> OfficialSplits:
    """Load all 60,000 images, (n, 32, 32, 3) uint8; raises DataUnavailableError without mirror, cache and network."""
    mirror = mirror_folder("cifar10")
    if mirror is not None:
        files = sorted(mirror.rglob("*.parquet"))
        if not files:
            raise DataUnavailableError(f"{mirror}: expected parquet files of CIFAR-10, found none")
        folder = cache_folder() / "data" / f"cifar10-{_fingerprint_of_files(files)}"
        return _load(folder, str(mirror), MIRROR_SOURCE, MIRROR_NOTE)
    folder = cache_folder() / "data" / "cifar10-hub"
    if not folder.is_dir():
        require_hub("CIFAR-10", "cifar10")
    return _load(folder, HUB_NAME, HUB_SOURCE, "")


def _load(folder: Path, repository: str, source: str, note: str) -> OfficialSplits:
    if not folder.is_dir():
        with whole_folder(folder) as part:
            for name, array in _decode(repository).items():
                np.save(part / f"{name}.npy", array)
    with reading_cache(folder):
        return OfficialSplits({name: _split(folder, name) for name in SPLITS}, source, note)


def _split(folder: Path, name: str) -> Split:
    images = np.lib.format.open_memmap(folder / f"{name}_images.npy", mode="r")
    with (folder / f"{name}_labels.npy").open("rb") as file:
        labels = np.load(file, allow_pickle=False)
    if images.shape != (len(labels), *IMAGE_SHAPE) or images.dtype != np.uint8:
        raise DataUnavailableError(f"{folder} is damaged: expected {name} images of the shape {IMAGE_SHAPE}")
    return Split(images, checked_labels(labels, CLASSES, f"{folder}, {name},"))


def _decode(repository: str) -> dict[str, npt.NDArray[Any]]:
    """Read both splits with `datasets` and decode their images; raises DataUnavailableError if they cannot be read."""
    import datasets  # noqa: PLC0415  # takes seconds, and only the first run ever needs it

    is_mirror = Path(repository).is_dir()
    if is_mirror:
        datasets.disable_progress_bars()
    arrays: dict[str, npt.NDArray[Any]] = {}
    # The intermediate copy of a mirror need not outlive this function. The Hub's download may.
    with tempfile.TemporaryDirectory() as scrap:
        try:
            splits = datasets.load_dataset(repository, cache_dir=scrap if is_mirror else None)
            for name in SPLITS:
                rows = splits[name].cast_column("img", datasets.Image(decode=False))
                arrays[f"{name}_images"] = _images([cell["bytes"] for cell in rows["img"]])
                arrays[f"{name}_labels"] = checked_labels(rows["label"], CLASSES, f"{repository}, {name},")
        except (*_BROKEN, datasets.exceptions.DatasetsError) as error:
            raise DataUnavailableError(f"CIFAR-10 could not be read from {repository}: {error}") from error
    return arrays


def _images(encoded: Sequence[bytes]) -> npt.NDArray[np.uint8]:
    images = np.empty((len(encoded), *IMAGE_SHAPE), np.uint8)

    def decode(row: int) -> None:
        with Image.open(io.BytesIO(encoded[row]), formats=("PNG", "JPEG")) as image:
            if image.size != IMAGE_SHAPE[:2]:
                raise ValueError(f"image {row} is of the size {image.size}, expected {IMAGE_SHAPE[:2]}")
            images[row] = np.asarray(image.convert("RGB"))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(decode, range(len(encoded)), chunksize=500))
    return images


def _fingerprint_of_files(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
