"""Documents of other engines and older tools: read for what they say, nothing made up."""

from __future__ import annotations

import pytest

from ergon_ops.engine import eventlog, inspection, listing, toptable, worldhash
from ergon_ops.engine.protocols import PublishedPort
from ergon_ops.refs import Ref

WEB = Ref("web")
INSPECT = {
    "Id": "ab" * 32,
    "Name": "/web",
    "Image": "sha256:1",
    "State": {"Status": "running", "Running": True, "Pid": 7, "StartedAt": "2026-11-22T02:30:00.5Z"},
    "Config": {"Image": "nginx:1", "Env": ["A=1", "EMPTY"], "Labels": None, "Cmd": None, "Entrypoint": "/run"},
    "HostConfig": {"CpuQuota": 50_000, "CpuPeriod": 100_000, "PidsLimit": -1, "MemorySwap": -1},
    "Mounts": [{"Type": "bind", "Source": "/etc/x", "Destination": "/x", "RW": False}],
    "NetworkSettings": {
        "Networks": {"shop": {"Aliases": ["web", "ab" * 6], "IPAddress": "10.0.0.2"}},
        "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "90/udp": None},
    },
}


def values(*groups: str, document: object = None) -> dict[tuple[str, str], object]:
    found = inspection.readings(WEB, document or INSPECT, groups, at=1795314610.5)  # type: ignore[arg-type]
    return {(item.name, item.key): item.value for item in found}


def test_limits_said_in_the_old_way_count() -> None:
    found = values("limits")
    assert found["cpu_limit", ""] == 0.5
    assert found["pids_limit", ""] is None
    assert found["memory_limit", ""] is None
    assert found["memory_swap_limit", ""] == -1
    assert found["restart_policy", ""] == "no"


def test_sources_name_the_field_that_was_read() -> None:
    found = {item.name: item.source for item in inspection.readings(WEB, INSPECT, ["limits", "ports"], at=1.0)}
    assert found["cpu_limit"] == "api:inspect#HostConfig.CpuQuota"
    assert found["published_port"] == "api:inspect#NetworkSettings.Ports.80/tcp"


def test_what_the_engine_added_is_not_an_alias_and_a_command_may_be_a_string() -> None:
    found = values("networks", "config", "mounts", "state", "ports")
    assert [key for name, key in found if name == "alias"] == ["shop/web"]
    assert found["command", ""] == "/run"
    assert found["mount_source", "/x"] == "/etc/x"
    assert found["mount_writable", "/x"] is False
    assert found["uptime", ""] == 10.0
    assert [key for name, key in found if name == "published_port"] == ["0.0.0.0:8080/tcp"]
    assert ("env_key", "EMPTY") in found
    assert inspection.ports(INSPECT) == {80, 90}


def test_an_empty_document_gives_no_false_numbers() -> None:
    found = values("identity", "state", "limits", "config", "mounts", "networks", "ports", document={"x": 1})
    assert all(value in (None, "", 0, False, "none", "no") for value in found.values())


def test_addresses_and_the_short_id_are_not_the_world_but_an_alias_is() -> None:
    moved = {**INSPECT, "NetworkSettings": {"Networks": {"shop": {"Aliases": ["web"], "IPAddress": "10.0.0.9"}}}}
    assert worldhash.digest(moved) == worldhash.digest(INSPECT)
    renamed = {**INSPECT, "NetworkSettings": {"Networks": {"shop": {"Aliases": ["api"]}}}}
    assert worldhash.digest(renamed) != worldhash.digest(INSPECT)
    shuffled = dict(reversed(INSPECT.items()))
    assert worldhash.digest(shuffled) == worldhash.digest(INSPECT)
    assert worldhash.digest({**INSPECT, "HostConfig": {"Memory": 1}}) != worldhash.digest(INSPECT)


ROW = {
    "Id": "cd" * 32,
    "Names": ["/other/link", "/web"],
    "Image": "nginx:1",
    "State": "running",
    "Status": "Up 3 hours (health: starting)",
    "Ports": [
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "127.0.0.1", "PrivatePort": 53, "PublicPort": 53, "Type": "udp"},
        {"PrivatePort": 9000, "Type": "tcp"},
    ],
}


def test_a_row_has_its_own_name_each_port_once_and_its_health() -> None:
    row = listing.container(ROW, "prod")
    assert row.ref == Ref("web", "prod")
    assert row.ports == (PublishedPort("127.0.0.1", 53, 53, "udp"), PublishedPort("0.0.0.0", 8080, 80))
    assert row.exposed == (53, 80, 9000)
    assert (row.health, row.exit_code) == ("starting", None)


@pytest.mark.parametrize(
    ("status", "health", "code"),
    [
        ("Up 2 seconds", "none", None),
        ("Up 2 seconds (healthy)", "healthy", None),
        ("Up 2 minutes (unhealthy)", "unhealthy", None),
        ("Exited (137) 2 days ago", "none", 137),
        ("Restarting (1) 3 seconds ago", "none", 1),
        ("Created", "none", None),
    ],
)
def test_health_and_exit_code_are_read_from_the_status(status: str, health: str, code: int | None) -> None:
    row = listing.container({**ROW, "Status": status}, "local")
    assert (row.health, row.exit_code) == (health, code)


def test_processes_under_any_titles() -> None:
    ours = {
        "Titles": ["PID", "PPID", "STAT", "NLWP", "RSS", "ELAPSED", "COMMAND"],
        "Processes": [["12", "1", "Ssl", "4", "2048", "60", "nginx: master process --password hunter2"]],
    }
    (process,) = toptable.processes(ours, at=1000.0)
    assert (process.pid, process.parent, process.name, process.state) == (12, 1, "nginx", "S")
    assert (process.threads, process.rss_bytes, process.started_at) == (4, 2 << 20, 940.0)
    assert "hunter2" not in process.command
    plain = {
        "Titles": ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
        "Processes": [["root", "7", "1", "0", "10:00", "?", "00:00:00", "/usr/bin/redis-server *:6379"]],
    }
    assert [(p.pid, p.name) for p in toptable.processes(plain, at=0.0)] == [(7, "redis-server")]
    in_one_piece = {"Titles": ["PID", "USER", "COMMAND"], "Processes": [["9 root sleep 1000"], ["x"], []]}
    assert [(p.pid, p.name) for p in toptable.processes(in_one_piece, at=0.0)] == [(9, "sleep")]
    assert toptable.processes({"Titles": None, "Processes": "x"}, at=0.0) == ()


def test_labels_never_come_along_with_an_event() -> None:
    attributes = {"name": "web", "image": "nginx:1", "exitCode": "137", "api.token": "hunter2", "signal": "9"}
    told = eventlog.event(
        {"Action": "die", "timeNano": 10**18, "Actor": {"ID": "x", "Attributes": attributes}}, "local"
    )
    assert told is not None
    assert told.attributes == {"exit_code": "137", "image": "nginx:1", "signal": "9"}
    assert told.at == 1e9


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_event_documents_are_found_in_chunks_of_any_size(size: int) -> None:
    data = '{"a":"ä"}\n{"b":{"c":2}}{"d":[1]}\n'.encode()
    chunks = iter([data[start : start + size] for start in range(0, len(data), size)])
    assert list(eventlog.documents(chunks)) == [{"a": "ä"}, {"b": {"c": 2}}, {"d": [1]}]
