"""Whatever can be made again lies in one cache folder outside the project, and appears there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """Name the cache: `KACA_CACHE_DIR`, else `$XDG_CACHE_HOME/kaca`, else `~/.cache/kaca`."""
    own = os.environ.get("KACA_CACHE_DIR")
    if own:
        return Path(own).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kaca"


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a temporary folder that takes the place of `target` once the block has ended without an error.

    A process that is killed leaves at most a folder `.part-*`, which the next one removes.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".part-{target.name}-{os.getpid()}-", dir=target.parent))
    _remove_orphans(target)
    try:
        yield part
        if target.exists():
            shutil.rmtree(target)
        part.chmod(0o755)  # mkdtemp made it private
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _remove_orphans(target: Path) -> None:
    start = f".part-{target.name}-"
    for folder in target.parent.glob(f"{start}*"):
        process = folder.name.removeprefix(start).split("-")[0]
        if process.isdigit() and not _is_running(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
