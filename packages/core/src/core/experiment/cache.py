"""Whatever can be made again lies in one cache folder outside the project, and appears there whole or not at all.

A folder is locked while it is filled. One whose lock is free was left by a process that died, and the next writer removes
it; process ids would not do, because two containers count them apart.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.experiment.errors import OptionError
from core.files.atomic import flush

try:
    import fcntl

    _LOCKS = True
except ImportError:  # Windows
    _LOCKS = False

#: Seconds after which a folder is removed that another machine left, or that cannot be locked: longer than any training.
_ABANDONED = 7 * 24 * 3600
_OTHER = "set KACA_CACHE_DIR to a folder that can be written"


def cache_folder() -> Path:
    """Return the cache: `KACA_CACHE_DIR`, else `$XDG_CACHE_HOME/kaca`, else `~/.cache/kaca`. Raises `OptionError`."""
    own = os.environ.get("KACA_CACHE_DIR")
    try:
        if own:
            return Path(own).expanduser().resolve()
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kaca"
    except (OSError, RuntimeError, ValueError) as error:  # no home folder, links in a circle, a zero byte
        raise OptionError(f"there is no folder to keep trained networks and data in ({error}): {_OTHER}") from error


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `target` once the block has ended without an error.

    A target that was there before is replaced; one that another process has made meanwhile stays, and what was made here
    is dropped. A process that is killed leaves at most a folder `.part-*`, which the next one removes. Raises `OptionError`
    where nothing can be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _restore(target)
        existed = target.exists()
        _remove_abandoned(target.parent)
        part, lock = _create(target)
    except OSError as error:
        raise OptionError(f"{target.parent} cannot be written ({error.strerror}): {_OTHER}") from error
    try:
        yield part
        for path in (*part.rglob("*"), part):
            flush(path)
        _put(part, target, existed)
        flush(target.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        _close(lock)


def _put(part: Path, target: Path, replace: bool) -> None:
    """Rename a whole folder to `target`; an old one is set aside first, and removed when the new one has its name."""
    aside = target.with_name(f".old-{target.name}-{secrets.token_hex(6)}")
    while True:
        try:
            part.rename(target)
        except OSError:
            if not target.exists():
                raise
            if not replace:
                return
            with suppress(FileNotFoundError):  # another process has set it aside
                target.rename(aside)
        else:
            shutil.rmtree(aside, ignore_errors=True)
            return


def _restore(target: Path) -> None:
    """Give back its name to a folder that was set aside by a process that died before the new one took it."""
    for aside in sorted(target.parent.glob(f".old-{target.name}-*")):
        if target.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            with suppress(OSError):
                aside.rename(target)


def _create(target: Path) -> tuple[Path, int]:
    """Create the temporary folder and lock it; its mode follows the umask."""
    while True:
        part = target.with_name(f".part-{target.name}-{_machine()}-{secrets.token_hex(6)}")
        part.mkdir()
        lock = _lock(part)
        if lock is not None:
            return part, lock


def _lock(folder: Path) -> int | None:
    """Lock a folder and return the open handle, -1 where there are no locks, or None if another process has it."""
    if not _LOCKS:
        return -1
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _close(handle)
        return None
    except OSError:  # a file system without locks
        _close(handle)
        return -1
    if os.fstat(handle).st_nlink == 0:  # removed before it was locked
        _close(handle)
        return None
    return handle


def _close(handle: int) -> None:
    if handle >= 0:
        os.close(handle)


def _machine() -> str:
    """Name this machine or container, in eight characters."""
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def _remove_abandoned(parent: Path) -> None:
    """Remove the temporary folders that nobody fills any more."""
    for folder in parent.glob(".part-*"):
        with suppress(OSError):
            ours = folder.name.split("-")[-2] == _machine()
            old = time.time() - folder.stat().st_mtime > _ABANDONED
            lock = _lock(folder) if ours or old else None
            if lock is None:
                continue
            if lock >= 0 or old:
                shutil.rmtree(folder, ignore_errors=True)
            _close(lock)
