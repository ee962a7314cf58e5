"""What HostFiles reads from recorded kernel files: cgroup v1 and v2, both drivers, custom parents."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ergon_ops.engine.hostfiles import HostFiles
from ergon_ops.facts import FACTS, Reading, Value
from ergon_ops.refs import Ref, host_ref

TREES = Path(__file__).parent / "trees"
NOW = 1_700_000_000.0
REF = Ref("api")
V1 = "fe68d148f010be43c683d34211031aebef0a610f05905435d981f9598a58a56b"
CGROUPFS = "4f1c2d3e5b6a79880f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978"
SYSTEMD = "b0a1c2d3e4f5061728394a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f9"
CUSTOM = "d7e8f9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8"
MIB = 1024 * 1024
Change = Callable[[str], str]


def unpack(text: str, root: Path) -> HostFiles:
    for part in text.split("=== ")[1:]:
        head, _, body = part.partition("\n")
        path, _, target = head.partition(" -> ")
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if target:
            place.symlink_to(target)
        else:
            place.write_text(body.rstrip("\n").replace("|", "\0") if path.endswith("/cmdline") else body)
    return HostFiles(str(root), clock=lambda: NOW)


@pytest.fixture
def v1(tmp_path: Path) -> HostFiles:
    return unpack((TREES / "cgroup-v1.txt").read_text(), tmp_path)


@pytest.fixture
def v2(tmp_path: Path) -> HostFiles:
    return unpack((TREES / "cgroup-v2.txt").read_text(), tmp_path)


def systemd_v1(text: str) -> str:
    """The same container as the systemd driver would have it, with cpu and cpuacct in one mount."""
    text = text.replace(f"/docker/{V1}", f"/system.slice/docker-{V1}.scope")
    for name in ("cpu", "cpuacct"):
        text = text.replace(f"/sys/fs/cgroup/{name}/", "/sys/fs/cgroup/cpu,cpuacct/")
        text = text.replace(f" /sys/fs/cgroup/{name} rw", " /sys/fs/cgroup/cpu,cpuacct rw")
    return text.replace("cgroup rw,cpu\n", "cgroup rw,cpu,cpuacct\n").replace(
        "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n", ""
    )


def values(readings: tuple[Reading, ...]) -> dict[str, Value]:
    return {item.name: item.value for item in readings}


def test_v2_memory_is_working_set_not_page_cache(v2: HostFiles) -> None:
    memory = values(v2.memory(REF, CGROUPFS, 101))
    assert memory["memory_usage"] == 21_483_520
    assert memory["memory_inactive_file"] == 20_971_520
    assert memory["memory_working_set"] == 512_000
    assert memory["memory_limit"] == 40 * MIB
    assert memory["memory_ratio"] == pytest.approx(512_000 / (40 * MIB), abs=1e-6)
    assert memory["memory_host_ratio"] == pytest.approx(512_000 / (351_244 * 1024), abs=1e-6)
    assert memory["memory_oom_kills"] == 1
    assert memory["memory_failures"] == 35
    assert memory["memory_swap"] == 0


def test_v1_memory_has_the_kernels_own_names_in_its_sources(v1: HostFiles) -> None:
    readings = {item.name: item for item in v1.memory(REF, V1, 2317)}
    assert readings["memory_usage"].value == 39_366_656
    assert readings["memory_inactive_file"].value == 10_870_784
    assert readings["memory_inactive_file"].source == "cgroup:memory.stat#total_inactive_file"
    assert readings["memory_working_set"].value == 39_366_656 - 10_870_784
    assert readings["memory_working_set"].source == "derived:memory_usage-memory_inactive_file"
    assert readings["memory_limit"].value == 256 * MIB
    assert readings["memory_oom_kills"].source == "cgroup:memory.oom_control#oom_kill"


def test_every_reading_has_its_unit_its_time_and_a_source(v1: HostFiles) -> None:
    readings = (
        *v1.memory(REF, V1, 2317), *v1.pids(REF, V1, 2317), *v1.io(REF, V1, 2317), *v1.cpu(REF, V1, 2317),
    )  # fmt: skip
    assert len(readings) > 12
    for item in readings:
        assert (item.about, item.unit, item.at) == (REF, FACTS[item.name].unit, NOW)
        assert item.source.startswith(("cgroup:", "proc:", "derived:"))


def test_a_container_without_a_limit_has_no_ratio(v2: HostFiles) -> None:
    memory = values(v2.memory(REF, SYSTEMD, 102))
    assert memory["memory_limit"] is None
    assert memory["memory_ratio"] is None
    assert memory["memory_working_set"] == 102_400
    assert values(v2.pids(REF, SYSTEMD, 102)) == {"pids": 1, "pids_limit": None, "pids_limit_hits": 0}
    assert v2.cpu(REF, SYSTEMD, 102) == ()


def test_v1_writes_no_limit_as_a_huge_number(tmp_path: Path) -> None:
    text = (TREES / "cgroup-v1.txt").read_text()
    files = unpack(
        text.replace("hierarchical_memory_limit 268435456", "hierarchical_memory_limit 9223372036854771712"), tmp_path
    )
    memory = values(files.memory(REF, V1, 2317))
    assert (memory["memory_limit"], memory["memory_ratio"]) == (None, None)


def test_a_parents_smaller_limit_is_the_limit(v2: HostFiles) -> None:
    limit = next(item for item in v2.memory(REF, CUSTOM, 103) if item.name == "memory_limit")
    assert limit.value == 24 * MIB
    assert limit.source == "cgroup:../../memory.max"


@pytest.mark.parametrize(
    ("container", "pid", "folder"),
    [
        (CGROUPFS, 101, f"docker/{CGROUPFS}"),
        (SYSTEMD, 102, f"system.slice/docker-{SYSTEMD}.scope"),
        (CUSTOM, 103, f"shop.slice/shop-api.slice/docker-{CUSTOM}.scope"),
    ],
)
def test_v2_finds_every_drivers_layout_with_and_without_a_pid(
    v2: HostFiles, tmp_path: Path, container: str, pid: int, folder: str
) -> None:
    expected = int((tmp_path / "sys/fs/cgroup" / folder / "memory.current").read_text())
    assert values(v2.memory(REF, container, pid))["memory_usage"] == expected
    again = HostFiles(str(tmp_path), clock=lambda: NOW)
    assert values(again.memory(REF, container))["memory_usage"] == expected


def test_v1_of_the_systemd_driver_with_cpu_and_cpuacct_together(tmp_path: Path, v1: HostFiles) -> None:
    plain = v1.counters(V1, 2317)
    files = unpack(systemd_v1((TREES / "cgroup-v1.txt").read_text()), tmp_path / "systemd")
    found = files.counters(V1, 2317)
    assert plain is not None
    assert found is not None
    assert (found.cpu_s, found.periods, found.throttled) == (plain.cpu_s, plain.periods, plain.throttled)
    assert found.memory_working_set == plain.memory_working_set


def test_v1_counters_are_in_seconds_and_bytes(v1: HostFiles) -> None:
    old = v1.counters(V1, 2317)
    assert old is not None
    assert (old.source, old.cpu_s, old.throttled_s) == ("cgroup:v1", 6.750999788, 0.816881147)
    assert old.network_rx is not None
    assert old.run


def test_v2_counters(v2: HostFiles) -> None:
    new = v2.counters(CGROUPFS, 101)
    assert new is not None
    assert new.source == "cgroup:v2"
    assert new.cpu_s is not None
    assert new.throttled_s is not None
    assert 2 < new.cpu_s < 4
    assert 8 < new.throttled_s < 12
    assert new.periods is not None
    assert new.throttled is not None
    assert 0.9 < new.throttled / new.periods <= 1
    assert (new.block_read, new.block_write) == (20_972_544, 0)
    assert (new.network_rx, new.network_tx) == (0, 0)


def test_v1_block_io_adds_the_devices_and_leaves_the_sums_out(tmp_path: Path) -> None:
    rows = (
        "254:0 Read 4096\n254:0 Write 1024\n254:0 Sync 5120\n254:0 Total 5120\n8:0 Read 100\n8:0 Write 0\nTotal 5220\n"
    )
    text = (TREES / "cgroup-v1.txt").read_text()
    files = unpack(
        text.replace("io_service_bytes_recursive\nTotal 0\n", f"io_service_bytes_recursive\n{rows}"), tmp_path
    )
    io = values(files.io(REF, V1, 2317))
    assert (io["block_read"], io["block_write"]) == (4196, 1024)


def test_network_counts_every_interface_but_loopback_and_what_was_lost(tmp_path: Path) -> None:
    files = unpack((TREES / "cgroup-v1.txt").read_text(), tmp_path)
    device = tmp_path / "proc/2317/net/dev"
    rows = [
        *device.read_text().splitlines()[:2],
        "    lo: 1000 1 0 0 0 0 0 0 1000 1 0 0 0 0 0 0",
        "  eth0: 10 1 2 3 0 0 0 0 20 1 4 5 0 0 0 0",
        " eth1: 30 1 0 0 0 0 0 0 40 1 0 1 0 0 0 0",
    ]
    device.write_text("\n".join(rows) + "\n")
    io = {item.name: item for item in files.io(REF, V1, 2317)}
    assert (io["network_rx"].value, io["network_tx"].value, io["network_drops"].value) == (40, 60, 15)
    assert io["network_rx"].source == "proc:2317/net/dev"


def test_throttling_since_the_start(v2: HostFiles) -> None:
    (reading,) = v2.cpu(REF, CGROUPFS, 101)
    assert reading.name == "cpu_throttled_lifetime"
    assert isinstance(reading.value, float)
    assert 0.9 < reading.value <= 1
    assert reading.window_s is None


def test_sweep_finds_every_container_and_nothing_else(v2: HostFiles) -> None:
    assert {item.container_id for item in v2.sweep()} == {CGROUPFS, SYSTEMD, CUSTOM}


def test_sweep_of_some_gives_only_those_and_forgets_who_is_gone(v2: HostFiles, tmp_path: Path) -> None:
    assert {item.container_id for item in v2.sweep([CUSTOM, SYSTEMD, "0" * 64])} == {CUSTOM, SYSTEMD}
    shutil.rmtree(tmp_path / f"sys/fs/cgroup/system.slice/docker-{SYSTEMD}.scope")
    assert {item.container_id for item in v2.sweep([CUSTOM, SYSTEMD])} == {CUSTOM}
    assert {item.container_id for item in v2.sweep()} == {CGROUPFS, CUSTOM}
    assert v2.sweep([]) == ()


def test_sweep_of_v1_needs_no_pid(tmp_path: Path) -> None:
    (found,) = unpack((TREES / "cgroup-v1.txt").read_text(), tmp_path).sweep()
    assert found.container_id == V1
    assert found.cpu_s == 6.750999788


def test_a_run_has_one_name_however_its_cgroup_was_found(tmp_path: Path) -> None:
    for tree, container, pid in (("cgroup-v1.txt", V1, 2317), ("cgroup-v2.txt", SYSTEMD, 102)):
        root = tmp_path / tree
        unpack((TREES / tree).read_text(), root)
        by_pid = HostFiles(str(root)).counters(container, pid)
        by_walk = next(item for item in HostFiles(str(root)).sweep() if item.container_id == container)
        assert by_pid is not None
        assert by_pid.run == by_walk.run != ""


def test_a_reused_pid_is_not_mistaken_for_the_container(v2: HostFiles) -> None:
    memory = values(v2.memory(REF, CGROUPFS, 102))
    assert memory["memory_usage"] == 21_483_520, "found by its id, although pid 102 now is another container's"
    assert v2.counters("0" * 64, 102) is None


def test_a_process_in_a_cgroup_the_container_made_counts(v2: HostFiles, tmp_path: Path) -> None:
    group = tmp_path / f"sys/fs/cgroup/system.slice/docker-{SYSTEMD}.scope"
    (group / "init.scope").mkdir()
    (group / "cgroup.procs").write_text("")
    (group / "init.scope/cgroup.procs").write_text("102\n")
    (tmp_path / "proc/102/cgroup").write_text(f"0::/system.slice/docker-{SYSTEMD}.scope/init.scope\n")
    assert [process.pid for process in v2.processes(SYSTEMD, 102)] == [102]
    assert values(v2.memory(REF, SYSTEMD, 102))["memory_usage"] == 102_400


def test_processes_are_named_by_program_and_zombies_are_seen(v2: HostFiles) -> None:
    rows = {process.pid: process for process in v2.processes(CGROUPFS, 101)}
    assert [rows[pid].name for pid in (101, 107, 108)] == ["sh", "httpd", "nc"]
    assert rows[107].command == "httpd -p 127.0.0.1:8080 -h /tmp"
    assert (rows[113].state, rows[113].name, rows[113].parent) == ("Z", "sleep", 112)
    assert rows[101].state == "R"
    assert rows[107].source == "proc:107/stat"
    assert rows[107].started_at < NOW


def test_real_services_get_the_name_they_were_called_by(v1: HostFiles) -> None:
    rows = v1.processes(V1, 2317)
    assert [row.name for row in rows] == ["tini", "bash", "redis-server", "nginx", "nginx"]
    assert rows[2].threads == 5
    assert rows[2].rss_bytes > MIB
    assert rows[3].command.startswith("nginx: master process")


def test_without_the_exe_link_names_come_from_the_command_line(v1: HostFiles, tmp_path: Path) -> None:
    for link in tmp_path.glob("proc/*/exe"):
        link.unlink()
    assert [row.name for row in v1.processes(V1, 2317)] == ["tini", "bash", "redis-server", "nginx", "nginx"]


def test_a_script_is_named_by_its_interpreter_and_keeps_its_command(v2: HostFiles, tmp_path: Path) -> None:
    process = tmp_path / "proc/102"
    (process / "exe").unlink()
    (process / "exe").symlink_to("/usr/bin/python3.11")
    (process / "stat").write_text((process / "stat").read_text().replace("(httpd)", "(gunicorn (x) 1)"))
    (process / "cmdline").write_bytes(b"/usr/bin/python3\0/usr/local/bin/gunicorn\0--token=s3cr3t-Va1ue-9x\0app:app\0")
    (row,) = v2.processes(SYSTEMD, 102)
    assert row.name == "python3.11"
    assert "/usr/local/bin/gunicorn" in row.command
    assert "s3cr3t" not in row.command


def test_a_process_that_vanishes_is_left_out(v2: HostFiles, tmp_path: Path) -> None:
    (tmp_path / "proc/107/stat").unlink()
    assert 107 not in [process.pid for process in v2.processes(CGROUPFS, 101)]


def test_sockets_from_text_tell_loopback_from_any(v2: HostFiles) -> None:
    sockets = v2.sockets(CGROUPFS, 101)
    assert sockets.visible
    assert [(item.address, item.port, item.pid, item.program) for item in sockets.listening] == [
        ("127.0.0.1", 8080, 107, "httpd"),
        ("::", 9000, 108, "nc"),
    ]
    assert [item.loopback for item in sockets.listening] == [True, False]
    assert sockets.source == "proc:101/net"


def test_where_the_owner_cannot_be_seen_the_port_still_is(v2: HostFiles, tmp_path: Path) -> None:
    for folder in tmp_path.glob("proc/*/fd"):
        for link in folder.iterdir():
            link.unlink()
        folder.rmdir()
    sockets = v2.sockets(CGROUPFS, 101)
    assert [(item.port, item.pid) for item in sockets.listening] == [(8080, 0), (9000, 0)]


def add_rows(tmp_path: Path, name: str, *rows: str) -> None:
    table = tmp_path / "proc/101/net" / name
    table.write_text(table.read_text() + "".join(row + "\n" for row in rows))


def test_the_engines_dns_and_datagram_clients_are_not_services(v2: HostFiles, tmp_path: Path) -> None:
    tail = "00000000:00000000 00:00000000 00000000 0 0"
    add_rows(tmp_path, "tcp", f"   1: 0B00007F:A1B2 00000000:0000 0A {tail} 777 1 0 100 0 0 10 0")
    add_rows(
        tmp_path, "udp",
        f"   0: 00000000:14E9 00000000:0000 07 {tail} 778 2 0 0",
        f"   1: 00000000:C350 00000000:0000 07 {tail} 779 2 0 0",
    )  # fmt: skip
    (tmp_path / "proc/107/fd/8").symlink_to("socket:[778]")
    (tmp_path / "proc/107/fd/9").symlink_to("socket:[779]")
    for folder in ("101", "112"):
        (tmp_path / f"proc/{folder}/fd").mkdir(exist_ok=True)
    ports = [(item.port, item.protocol) for item in v2.sockets(CGROUPFS, 101).listening]
    assert ports == [(5353, "udp"), (8080, "tcp"), (9000, "tcp")]
    declared = [(item.port, item.protocol) for item in v2.sockets(CGROUPFS, 101, declared=(50_000,)).listening]
    assert (50_000, "udp") in declared


def test_connections_are_grouped_and_know_their_direction(v2: HostFiles, tmp_path: Path) -> None:
    tail = "00000000:00000000 00:00000000 00000000 0 0"
    add_rows(
        tmp_path, "tcp",
        f"   1: 050011AC:A000 060011AC:18EB 01 {tail} 901 1 0 20 4 30 10 -1",
        f"   2: 050011AC:A001 060011AC:18EB 01 {tail} 902 1 0 20 4 30 10 -1",
        f"   3: 050011AC:1F90 070011AC:B000 01 {tail} 903 1 0 20 4 30 10 -1",
        f"   4: 050011AC:1F90 070011AC:B001 06 {tail} 0 1 0 20 4 30 10 -1",
    )  # fmt: skip
    rows = v2.sockets(CGROUPFS, 101).connections
    assert [(row.local_port, row.peer_address, row.peer_port, row.outgoing, row.count) for row in rows] == [
        (0, "172.17.0.6", 6379, True, 2),
        (8080, "172.17.0.7", 0, False, 1),
    ]
    assert v2.sockets(CGROUPFS, 101, connections=False).connections == ()


def test_a_closed_proc_is_not_visible_rather_than_empty(v2: HostFiles, tmp_path: Path) -> None:
    for name in ("tcp", "tcp6", "udp", "udp6"):
        (tmp_path / "proc/101/net" / name).unlink()
    assert not v2.sockets(CGROUPFS, 101).visible


def test_on_the_hosts_network_only_own_sockets_count(v2: HostFiles, tmp_path: Path) -> None:
    """Same namespace as the host: its numbers are the host's, and other people's ports must not become ours."""
    (tmp_path / "proc/1/net").mkdir(parents=True)
    os.link(tmp_path / "proc/101/net/dev", tmp_path / "proc/1/net/dev")
    tail = "00000000:00000000 00:00000000 00000000 0 0"
    add_rows(tmp_path, "tcp", f"   1: 00000000:0016 00000000:0000 0A {tail} 555 1 0 100 0 0 10 0")
    for pid in (101, 112):
        (tmp_path / f"proc/{pid}/fd").mkdir(exist_ok=True)
    assert [item.port for item in v2.sockets(CGROUPFS, 101).listening] == [8080, 9000]
    assert "network_rx" not in values(v2.io(REF, CGROUPFS, 101))
    (tmp_path / "proc/101/fd").rmdir()
    (tmp_path / "proc/107/fd/3").unlink()
    (tmp_path / "proc/107/fd").rmdir()
    assert not v2.sockets(CGROUPFS, 101).visible


def test_host_readings_come_from_proc(v1: HostFiles, tmp_path: Path) -> None:
    readings = {(item.name, item.key): item for item in v1.host_readings("/", host="edge")}
    assert {item.about for item in readings.values()} == {host_ref("edge")}
    assert readings["host_cpus", ""].value == 2
    assert readings["host_load", "1m"].value == 0.63
    assert readings["host_pressure", "cpu some"].value == pytest.approx(0.0195)
    assert readings["host_pressure", "cpu some"].window_s == 10.0
    assert readings["host_memory", ""].value == 24_684_084 * 1024
    assert readings["host_memory_available", ""].value == 24_154_608 * 1024
    assert readings["host_oom_kills", ""].value == 0
    ratio = readings["host_disk_used_ratio", "/"].value
    assert isinstance(ratio, float)
    assert 0 < ratio <= 1


def test_a_machine_without_cgroups_has_no_containers(tmp_path: Path) -> None:
    files = HostFiles(str(tmp_path), clock=lambda: NOW)
    assert files.cgroup_version == ""
    assert files.sweep() == ()
    assert files.counters(V1, 1) is None
    assert files.memory(REF, V1, 1) == ()
    assert files.processes(V1, 1) == ()
    assert not files.sockets(V1, 1).visible
    assert files.host_readings() == ()


def test_kept_open_files_are_read_anew_and_a_restart_is_noticed(tmp_path: Path) -> None:
    text = (TREES / "cgroup-v2.txt").read_text()
    unpack(text, tmp_path)
    files = HostFiles(str(tmp_path), clock=lambda: NOW, keep_open=True)
    first = files.counters(CGROUPFS, 101)
    group = tmp_path / f"sys/fs/cgroup/docker/{CGROUPFS}"
    (group / "memory.current").write_text("30000000\n")
    second = files.counters(CGROUPFS, 101)
    assert first is not None
    assert second is not None
    assert second.memory_working_set == 30_000_000 - 20_971_520
    assert second.run == first.run
    files.close()
