"""The program through its real front door: another process, its streams, its exit status, and how long it took."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ERGON_OPS = Path(sys.executable).with_name("ergon-ops")
HANGS_S = 60.0  # nothing may take this long, however busy the machine is


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> dict[str, Any]:
        """The one document on stdout."""
        return dict(json.loads(self.out))

    @property
    def complaint(self) -> str:
        """The one clear line; nothing else was said."""
        assert self.out == "", self
        assert self.err.count("\n") == 1, self
        assert self.err.startswith("ergon-ops: "), self
        return self.err.strip()


def ended(running: subprocess.Popen[str], began: float, stdin: str | None = None) -> Done:
    """Killed if it hangs; its status then says so."""
    try:
        out, err = running.communicate(stdin, timeout=HANGS_S)
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGKILL)
        out, err = running.communicate()
    return Done(running.returncode, out, err, time.monotonic() - began)


def judged(done: Done, code: int | None) -> Done:
    """Whatever happened: no traceback, no raw control characters, no hang."""
    assert done.code != -signal.SIGKILL, f"it hangs: {done}"
    assert "Traceback" not in done.out + done.err, done
    assert "internal error" not in done.out + done.err, done
    assert "\x1b" not in done.out + done.err, done
    assert code is None or done.code == code, done
    return done


@dataclass
class Program:
    """`ergon-ops` with a home of its own. `prefix`: what it is started through (another user, a namespace)."""

    home: Path
    engine: str
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __call__(self, *words: str, stdin: str | None = None, code: int | None = 0) -> Done:
        """Runs it to its end."""
        began = time.monotonic()
        running = self.start(*words, stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE)
        return self.finish(running, began, stdin=stdin, code=code)

    def start(self, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.prefix, str(ERGON_OPS), *words],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="surrogateescape", env=self.variables(), cwd="/",
        )  # fmt: skip

    def finish(
        self, running: subprocess.Popen[str], began: float, *, stdin: str | None = None, code: int | None = 0
    ) -> Done:
        return judged(ended(running, began, stdin), code)

    def together(self, *questions: Sequence[str], code: int | None = 0) -> list[Done]:
        """One process for each, all at once. Every one of them ends before any is judged."""
        began = time.monotonic()
        running = [self.start(*words) for words in questions]
        return [judged(done, code) for done in [ended(each, began) for each in running]]

    def variables(self) -> dict[str, str]:
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "ERGON_OPS_", "XDG_"))
        }
        made = {**kept, "HOME": str(self.home), "DOCKER_HOST": self.engine, **self.environment}
        return {key: value for key, value in made.items() if value and key not in self.without}

    @property
    def state(self) -> Path:
        return self.home / ".local" / "state" / "ergon-ops" / "state.db"
