"""A program in a terminal of its own, by the standard library alone: what a person types, what the screen got."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Pseudo:
    """`seen` is every byte the program wrote, escape sequences and all."""

    descriptor: int
    pid: int
    seen: str = ""

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def wait(self, what: Callable[[str], object] | str, *, seconds: float = 30.0) -> str:
        """What came since the last wait, once it shows that."""
        shows = what if callable(what) else lambda text: what in text
        end, new = time.monotonic() + seconds, ""
        while not shows(new):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.descriptor], [], [], left)[0]:
                raise AssertionError(f"it never showed {what}: {new[-2000:]!r}")
            try:
                data = os.read(self.descriptor, 65536)
            except OSError:
                data = b""
            if not data:
                raise AssertionError(f"it ended before it showed {what}: {new[-2000:]!r}")
            piece = data.decode("utf-8", "replace")
            new += piece
            self.seen += piece
        return new

    def resize(self, columns: int, rows: int = 30) -> None:
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def status(self, *, seconds: float = 30.0) -> int:
        """Its exit status, once it ended; what it still says is read."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                while select.select([self.descriptor], [], [], 0.05)[0]:
                    data = os.read(self.descriptor, 65536)
                    if not data:
                        break
                    self.seen += data.decode("utf-8", "replace")
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        raise AssertionError(f"it did not end: {self.seen[-2000:]!r}")


@contextmanager
def pseudo(command: Sequence[str], environ: Mapping[str, str], *, columns: int = 80) -> Iterator[Pseudo]:
    pid, descriptor = pty.fork()
    if not pid:
        with contextlib.suppress(OSError):
            os.execvpe(command[0], list(command), dict(environ))
        os._exit(127)
    made = Pseudo(descriptor, pid)
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    try:
        yield made
    finally:
        if made.pid:
            os.kill(made.pid, signal.SIGKILL)
            os.waitpid(made.pid, 0)
        os.close(descriptor)
