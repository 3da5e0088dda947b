"""Public data comes from a local mirror if there is one, else from the Hugging Face Hub; no network is noticed in seconds."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from pathlib import Path

HUB_SECONDS = 4.0  # a connection that takes longer would take minutes for a data set, and retries far longer


def mirror_folder(name: str) -> Path | None:
    """Return the folder of a data set in the mirror that `KACA_DATA_DIR` names, or None."""
    mirror = os.environ.get("KACA_DATA_DIR")
    folder = Path(mirror).expanduser() / name if mirror else None
    return folder if folder is not None and folder.is_dir() else None


def why_no_mirror(name: str) -> str:
    """Say in a clause why there is no local mirror of a data set."""
    mirror = os.environ.get("KACA_DATA_DIR")
    return f"KACA_DATA_DIR ({mirror}) has no folder {name}" if mirror else "KACA_DATA_DIR names no local mirror"


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
