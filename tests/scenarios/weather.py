"""An engine of our own that may be stopped, frozen and killed: in its own network and mount namespace, on a socket of
this machine and over TLS at an address of its namespace. Whatever else runs here is not touched."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.certificates import certificates
from tests.scenarios.containers import Api

NEEDED = ("dockerd", "containerd", "runc", "ip", "nsenter", "unshare", "openssl", "busybox")
ANSWERS_S = 45.0
ENDS_S = 60.0


def missing() -> str:
    """Why no engine can be started here; empty if it can."""
    if os.geteuid() != 0:
        return "an engine of our own needs root"
    absent = [program for program in NEEDED if shutil.which(program) is None]
    return f"not here: {', '.join(absent)}" if absent else ""


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@dataclass
class Weather:
    """One engine, and what may happen to it. `near` and `far` are two ways to it."""

    folder: Path
    namespace: str = field(default_factory=lambda: f"ergscn{os.getpid()}")
    daemon: subprocess.Popen[bytes] | None = None
    subnet: str = field(default_factory=lambda: free_subnet())

    @property
    def ours(self) -> str:
        return f"{self.subnet}.1"

    @property
    def theirs(self) -> str:
        return f"{self.subnet}.2"

    @property
    def socket(self) -> Path:
        return self.folder / "docker.sock"

    @property
    def near(self) -> str:
        return f"unix://{self.socket}"

    @property
    def far(self) -> str:
        return f"tcp://{self.theirs}:2376"

    def start(self) -> None:
        """Returns once it answers."""
        flags = [
            *("--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec")),
            *("--pidfile", str(self.folder / "pid"), "--config-file", str(self.folder / "none.json")),
            *("--host", self.near, "--host", self.far, "--cgroup-parent", f"/{self.namespace}"),
            *("--tlsverify", "--tlscacert", str(self.folder / "ca.pem")),
            *("--tlscert", str(self.folder / "server.pem"), "--tlskey", str(self.folder / "server-key.pem")),
        ]
        # A folder of its own over /etc/docker gives it an identity of its own.
        inside = 'mount --bind "$0/etc" /etc/docker 2>/dev/null; exec dockerd "$@"'
        entry = ["nsenter", f"--net=/run/netns/{self.namespace}", "unshare", "--mount", "sh", "-c", inside]
        with (self.folder / "log").open("ab") as log:
            self.daemon = subprocess.Popen(
                [*entry, str(self.folder), *flags], stdout=log, stderr=log, start_new_session=True
            )
        limit = time.monotonic() + ANSWERS_S
        while time.monotonic() < limit and self.daemon.poll() is None:
            if self.api.alive():
                return
            time.sleep(0.1)
        raise RuntimeError(f"no engine of our own: {(self.folder / 'log').read_text()[-2000:]}")

    @property
    def api(self) -> Api:
        return Api(self.socket)

    def stop(self) -> None:
        """As an operator would: its containers end with it."""
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        if self.daemon is not None:
            self.daemon.wait(ENDS_S)
        self.daemon = None

    def crash(self) -> None:
        self._signal(signal.SIGKILL)
        if self.daemon is not None:
            self.daemon.wait(ENDS_S)
        self.daemon = None
        self._bury()

    def _bury(self) -> None:
        """Its containerd dies with it; until somebody has collected that, the next dockerd would wait for its word."""
        note = self.folder / "exec" / "containerd" / "containerd.pid"
        limit = time.monotonic() + ENDS_S
        while note.exists() and time.monotonic() < limit:
            with contextlib.suppress(OSError, ValueError):
                state = Path(f"/proc/{int(note.read_text())}/stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z":
                    time.sleep(0.05)
                    continue
            note.unlink(missing_ok=True)

    def _signal(self, number: signal.Signals) -> None:
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.send_signal(number)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It accepts connections and says nothing."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    @contextlib.contextmanager
    def crashed(self) -> Iterator[None]:
        self.crash()
        try:
            yield
        finally:
            self.start()


def free_subnet() -> str:
    """One that nobody has: what a killed run left behind may still hold its own."""
    taken = subprocess.run(("ip", "-o", "-4", "addr"), check=True, capture_output=True, text=True, timeout=10).stdout
    numbers = (10 + (os.getpid() + step) % 240 for step in range(240))
    return next(subnet for number in numbers if f" {(subnet := f'10.215.{number}')}." not in taken)


@contextlib.contextmanager
def network(weather: Weather) -> Iterator[None]:
    name = weather.namespace
    near, far = f"es{os.getpid()}a", f"es{os.getpid()}b"
    run("ip", "netns", "add", name)
    try:
        run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        run("ip", "addr", "add", f"{weather.ours}/30", "dev", near)
        run("ip", "link", "set", near, "up")
        for command in (("addr", "add", f"{weather.theirs}/30", "dev", far), ("link", "set", far, "up")):
            run("ip", "-n", name, *command)
        run("ip", "-n", name, "link", "set", "lo", "up")
        yield
    finally:
        # Its shims may outlive an engine for a moment, and with them the namespace and both ends of the cable.
        subprocess.run(("ip", "link", "del", near), check=False, capture_output=True, timeout=10)
        run("ip", "netns", "del", name)


@contextlib.contextmanager
def engine(folder: Path) -> Iterator[Weather]:
    weather = Weather(folder)
    (folder / "etc").mkdir()
    (folder / "none.json").write_text("{}")
    certificates(folder, weather.theirs)
    with network(weather):
        try:
            weather.start()
            yield weather
        finally:
            if weather.daemon is None:
                weather.start()  # what a crash left behind is its to clear away
            weather.stop()
            for left in Path("/sys/fs/cgroup").glob(f"*/{weather.namespace}"):
                with contextlib.suppress(OSError):
                    left.rmdir()
