"""Where the daemon of this user lives: its run folder (0700), its sockets, its lock, its token."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from typing import IO

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError, UsageError
from ergon_ops.settings import Settings
from ergon_ops.store.folder import secure_folder, write_private

LONGEST_PATH = 100  # of a unix socket, the kernel's limit is 107


class AlreadyRunning(ErgonError):
    code = "already_running"


@dataclass(frozen=True, slots=True)
class Place:
    folder: Path

    @classmethod
    def of(cls, settings: Settings) -> Place:
        """Raises UsageError where a socket's path would be too long."""
        folder = settings.state_dir / "run"
        if len(str(folder / ("x" * 30))) > LONGEST_PATH:
            raise UsageError(f"{folder} is too long for a socket", next="set ERGON_OPS_STATE to a shorter folder")
        return cls(folder)

    @property
    def socket(self) -> Path:
        return self.folder / "daemon.sock"

    @property
    def token_file(self) -> Path:
        return self.folder / "token"

    @property
    def registry(self) -> Path:
        """Our own registry of CIs, which our aish reads where there is no Tekton."""
        return self.folder / "cis.json"

    def lock(self) -> IO[str]:
        """Held while the daemon lives. Raises AlreadyRunning with the pid of who holds it."""
        secure_folder(self.folder.parent)
        secure_folder_inside(self.folder)
        file = (self.folder / "daemon.pid").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            pid = file.read().strip() or "?"
            file.close()
            raise AlreadyRunning(f"ergon-ops serve runs already, pid {pid}", next=f"stop it with: kill {pid}") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        return file

    def sweep(self) -> None:
        """Sockets that a killed daemon left behind; the lock says that nobody listens on them."""
        for path in self.folder.glob("*.sock"):
            with suppress(OSError):
                path.unlink()

    def token(self) -> str:
        """The HTTP token, made once; 0600."""
        write_private(self.token_file, secrets.token_urlsafe(24).encode(), replace=False)
        return self.token_file.read_text("ascii").strip()


def secure_folder_inside(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)


def further_socket(path: Path) -> Path:
    """Another place to listen, which the caller chose. Raises UsageError where that would destroy or take something."""
    path = path.expanduser().absolute()
    if len(str(path)) > LONGEST_PATH:
        raise UsageError(f"{path} is too long for a socket", next="choose a shorter path for --socket")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}", next=f"make it, or choose another --socket than {path}")
    if path.is_symlink() or (path.exists() and not path.is_socket()):
        raise UsageError(f"{path} is there and is no socket", next="choose another path for --socket")
    with suppress(OSError), socket.socket(socket.AF_UNIX) as link:
        link.settimeout(1.0)
        link.connect(str(path))
        raise UsageError(f"somebody listens on {path}", next="choose another path for --socket")
    return path


def unix_listener(path: Path) -> socket.socket:
    with suppress(FileNotFoundError):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    listener.listen(2_048)
    listener.setblocking(False)
    return listener


def tcp_listener(host: str, port: int) -> socket.socket:
    """Raises ErgonError where the address is in use or not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ErgonError(
            f"cannot listen on {host}:{port}: {error.strerror}", next="--http 127.0.0.1:0 takes a free port"
        ) from error
    listener.listen(2_048)
    listener.setblocking(False)
    return listener
