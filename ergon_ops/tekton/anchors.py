"""One tiny process per CI for aish to see and, if a person removes that CI, to kill: never the bridge itself.

An anchor is a `cat` that reads from a pipe of ours and gets nothing. When the bridge ends, however it ends, the pipe
closes and every anchor with it: none is ever left behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from ergon_ops.errors import ErgonError


class Anchors:
    def __init__(self) -> None:
        self._program = shutil.which("cat") or "/bin/cat"
        self._read, self._write = os.pipe2(os.O_CLOEXEC)
        self._held: dict[str, subprocess.Popen[bytes]] = {}

    def hold(self, key: str) -> int:
        """The pid that stands for this CI. Raises ErgonError where no process can be started."""
        known = self._held.get(key)
        if known is not None and known.poll() is None:
            return known.pid
        try:
            anchor = subprocess.Popen(
                [self._program],
                stdin=self._read,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={},
                start_new_session=True,
            )
        except OSError as error:
            raise ErgonError(f"no process for {key} can be started: {error.strerror}") from error
        self._held[key] = anchor
        return anchor.pid

    def fallen(self) -> tuple[str, ...]:
        """The CIs whose anchor somebody ended since the last look; they are held no longer."""
        gone = tuple(key for key, anchor in self._held.items() if anchor.poll() is not None)
        for key in gone:
            del self._held[key]
        return gone

    def drop(self, key: str) -> None:
        anchor = self._held.pop(key, None)
        if anchor is not None:
            anchor.terminate()
            anchor.wait()

    def close(self) -> None:
        """Ends all of them, by pid, and waits for each."""
        os.close(self._write)
        for anchor in self._held.values():
            anchor.terminate()
        for anchor in self._held.values():
            anchor.wait()
        self._held.clear()
        os.close(self._read)
