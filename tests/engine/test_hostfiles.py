"""HostFiles against a real engine: what the files say about containers that really do these things."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from ergon_ops.engine import netns, procfs
from ergon_ops.engine.hostfiles import HostFiles
from ergon_ops.engine.kernelfiles import KernelFiles
from ergon_ops.engine.protocols import Counters
from ergon_ops.facts import Value
from ergon_ops.history import rates
from ergon_ops.history.samples import same_run
from ergon_ops.refs import Ref

pytestmark = pytest.mark.engine
BUSYBOX = "ergon-ops-lab/busybox:1"
SHELL_LESS = "hostfiles-test/scratch:1"
REF = Ref("subject")
MIB = 1024 * 1024
Started = tuple[str, int]


class Lab:
    """Containers that are gone after the test."""

    def __init__(self, client: docker.APIClient) -> None:
        self.client = client
        self._made: list[str] = []

    def run(self, *command: str, image: str = BUSYBOX, **limits: Any) -> Started:
        host = self.client.create_host_config(**limits)
        made = self.client.create_container(image, list(command), host_config=host, labels={"hostfiles-test": "1"})
        self._made.append(made["Id"])
        self.client.start(made["Id"])
        return made["Id"], self.pid(made["Id"])

    def pid(self, container_id: str) -> int:
        return int(self.client.inspect_container(container_id)["State"]["Pid"])

    def clean(self) -> None:
        for container_id in self._made:
            self.client.remove_container(container_id, force=True, v=True)


@pytest.fixture(scope="module")
def client(docker_host: str) -> Iterator[docker.APIClient]:
    client = docker.APIClient(base_url=docker_host, timeout=30)
    try:
        client.inspect_image(BUSYBOX)  # type: ignore[no-untyped-call]
    except docker.errors.ImageNotFound:
        pytest.fail("the lab's images are missing: run `make lab`")
    yield client
    client.close()


@pytest.fixture
def lab(client: docker.APIClient) -> Iterator[Lab]:
    lab = Lab(client)
    yield lab
    lab.clean()


@pytest.fixture
def files() -> HostFiles:
    return HostFiles()


@pytest.fixture(scope="module")
def shell_less(client: docker.APIClient) -> Iterator[str]:
    """An image of one static file: no shell, no `ps`, nothing to run inside."""
    made = client.create_container(BUSYBOX, ["true"])
    try:
        parts, _ = client.get_archive(made["Id"], "/bin/busybox")
        packed = io.BytesIO(b"".join(parts))
    finally:
        client.remove_container(made["Id"])
    image = io.BytesIO()
    with tarfile.open(fileobj=packed) as source, tarfile.open(fileobj=image, mode="w") as target:
        binary = source.extractfile("busybox")
        assert binary is not None
        body = binary.read()
        entry = tarfile.TarInfo("httpd")
        entry.size, entry.mode = len(body), 0o755
        target.addfile(entry, io.BytesIO(body))
    repository, _, tag = SHELL_LESS.partition(":")
    client.import_image_from_data(image.getvalue(), repository=repository, tag=tag)
    yield SHELL_LESS
    client.remove_image(SHELL_LESS, force=True)


def eventually(question: Callable[[], Any], *, within_s: float = 60.0) -> Any:
    """The first answer that is true."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if answer := question():
            return answer
        time.sleep(0.05)
    pytest.fail("did not happen in time")


def values(readings: Any) -> dict[str, Value]:
    return {item.name: item.value for item in readings}


def sample(files: HostFiles, container: Started) -> Counters:
    counters = files.counters(*container)
    assert counters is not None
    return counters


def test_a_throttled_container_is_seen_throttled_at_its_quota(lab: Lab, files: HostFiles) -> None:
    container = lab.run("sh", "-c", "while :; do :; done", cpu_period=100_000, cpu_quota=5_000)

    def window() -> dict[str, Value] | None:
        earlier = sample(files, container)
        time.sleep(1)
        found = values(rates(REF, earlier, sample(files, container), cpu_limit=0.05, host_cpus=os.cpu_count()))
        ratio = found.get("cpu_throttled_ratio")
        return found if isinstance(ratio, float) and ratio > 0.8 else None

    found = eventually(window)
    assert found["cpu_usage"] == pytest.approx(0.05, abs=0.03)
    assert found["cpu_ratio"] == pytest.approx(1.0, abs=0.6)
    lifetime = values(files.cpu(REF, *container))["cpu_throttled_lifetime"]
    assert isinstance(lifetime, float)
    assert lifetime > 0.5


def test_a_changed_cpu_limit_begins_a_window_anew(lab: Lab, files: HostFiles) -> None:
    container = lab.run("sh", "-c", "while :; do :; done", cpu_period=100_000, cpu_quota=5_000)
    before = sample(files, container)
    time.sleep(0.4)
    same = sample(files, container)
    lab.client.update_container(container[0], cpu_period=100_000, cpu_quota=90_000)
    time.sleep(0.4)
    changed = sample(files, container)
    assert before.cpu_quota
    assert same_run(before, same)
    assert not same_run(same, changed)
    assert rates(REF, same, changed, cpu_limit=0.9, host_cpus=2) == ()


def test_a_child_killed_for_memory_is_counted_though_the_container_lives(lab: Lab, files: HostFiles) -> None:
    container = lab.run(
        "sh", "-c", "dd if=/dev/zero of=/dev/null bs=60M count=1; exec sleep 600", mem_limit="16m", memswap_limit="16m"
    )
    kills = eventually(lambda: values(files.memory(REF, *container)).get("memory_oom_kills"))
    assert kills >= 1
    state = lab.client.inspect_container(container[0])["State"]
    assert state["Running"]
    # Some kernels count no failures where the limit with swap is the same: then there is no number, and not a zero.
    assert values(files.memory(REF, *container)).get("memory_failures") != 0


def test_memory_full_of_page_cache_is_not_memory_in_use(lab: Lab, files: HostFiles) -> None:
    command = "dd if=/dev/zero of=/cache bs=1M count=56; sync; touch /done; exec sleep 600"
    container = lab.run("sh", "-c", command, mem_limit="64m")
    eventually(lambda: [row for row in files.processes(*container) if row.name == "sleep"])
    memory = values(files.memory(REF, *container))
    usage, working_set, ratio = memory["memory_usage"], memory["memory_working_set"], memory["memory_ratio"]
    assert isinstance(usage, int)
    assert isinstance(working_set, int)
    assert isinstance(ratio, float)
    assert usage > 45 * MIB
    assert working_set < 16 * MIB
    assert ratio < 0.25
    assert memory["memory_limit"] == 64 * MIB


def test_sockets_of_an_image_without_a_shell(lab: Lab, files: HostFiles, shell_less: str) -> None:
    container = lab.run("/httpd", "-f", "-p", "0.0.0.0:8080", image=shell_less)
    sockets = eventually(lambda: (found := files.sockets(*container)).listening and found)
    assert [(item.address, item.port, item.program) for item in sockets.listening] == [("0.0.0.0", 8080, "httpd")]
    assert [row.name for row in files.processes(*container)] == ["httpd"]


def test_bound_to_loopback_is_told_from_bound_to_any(lab: Lab, files: HostFiles) -> None:
    command = "httpd -p 127.0.0.1:8001; httpd -p 8002; exec sleep 600"
    container = lab.run("sh", "-c", command)
    eventually(lambda: len(files.sockets(*container).listening) == 2)
    assert {item.port: item.loopback for item in files.sockets(*container).listening} == {8001: True, 8002: False}


def test_a_process_that_ends_meanwhile_does_not_hide_the_sockets(
    lab: Lab, files: HostFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A healthcheck's process may have the lowest number, and be gone when its namespace is asked for."""
    container = lab.run("sh", "-c", "httpd -p 8002; exec sleep 600")
    eventually(lambda: len(files.sockets(*container).listening) == 1)
    with subprocess.Popen(["true"]) as ended:
        pass
    monkeypatch.setattr(procfs, "first_pid", lambda *_: ended.pid)
    assert [item.port for item in files.sockets(*container).listening] == [8002]


def test_both_ways_of_reading_sockets_agree(lab: Lab, files: HostFiles) -> None:
    container = lab.run("sh", "-c", "httpd -p 127.0.0.1:8001; httpd -p 8002; exec sleep 600")
    eventually(lambda: len(files.sockets(*container).listening) == 2)
    kernel = KernelFiles()
    by_text = netns.by_text(kernel, container[1], connections=True)
    by_kernel = netns.by_kernel(kernel, container[1], connections=True)
    assert by_text is not None
    if os.geteuid() == 0:
        assert by_kernel is not None
        # How many may wait is in no table of text.
        assert {replace(item, backlog=0) for item in by_kernel} == set(by_text)


def test_datagram_sockets_and_connections_are_read_too() -> None:
    """In our own namespace: both tables must hold the sockets this test opens."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(type=socket.SOCK_DGRAM) as datagram:
        datagram.bind(("127.0.0.1", 0))
        with socket.create_connection(server.getsockname()) as caller:
            read = (netns.by_kernel, netns.by_text) if os.geteuid() == 0 else (netns.by_text,)
            for way in read:
                raw = way(KernelFiles(), os.getpid(), connections=True)
                assert raw is not None
                seen = {(item.protocol, item.state, item.address, item.port, item.peer_port) for item in raw}
                assert ("tcp", netns.LISTEN, *server.getsockname(), 0) in seen
                assert ("udp", netns.CLOSED, *datagram.getsockname(), 0) in seen
                assert ("tcp", netns.ESTABLISHED, *caller.getsockname(), server.getsockname()[1]) in seen


def test_connections_that_were_closed_a_moment_ago_are_read_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        caller = socket.create_connection(server.getsockname())
        taken, _ = server.accept()
        caller.close()  # who closes first waits
        assert taken.recv(1) == b""
        taken.close()
        for way in (netns.by_kernel, netns.by_text) if os.geteuid() == 0 else (netns.by_text,):
            raw = way(KernelFiles(), os.getpid(), connections=True) or ()
            assert [item.peer_port for item in raw if item.state == netns.TIME_WAIT and item.peer_port == port] == [
                port
            ]


def test_zombies_are_seen(lab: Lab, files: HostFiles) -> None:
    container = lab.run("sh", "-c", "(sleep 0.1 & exec sleep 600)")
    rows = eventually(lambda: [row for row in files.processes(*container) if row.state == "Z"])
    assert rows[0].name == "sleep"


def test_a_restart_is_another_run_and_gives_no_rate(lab: Lab, files: HostFiles) -> None:
    container = lab.run("sh", "-c", "exec sleep 600")
    before = sample(files, container)
    lab.client.restart(container[0], timeout=0)
    after = sample(files, (container[0], lab.pid(container[0])))
    assert after.run != before.run
    assert rates(REF, before, after, cpu_limit=None, host_cpus=2) == ()


def test_kept_open_files_follow_a_restart_and_an_end(lab: Lab) -> None:
    files = HostFiles(keep_open=True)
    container = lab.run("sh", "-c", "exec sleep 600")
    before = sample(files, container)
    assert kept_of(container)
    lab.client.restart(container[0], timeout=0)
    assert sample(files, container).run != before.run, "found again by its id: the pid given is of the former run"
    lab.client.stop(container[0], timeout=0)
    assert files.counters(*container) is None
    assert not kept_of(container), "what is gone is not kept open"
    files.close()


def kept_of(container: Started) -> list[str]:
    """Which of the container's files this process has open."""
    found = []
    for handle in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{handle}"))
    return [path for path in found if container[0] in path]


def test_sweep_finds_running_containers_without_the_engine(lab: Lab, files: HostFiles) -> None:
    running = lab.run("sleep", "600")
    ended = lab.run("true")
    eventually(lambda: not lab.client.inspect_container(ended[0])["State"]["Running"])
    found = {item.container_id: item for item in files.sweep()}
    assert found[running[0]].run == sample(HostFiles(), running).run, "one name for a run, however it was found"
    assert ended[0] not in found


def test_on_the_hosts_network_only_the_containers_own_ports_are_its_ports(lab: Lab, files: HostFiles) -> None:
    with socket.create_server(("127.0.0.1", 0)) as foreign, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        container = lab.run("httpd", "-f", "-p", f"127.0.0.1:{port}", network_mode="host")
        if os.geteuid() == 0:
            sockets = eventually(lambda: (found := files.sockets(*container)).listening and found)
            assert [item.port for item in sockets.listening] == [port]
            assert foreign.getsockname()[1] != port
        else:
            assert not files.sockets(*container).visible
        assert "network_rx" not in values(files.io(REF, *container))


def test_containers_that_share_a_network_do_not_claim_each_others_ports(lab: Lab, files: HostFiles) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root sees who holds a socket")
    web = lab.run("httpd", "-f", "-p", "8080")
    side = lab.run("sh", "-c", "httpd -p 9090; exec sleep 600", network_mode=f"container:{web[0]}")
    eventually(lambda: files.sockets(*side).listening)
    assert [item.port for item in files.sockets(*web).listening] == [8080]
    assert [item.port for item in files.sockets(*side).listening] == [9090]


def test_a_full_tmpfs_and_shm_are_seen_at_their_mounts(lab: Lab, files: HostFiles) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may look through /proc/PID/root")
    command = "dd if=/dev/zero of=/data/x; dd if=/dev/zero of=/dev/shm/x bs=1M count=2; exec sleep 600"
    container = lab.run("sh", "-c", command, tmpfs={"/data": "size=4m"}, shm_size="4m")
    eventually(lambda: [row for row in files.processes(*container) if row.name == "sleep"])
    found = {(item.name, item.key): item.value for item in files.filesystem(REF, container[1], ["/data", "/absent"])}
    assert found["fs_size", "/data"] == 4 * MIB
    assert found["fs_used_ratio", "/data"] == 1.0
    assert found["fs_used_ratio", "/dev/shm"] == 0.5
    assert found["fs_inode_ratio", "/"] is not None
    assert not any(key == "/absent" for _, key in found)


# Everything is imported first: the interpreter and the checkout may lie where only root may look.
AS_ORDINARY_USER = """
import ctypes, json, os, resource, sys
from ergon_ops import redaction
from ergon_ops.engine import filesystem, hostfacts, netns, sockets
from ergon_ops.engine.hostfiles import HostFiles
from ergon_ops.refs import Ref
redaction.redact("TOKEN=x")
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
files, container, ref = HostFiles(), (sys.argv[1], int(sys.argv[2])), Ref("x")
sockets = files.sockets(*container)
print(json.dumps({
    "memory": [item.name for item in files.memory(ref, *container)],
    "io": [item.name for item in files.io(ref, *container)],
    "cpu_s": files.counters(*container).cpu_s,
    "swept": sys.argv[1] in [item.container_id for item in files.sweep()],
    "names": [row.name for row in files.processes(*container)],
    "visible": sockets.visible,
    "listening": [(item.address, item.port, item.pid) for item in sockets.listening],
    "filesystem": len(files.filesystem(ref, container[1], ["/"])),
    "host": len(files.host_readings("/var/tmp")),
}))
"""


def as_ordinary_user(container: Started) -> dict[str, Any]:
    command = [sys.executable, "-c", AS_ORDINARY_USER, container[0], str(container[1])]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_ordinary_user_sees_numbers_programs_and_ports_but_not_owners_nor_mounts(lab: Lab, files: HostFiles) -> None:
    container = lab.run("sh", "-c", "httpd -p 8080; exec sleep 600")
    eventually(lambda: files.sockets(*container).listening)
    eventually(lambda: [row for row in files.processes(*container) if row.name == "sleep"])
    seen = as_ordinary_user(container)
    assert {"memory_usage", "memory_working_set", "memory_oom_kills"} <= set(seen["memory"])
    assert {"network_rx", "network_tx"} <= set(seen["io"])
    assert seen["cpu_s"] > 0
    assert seen["swept"]
    assert sorted(seen["names"]) == ["httpd", "sleep"]
    assert seen["visible"]
    assert seen["listening"] == [["::", 8080, 0]]
    assert seen["filesystem"] == 0
    assert seen["host"] > 5


def test_an_ordinary_user_cannot_tell_whose_ports_they_are_on_the_hosts_network(lab: Lab) -> None:
    container = lab.run("sleep", "600", network_mode="host")
    seen = as_ordinary_user(container)
    assert not seen["visible"]
    assert "network_rx" not in seen["io"]
