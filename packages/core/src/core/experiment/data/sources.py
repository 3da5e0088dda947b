"""Public data comes from a local mirror if there is one, else from the Hugging Face Hub; no network is noticed in seconds."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.experiment.errors import DataUnavailableError
from core.experiment.task import Split

HUB_SECONDS = 4.0  # a connection that takes longer would take minutes for a data set, and retries far longer


@dataclass(frozen=True)
class OfficialSplits:
    """The splits of a data set as it was published, by name, and where they come from."""

    splits: Mapping[str, Split]
    source: str
    note: str = ""


def mirror_folder(name: str) -> Path | None:
    """Return the folder of a data set in the mirror that `KACA_DATA_DIR` names, or None."""
    mirror = os.environ.get("KACA_DATA_DIR")
    if not mirror:
        return None
    try:
        folder = Path(mirror).expanduser() / name
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError, ValueError) as error:  # no home folder, no permission, a zero byte
        raise DataUnavailableError(f"KACA_DATA_DIR ({mirror}) cannot be looked into: {error}") from error


def checked_labels(labels: Any, classes: Sequence[str], where: str) -> npt.NDArray[np.int64]:
    """Return the labels of a data set as (n,) int64. Raises `DataUnavailableError` unless each is the number of a class."""
    numbers = np.asarray(labels)
    is_whole = numbers.ndim == 1 and numbers.dtype.kind in "iu"
    if not (is_whole and len(numbers) and 0 <= numbers.min() <= numbers.max() < len(classes)):
        raise DataUnavailableError(
            f"{where} is damaged: expected a label from 0 to {len(classes) - 1} for each example"
        )
    return numbers.astype(np.int64, copy=False)


@contextmanager
def reading_cache(folder: Path) -> Iterator[None]:
    """Turn what a damaged cache makes a library raise into `DataUnavailableError`, which says how to mend it."""
    try:
        yield
    except DataUnavailableError as error:
        raise DataUnavailableError(f"{error}; delete {folder}, and it is made again") from error
    except (OSError, ValueError, EOFError, TypeError, LookupError, RecursionError, zipfile.BadZipFile) as error:
        raise DataUnavailableError(f"{folder} is damaged ({error}): delete it, and it is made again") from error


def require_hub(title: str, name: str) -> None:
    """Raise `DataUnavailableError` for a data set, whose folder in a mirror has this name, unless the Hub can be reached."""
    if not hub_is_reachable():
        mirror = os.environ.get("KACA_DATA_DIR")
        why = f"KACA_DATA_DIR ({mirror}) has no folder {name}" if mirror else "KACA_DATA_DIR names no local mirror"
        raise DataUnavailableError(f"{title} is not at hand: {why}, and the Hugging Face Hub cannot be reached")


def hub_is_reachable() -> bool:
    """Ask the Hub once, for a few seconds at most; any answer will do."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return False
    request = urllib.request.Request(os.environ.get("HF_ENDPOINT") or "https://huggingface.co", method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=HUB_SECONDS):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
