#!/usr/bin/env python3
"""A Docker engine for the demo and the tests: the one that answers, else one of our own.

    python3 tests/lab/engine.py up [--ask] | down | env | status

Runs before the virtual environment exists, hence the standard library only. Progress goes to stderr;
the last line of stdout is `export DOCKER_HOST=…`, so that a shell can `eval` it.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

LAB = Path(os.environ.get("ERGON_OPS_LAB") or "/var/tmp/ergon-ops-lab")
SOCKET = LAB / "docker.sock"
PIDFILE = LAB / "dockerd.pid"
LOG = LAB / "dockerd.log"
DEFAULT_HOST = "unix:///var/run/docker.sock"
PACKAGES = ("docker.io", "iptables", "iproute2", "busybox-static")
PROGRAMS = ("dockerd", "containerd", "runc", "iptables", "ip")
PING_S = 3.0
START_S = 45.0
STOP_S = 60.0
APT_S = 600.0


class LabError(Exception):
    """One line for the person at the terminal, with the next step."""


def say(line: str) -> None:
    print(f"lab: {line}", file=sys.stderr, flush=True)


# -- does an engine answer? ------------------------------------------------------------------------------------------


def answers(host: str, *, deadline_s: float = PING_S) -> bool:
    """Ask `/_ping`, giving up after `deadline_s` in all: name lookup, connecting and a dripping reply included."""
    replies: list[bytes] = []
    thread = threading.Thread(target=_ping, args=(host, deadline_s, replies), daemon=True)
    thread.start()
    thread.join(deadline_s)
    return bool(replies) and replies[0].split(b"\r\n", 1)[0].endswith(b" 200 OK")


def _ping(host: str, deadline_s: float, replies: list[bytes]) -> None:
    if host.startswith("ssh://") or (host.startswith("tcp://") and os.environ.get("DOCKER_TLS_VERIFY")):
        replies.extend(_ping_by_cli(host, deadline_s))
        return
    with contextlib.suppress(OSError, ValueError), _connect(host, deadline_s) as link:
        link.sendall(b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n")
        reply = b""
        while b"\r\n\r\n" not in reply and len(reply) < 65536:
            part = link.recv(4096)
            if not part:
                break
            reply += part
        replies.append(reply)


def _connect(host: str, timeout_s: float) -> socket.socket:
    address = urlsplit(host)
    if address.scheme == "unix":
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(timeout_s)
        try:
            link.connect(address.path)
        except OSError:
            link.close()
            raise
        return link
    return socket.create_connection((address.hostname or "", address.port or 2375), timeout_s)


def _ping_by_cli(host: str, deadline_s: float) -> list[bytes]:
    """TLS and ssh are the docker client's trade: it knows the certificates and keys."""
    docker = shutil.which("docker")
    if docker is None:
        return []
    command = [docker, "--host", host, "version", "--format", "{{.Server.Version}}"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=deadline_s, check=False)
    except subprocess.TimeoutExpired:
        return []
    return [b"HTTP/1.1 200 OK\r\n\r\n"] if done.returncode == 0 else []


def context_host() -> str | None:
    """The address of the docker client's current context, if it is one that `DOCKER_HOST` alone can express."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    name = os.environ.get("DOCKER_CONTEXT") or _json(folder / "config.json").get("currentContext")
    if not isinstance(name, str) or name in {"", "default"}:
        return None
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
    endpoints = _json(meta).get("Endpoints")
    endpoint = endpoints.get("docker") if isinstance(endpoints, dict) else None
    host = endpoint.get("Host") if isinstance(endpoint, dict) else None
    if isinstance(host, str) and host.startswith(("unix://", "tcp://")):
        return host
    say(f"docker context {name!r} is not reachable by DOCKER_HOST alone; not used")
    return None


def _json(path: Path) -> dict[str, object]:
    try:
        loaded = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def candidates() -> Iterator[str]:
    chosen = os.environ.get("DOCKER_HOST")
    if chosen:
        # Whoever names an engine means that one: never fall back to the default socket behind their back.
        yield chosen
    else:
        yield from filter(None, [context_host()])
        yield DEFAULT_HOST
    if _ours(LAB):
        yield f"unix://{SOCKET}"


def _ours(folder: Path) -> bool:
    """The folder lies where anyone may create files: a stranger's socket there is not an engine to talk to."""
    with contextlib.suppress(OSError):
        return folder.lstat().st_uid in {0, os.geteuid()} and folder.is_dir()
    return False


def find() -> str | None:
    return next((host for host in candidates() if answers(host)), None)


# -- our own engine --------------------------------------------------------------------------------------------------


def up(*, ask: bool) -> str:
    host = find()
    if host is not None:
        return host
    if os.environ.get("DOCKER_HOST"):
        say(f"DOCKER_HOST={os.environ['DOCKER_HOST']} does not answer")
    _require_root_on_debian()
    if ask and sys.stdin.isatty() and sys.stderr.isatty():
        _ask()
    LAB.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not _ours(LAB):
        raise LabError(f"{LAB} belongs to somebody else: set ERGON_OPS_LAB to another folder")
    with _locked():
        return find() or _install_and_start()


def _require_root_on_debian() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get") and shutil.which("dpkg"):
        return
    raise LabError(
        "no Docker engine answers: install Docker and start it (Debian: sudo apt-get install docker.io), "
        "or set DOCKER_HOST to one that runs"
    )


def _ask() -> None:
    missing = "" if _installed() else f"install {' '.join(PACKAGES)} with apt-get and "
    print(
        f"No Docker engine answers. May I {missing}start one under {LAB}? [y/N] ", end="", file=sys.stderr, flush=True
    )
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise LabError("not started; set DOCKER_HOST to an engine that runs, or answer y next time")


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """Two `up` at once must not start two daemons on one data root."""
    with (LAB / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _installed() -> bool:
    return all(shutil.which(program, path=_path()) for program in PROGRAMS)


def _path() -> str:
    return os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"


def _install_and_start() -> str:
    if not _installed():
        _install()
        # Under systemd the package has started an engine itself: a second one would fight over docker0.
        host = find()
        if host is not None:
            return host
        if not _installed():
            raise LabError(
                f"docker.io is installed, yet {' or '.join(PROGRAMS)} is missing: apt-get install --reinstall it"
            )
    _refuse_a_neighbour()
    return _start()


def _install() -> None:
    transcript = LAB / "apt.log"
    say(f"installing {' '.join(PACKAGES)} (about 15 s; transcript in {transcript})")
    apt = ["apt-get", "-y", "-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=2"]
    with transcript.open("wb") as log:
        # `update` fails as a whole when one foreign source is down; whether that matters is what `install` shows.
        _apt([*apt, "update"], log)
        if _apt([*apt, "install", "--no-install-recommends", *PACKAGES], log) != 0:
            raise LabError(f"apt-get could not install docker.io; the end of its transcript:\n  {_tail(transcript)}")


def _apt(command: list[str], log: BinaryIO) -> int:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=APT_S, env=environment, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        raise LabError(f"apt-get took longer than {APT_S:.0f} s: is the package mirror reachable?") from None


def _tail(path: Path) -> str:
    return "\n  ".join(path.read_text(errors="replace").splitlines()[-8:])


def _refuse_a_neighbour() -> None:
    """Two daemons in one network namespace take docker0 and the iptables chains from each other."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            same_network = os.readlink(entry / "ns/net") == os.readlink("/proc/self/ns/net")
            if same_network and (entry / "comm").read_text().strip() == "dockerd":
                raise LabError(
                    f"another dockerd (pid {entry.name}) runs here: set DOCKER_HOST to its socket, or stop it"
                )


def _start() -> str:
    (LAB / "daemon.json").write_text("{}\n")  # the machine's own daemon.json may contradict our flags
    command = [
        shutil.which("dockerd", path=_path()) or "dockerd",
        *("--config-file", str(LAB / "daemon.json"), "--pidfile", str(PIDFILE)),
        *("--data-root", str(LAB / "data"), "--exec-root", str(LAB / "exec"), "--host", f"unix://{SOCKET}"),
    ]
    say(f"starting dockerd under {LAB}")
    with LOG.open("wb") as log:
        daemon = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={**os.environ, "PATH": _path()},
            start_new_session=True,
        )
    limit = time.monotonic() + START_S
    while time.monotonic() < limit:
        if answers(f"unix://{SOCKET}", deadline_s=1.0):
            return f"unix://{SOCKET}"
        if daemon.poll() is not None:
            break
        time.sleep(0.1)
    raise LabError(f"dockerd did not start; the end of its log:\n  {_tail(LOG)}")


def down() -> None:
    pid = _own_pid()
    if pid is None:
        say("our own engine is not running")
        return
    say(f"stopping dockerd (pid {pid})")
    os.kill(pid, signal.SIGTERM)
    limit = time.monotonic() + STOP_S
    while _own_pid() == pid:
        if time.monotonic() > limit:
            # SIGKILL would leave the containers' shims behind, so that is left to a person.
            raise LabError(f"dockerd (pid {pid}) is still there after {STOP_S:.0f} s; its log is {LOG}")
        time.sleep(0.1)
    PIDFILE.unlink(missing_ok=True)


def _own_pid() -> int | None:
    """The daemon named in our pid file, only if that process is a live dockerd on our data root."""
    try:
        pid = int(PIDFILE.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if str(LAB / "data").encode() in command else None


# -- the command -----------------------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A Docker engine for the demo and the tests.")
    parser.add_argument("command", choices=["up", "down", "env", "status"])
    parser.add_argument(
        "--ask", action="store_true", help="ask before installing or starting anything, if there is a terminal"
    )
    options = parser.parse_args(arguments)
    try:
        if options.command == "down":
            down()
            return 0
        host = up(ask=options.ask) if options.command == "up" else find()
    except LabError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    if host is None:
        say("no engine answers; start one with: make lab")
        return 1
    whose = "ours" if host == f"unix://{SOCKET}" else "found"
    print(f"{host} answers ({whose})" if options.command == "status" else f"export DOCKER_HOST={host}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
