"""The state folder (0700) and the files in it (0600), whatever the umask says."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from ergon_ops.errors import StoreError

FILE = "state.db"


def secure_folder(folder: Path) -> None:
    """Make `folder`, or check that it is ours alone. Raises StoreError for one we must not use, OSError when the
    disk refuses."""
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        _check(folder)
    else:
        folder.chmod(0o700)


def _check(folder: Path) -> None:
    found = folder.stat()
    if not stat.S_ISDIR(found.st_mode):
        raise StoreError(f"{folder} is not a folder", next="set ERGON_OPS_STATE to another one")
    if found.st_uid != os.geteuid():
        raise StoreError(f"state folder {folder} belongs to uid {found.st_uid}", next="set ERGON_OPS_STATE to your own")
    if found.st_mode & 0o022:
        raise StoreError(f"state folder {folder} can be written by others", next=f"chmod 700 {folder}")
    if not found.st_mode & 0o077:
        return
    # Tightening a folder that is also used for something else (a home, /var/lib) would lock others out of it.
    if not (folder / FILE).exists() and any(folder.iterdir()):
        raise StoreError(
            f"{folder} is in use for something else and open to others",
            next="set ERGON_OPS_STATE to a folder of its own",
        )
    folder.chmod(0o700)


def secure_file(path: Path) -> None:
    """Make `path` an own regular file with mode 0600. Raises StoreError if it is somebody's trap, OSError.

    One that is there is looked at, never opened: closing a file takes away all locks this process has on it, SQLite's
    too, and another process then removes the log that this one still writes to.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        _check_file(path)
        return
    try:
        os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def _check_file(path: Path) -> None:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise StoreError(f"{path} is a symbolic link", next="remove it")
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        raise StoreError(f"{path} is not a file of yours", next="move it away")
    if not os.access(path, os.R_OK | os.W_OK):
        reason = errno.EROFS if os.statvfs(path).f_flag & os.ST_RDONLY else errno.EACCES
        raise OSError(reason, os.strerror(reason), str(path))
    if stat.S_IMODE(found.st_mode) != 0o600:
        path.chmod(0o600)


def write_private(path: Path, body: bytes, *, replace: bool) -> bool:
    """Write a 0600 file whole or not at all. False if it exists and `replace` is not set."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True
