#!/usr/bin/env python3
"""Newer Docker engines beside the installed one, out of the packages of newer Debian releases.

    sudo -E python3 tests/lab/newer_engines.py trixie COMMAND…     # COMMAND speaks to that engine: DOCKER_HOST is set

Downloaded by an apt with a view of its own, unpacked into the lab's folder, never installed. Such an engine lives in
its own network, UTS and mount namespace, ends with whoever started it, and runs the machine's `runc`: a newer one may
want a newer libc. Standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # as a program of its own

from ergon_ops.packaging.debian_rootfs import RootfsError, distribution_sources
from tests.lab.engine import LAB

CACHE = LAB / "newer"
CGROUPS = Path("/sys/fs/cgroup")
PREFIX = "ergon-newer-"
SUITES = {"trixie": ("docker.io", "containerd", "tini"), "sid": ("docker.io", "containerd", "tini-static")}
PROGRAMS = ("apt-get", "dpkg-deb", "runc", "iptables", "ip", "unshare", "setpriv", "mount", "hostname")
ADMIN = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
APT_S = 100.0
START_S = 45.0
STOP_S = 60.0
# The parent's end is this one's: a test run that is killed leaves no engine behind.
ENTRY = ("unshare", "--net", "--uts", "--mount", "setpriv", "--pdeathsig", "TERM", "sh", "-c")
INSIDE = """
hostname "$1" && ip link set lo up && mkdir -p /etc/docker && mount --bind "$2" /etc/docker || exit
shift 2; exec dockerd "$@"
"""


class Unavailable(Exception):
    """Why there is no such engine here, in one line."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One that answers."""

    suite: str
    version: str
    api_version: str
    docker_host: str
    pid: int


def missing() -> str:
    """Why no engine can be started here; empty if one may be tried."""
    if os.geteuid() != 0:
        return "a network namespace needs root"
    absent = [program for program in PROGRAMS if shutil.which(program, path=_path()) is None]
    if absent:
        return f"not here: {', '.join(absent)}"
    if not any(os.access(CGROUPS / place / "cgroup.procs", os.W_OK) for place in ("memory", "")):
        return "cgroups may not be made"
    done = _run(["unshare", "--net", "--uts", "--mount", "true"], deadline_s=10)
    return "" if done.returncode == 0 else f"no namespaces: {_last_line(done.stderr)}"


# -- the packages ----------------------------------------------------------------------------------------------------


def programs(suite: str) -> Path:
    """The root of that release's engine, downloaded once. Raises Unavailable."""
    root = CACHE / suite
    try:
        CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
        if any(place.stat().st_uid != os.geteuid() for place in (LAB, CACHE)):
            raise Unavailable(f"{LAB} belongs to somebody else: set ERGON_OPS_LAB to another folder")
        with (CACHE / f"{suite}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not root.exists():
                with tempfile.TemporaryDirectory(prefix=f"{suite}-", dir=CACHE) as folder:
                    _unpack(suite, Path(folder)).rename(root)
    except (OSError, RootfsError) as error:
        raise Unavailable(str(error)) from None
    return root


def _unpack(suite: str, folder: Path) -> Path:
    archives, draft = folder / "archives", folder / "root"
    for name in ("state/lists/partial", "cache/archives/partial", "sources", "archives"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources" / "suite.list").write_text(f"{_source(suite)}\n")
    _apt(folder, "update")
    _apt(folder, "download", *SUITES[suite])
    for archive in sorted(archives.glob("*.deb")):
        done = _run(["dpkg-deb", "-x", str(archive), str(draft)], deadline_s=60)
        if done.returncode != 0:
            raise Unavailable(f"{archive.name} cannot be unpacked: {_last_line(done.stderr)}")
    return draft


def _source(suite: str) -> str:
    """This machine's own mirror, asked for another release."""
    for line in distribution_sources():
        found = re.match(r"(deb\s+(?:\[[^]]*\]\s*)?\S+)\s+(\S+)\s", line)
        if found and not found[2].endswith(("-updates", "-security", "/updates")):
            return f"{found[1]} {suite} main"
    raise Unavailable("this machine names no mirror of its own release")


def _apt(folder: Path, *arguments: str) -> None:
    """Sees nothing of the machine but its mirror and its keys."""
    settings = {
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": folder / "sources",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Debug::NoLocking": 1,
        "APT::Sandbox::User": "root",
        "Acquire::Retries": 1,
        "Acquire::http::Timeout": 15,
        "Acquire::https::Timeout": 15,
        "Acquire::Languages": "none",
    }
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    done = _run(["apt-get", "-qq", *options, *arguments], deadline_s=APT_S, cwd=folder / "archives")
    if done.returncode != 0:
        raise Unavailable(f"apt-get {arguments[0]}: {_last_line(done.stderr)}")


def _run(command: Sequence[str], *, deadline_s: float, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PATH": _path(), "LC_ALL": "C.UTF-8"}
    try:
        return subprocess.run(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=deadline_s,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} took longer than {deadline_s:.0f} s") from None


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _path(root: Path | None = None) -> str:
    own = f"{root}/usr/sbin:{root}/usr/bin:" if root else ""
    return f"{own}{os.environ.get('PATH', '')}:{ADMIN}"


# -- the engine ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def engine(suite: str, folder: Path) -> Iterator[Engine]:
    """Answers when this is entered, gone with its containers afterwards; its data is in `folder`.

    Raises Unavailable.
    """
    root, name = programs(suite), f"{PREFIX}{suite}-{os.getpid()}"
    if reason := _does_not_run(root):
        raise Unavailable(f"dockerd of {suite} does not run here: {reason}")
    daemon = _start(root, folder, name)
    try:
        yield _answering(suite, daemon, folder)
    finally:
        _stop(daemon)
        _sweep()


def _does_not_run(root: Path) -> str:
    """Says what a release too new for this machine's libc says."""
    for program in ("usr/sbin/dockerd", "usr/bin/containerd"):
        done = _run([str(root / program), "--version"], deadline_s=20)
        if done.returncode != 0:
            return _last_line(done.stderr)
    return ""


def _start(root: Path, folder: Path, name: str) -> subprocess.Popen[bytes]:
    own = folder / "etc"  # an identity and settings of its own
    own.mkdir(parents=True, exist_ok=True)
    flags = [
        *("--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")),
        *("--pidfile", str(folder / "pid"), "--host", f"unix://{folder}/docker.sock", "--cgroup-parent", f"/{name}"),
    ]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [*ENTRY, INSIDE, "sh", name, str(own), *flags],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={**os.environ, "PATH": _path(root)},
            start_new_session=True,
        )


def _answering(suite: str, daemon: subprocess.Popen[bytes], folder: Path) -> Engine:
    limit = time.monotonic() + START_S
    while time.monotonic() < limit and daemon.poll() is None:
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            told = _version(folder / "docker.sock")
            return Engine(suite, told["Version"], told["ApiVersion"], f"unix://{folder}/docker.sock", daemon.pid)
        time.sleep(0.1)
    raise Unavailable(f"dockerd of {suite} does not start here: {_last_line((folder / 'log').read_bytes())}")


def _version(path: Path) -> dict[str, str]:
    link = http.client.HTTPConnection("docker", timeout=2)
    link.sock = socket.socket(socket.AF_UNIX)
    link.sock.settimeout(2)
    try:
        link.sock.connect(str(path))
        link.request("GET", "/version")
        told: dict[str, str] = json.loads(link.getresponse().read())
        return told
    finally:
        link.close()


def _stop(daemon: subprocess.Popen[bytes]) -> None:
    """As an operator would: its containers and their shims end with it."""
    daemon.send_signal(signal.SIGTERM)
    try:
        daemon.wait(STOP_S)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait(STOP_S)


def _sweep() -> None:
    """The empty cgroups of this process, and of those that were killed."""
    for left in (*CGROUPS.glob(f"{PREFIX}*"), *CGROUPS.glob(f"*/{PREFIX}*")):
        pid = left.name.rpartition("-")[2]
        if pid == str(os.getpid()) or not Path(f"/proc/{pid}").exists():
            with contextlib.suppress(OSError):
                left.rmdir()


# -- the command -----------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    if len(arguments) < 2 or arguments[0] not in SUITES:
        print(f"usage: newer_engines.py {'|'.join(SUITES)} COMMAND…", file=sys.stderr)
        return 64
    suite, *command = arguments
    try:
        if reason := missing():
            raise Unavailable(reason)
        with tempfile.TemporaryDirectory(prefix="ergon-newer-") as folder, engine(suite, Path(folder)) as found:
            print(f"lab: Docker {found.version}, API {found.api_version}", file=sys.stderr)
            return subprocess.run(command, env={**os.environ, "DOCKER_HOST": found.docker_host}, check=False).returncode
    except Unavailable as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
