"""A second engine that can only be reached over TLS: in its own network, mount and UTS namespace."""

from __future__ import annotations

import contextlib
import io
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

from ergon_ops.engine.connect import Endpoint, Tls
from tests.certificates import certificates

NAMESPACE, OURS, THEIRS = "engtest", "10.214.77.1", "10.214.77.2"
NEEDED = ("dockerd", "containerd", "runc", "ip", "nsenter", "unshare", "openssl", "busybox")
APPLETS = ("sh", "sleep", "echo", "true", "cat", "httpd", "head")


def missing() -> list[str]:
    return [program for program in NEEDED if shutil.which(program) is None]


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@contextlib.contextmanager
def network() -> Iterator[None]:
    for left in (("netns", "del", NAMESPACE), ("link", "del", "engtest0")):  # of a run that was killed
        subprocess.run(["ip", *left], capture_output=True, check=False, timeout=10)
    run("ip", "netns", "add", NAMESPACE)
    try:
        run("ip", "link", "add", "engtest0", "type", "veth", "peer", "name", "engtest1", "netns", NAMESPACE)
        run("ip", "addr", "add", f"{OURS}/30", "dev", "engtest0")
        run("ip", "link", "set", "engtest0", "up")
        for command in (("addr", "add", f"{THEIRS}/30", "dev", "engtest1"), ("link", "set", "engtest1", "up")):
            run("ip", "-n", NAMESPACE, *command)
        run("ip", "-n", NAMESPACE, "link", "set", "lo", "up")
        yield
    finally:
        run("ip", "netns", "del", NAMESPACE)


@contextlib.contextmanager
def engine(folder: Path) -> Iterator[Endpoint]:
    """Up within seconds, gone afterwards. Its containers are on this machine, but nothing here says so."""
    (folder / "etc").mkdir()
    (folder / "none.json").write_text("{}")
    certificates(folder, THEIRS)
    with network(), (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [
                "nsenter", f"--net=/run/netns/{NAMESPACE}", "unshare", "--uts", "--mount", "sh", "-c",
                'hostname engtest-far; mount --bind "$0/etc" /etc/docker 2>/dev/null; exec dockerd "$@"', str(folder),
                "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"),
                "--pidfile", str(folder / "pid"), "--config-file", str(folder / "none.json"),
                "--host", f"tcp://{THEIRS}:2376", "--cgroup-parent", "/engtest-far",
                "--tlsverify", "--tlscacert", str(folder / "ca.pem"),
                "--tlscert", str(folder / "server.pem"), "--tlskey", str(folder / "server-key.pem"),
            ],
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            _await_port(daemon, folder / "log")
            tls = Tls(folder / "ca.pem", folder / "client.pem", folder / "client-key.pem")
            yield Endpoint("far", f"https://{THEIRS}:2376", "context far", tls)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)
            for left in Path("/sys/fs/cgroup").glob("*/engtest-far"):
                with contextlib.suppress(OSError):
                    left.rmdir()


def _await_port(daemon: subprocess.Popen[bytes], log: Path) -> None:
    import socket

    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection((THEIRS, 2376), 1):
            return
        if daemon.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"no second engine: {log.read_text()[-2000:]}")


def busybox_tar(path: Path) -> Path:
    """A root filesystem of one program."""
    with tarfile.open(path, "w") as tar:
        tar.add(shutil.which("busybox") or "", "bin/busybox")
        for applet in APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        for folder in ("tmp", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry, io.BytesIO())
    return path
