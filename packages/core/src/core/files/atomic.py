"""A file is written whole or not at all: first beside its target under another name, then renamed.

The temporary file is locked while it is written. One whose lock is free was left by a process that died, and the next
writer in the same folder removes it; process ids would not do, because two containers count them apart.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import socket
import stat
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from core.errors import InputError, ModelFileError

try:
    import fcntl

    _LOCKS = True
except ImportError:  # Windows, where nobody can remove a file that is open
    _LOCKS = False

#: How the names of temporary files begin and end. They are short, so that the target's own may take all 255 bytes.
_START, _END = ".kaca-", ".part"
#: Seconds after which a file is removed that another machine left, or whose lock cannot be tested.
_ABANDONED = 24 * 3600
#: What a file system answers that cannot write a folder through to the disk.
_UNABLE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EACCES, errno.EBADF, errno.EPERM})


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; it becomes `path` when the block ends well, and is removed otherwise.

    A link is followed, and an existing file's mode kept; a new one gets that of the umask. ``~`` is the home folder.
    Raises `InputError` where `path` cannot be written, `ModelFileError` where the disk fails while it is written.
    """
    target = _target(Path(path))
    _remove_abandoned(target.parent)
    try:
        temporary, handle = _create(target.parent)
    except OSError as error:
        raise InputError(f"{path}: its folder {target.parent} cannot be written: {error.strerror}") from error
    try:
        yield temporary
        _keep_mode(target, temporary)
        flush(temporary)
        if not _LOCKS:
            handle = _close(handle)  # an open file cannot be renamed there
        temporary.replace(target)
        flush(target.parent)
    except OSError as error:
        raise ModelFileError(f"{path} could not be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
        _close(handle)


def destination(target: object) -> Path | BinaryIO:
    """Return a path as a `Path`, a file that is open for writing bytes as it is. Raises `InputError` for anything else."""
    if isinstance(target, str | os.PathLike):
        name = os.fspath(target)
        if isinstance(name, str):
            return Path(name)
    elif callable(getattr(target, "write", None)) and not isinstance(target, io.TextIOBase):
        if getattr(target, "closed", False) or not getattr(target, "writable", lambda: True)():
            raise InputError(f"{target!r} is closed, or open for reading only")
        return cast(BinaryIO, target)
    raise InputError(f"expected a path or a file that is open for writing bytes, got {target!r}")


@contextmanager
def output(target: Path | BinaryIO) -> Iterator[BinaryIO]:
    """Open a path as `writing` does; yield an open file as it is."""
    if isinstance(target, Path):
        with writing(target) as temporary, temporary.open("wb") as file:
            yield file
        return
    try:
        yield target
    except OSError as error:
        raise ModelFileError(f"{target!r} could not be written: {error}") from error


def _target(path: Path) -> Path:
    """Return the file that `path` leads to. Raises `InputError` where there cannot be one."""
    try:
        target = Path(os.path.realpath(path.expanduser()))
        mode = target.stat().st_mode if target.exists() else None
        parent_exists = target.parent.is_dir()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, no home folder, a name with a zero byte
        raise InputError(f"{path} cannot be written: {error}") from error
    if target.is_symlink():
        raise InputError(f"{path} is a link that leads back to itself")
    if mode is not None and stat.S_ISDIR(mode):
        raise InputError(f"{path} is a folder: expected the name of a file")
    if mode is not None and not stat.S_ISREG(mode):
        raise InputError(f"{path} is a device or a pipe: expected the name of a file")
    if mode is not None and not os.access(target, os.W_OK):
        raise InputError(f"{path} is read-only: choose another name, or allow that it is written")
    if not parent_exists:
        raise InputError(f"{path}: the folder {target.parent} does not exist; create it before")
    if not target.name:
        raise InputError(f"{path} is not the name of a file")
    return target


def _create(folder: Path) -> tuple[Path, int]:
    """Create a temporary file and lock it; its mode follows the umask."""
    while True:
        temporary = folder / f"{_START}{_machine()}-{secrets.token_hex(6)}{_END}"
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        if not _LOCKS:
            return temporary, handle
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # another process is about to remove it
            _close(handle)
            continue
        except OSError:  # a file system without locks
            return temporary, handle
        if os.fstat(handle).st_nlink:  # no other process removed it before it was locked
            return temporary, handle
        _close(handle)


def _close(handle: int) -> int:
    if handle >= 0:
        os.close(handle)
    return -1


def _machine() -> str:
    """Name this machine or container, in eight characters."""
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def _remove_abandoned(folder: Path) -> None:
    """Remove the temporary files that nobody writes any more."""
    with suppress(OSError):
        for file in folder.glob(f"{_START}*{_END}"):
            with suppress(OSError):
                _remove_if_abandoned(file)


def _remove_if_abandoned(file: Path) -> None:
    seen = file.lstat()
    ours = file.name.startswith(f"{_START}{_machine()}-")
    old = time.time() - seen.st_mtime > _ABANDONED
    if not stat.S_ISREG(seen.st_mode) or not (old or (ours and _LOCKS)):
        return
    if not _LOCKS:
        file.unlink()
        return
    handle = os.open(file, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises where its writer lives
        file.unlink()
    finally:
        _close(handle)


def _keep_mode(target: Path, temporary: Path) -> None:
    """Give the new file the mode of the one that it replaces, and where that is allowed its owner."""
    try:
        old = target.stat()
    except FileNotFoundError:
        return
    new = temporary.stat()
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        with suppress(OSError):
            os.chown(temporary, old.st_uid, old.st_gid)
    temporary.chmod(stat.S_IMODE(old.st_mode))


def flush(path: Path) -> None:
    """Write a file, or the names in a folder, through to the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows has no such thing
    try:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            _close(handle)
    except OSError as error:
        if error.errno not in _UNABLE:
            raise
