"""The program through its real front door: another process, its streams, its exit status, and how long it took."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
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


@dataclass
class Program:
    """`ergon-ops` with a home of its own. `prefix`: what it is started through (another user, a namespace)."""

    home: Path
    engine: str
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __call__(self, *words: str, stdin: str | None = None, code: int | None = 0) -> Done:
        """Runs it to its end. Whatever happens: no traceback, no raw control characters, no hang."""
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
        try:
            out, err = running.communicate(stdin, timeout=HANGS_S)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            out, err = running.communicate()
            raise AssertionError(f"it hangs: {running.args!r} said {out!r} {err!r}") from None
        done = Done(running.returncode, out, err, time.monotonic() - began)
        assert "Traceback" not in out + err, done
        assert "internal error" not in out + err, done
        assert "\x1b" not in out + err, done
        assert code is None or done.code == code, done
        return done

    def variables(self) -> dict[str, str]:
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "ERGON_OPS_", "XDG_"))
        }
        made = {**kept, "HOME": str(self.home), "DOCKER_HOST": self.engine, **self.environment}
        return {key: value for key, value in made.items() if value and key not in self.without}

    @property
    def state(self) -> Path:
        return self.home / ".local" / "state" / "ergon-ops" / "state.db"
