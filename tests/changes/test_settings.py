"""Settings of real services: set, read back, and written back as they were; passwords stay where they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.engine.appsettings import frames
from ergon_ops.engine.nginxconf import Directive
from ergon_ops.errors import EngineConflict
from ergon_ops.refs import Ref
from tests.changes.live import Bench, some_at_once, unique
from tests.engine.real import RealEngine, until

SECRET = "for-a-test-hunter2"
SVC = "ergon-ops-lab/svc:1"
CONF = "user root root;\nworker_processes 3;\nevents { worker_connections 64; }\nhttp { server { listen 8080; } }\n"
NGINX = f"mkdir /own; printf '%s' '{CONF}' > /own/my.conf; exec nginx -c /own/my.conf -g 'daemon off;'"
POSTGRES = (
    "echo $POSTGRES_PASSWORD > /tmp/p; initdb -N -D /tmp/pg -U postgres -A scram-sha-256 --pwfile=/tmp/p; rm /tmp/p;"
    " exec postgres -D /tmp/pg -p 5439 -c jit=off"
)
REDIS = ("redis-server", "--requirepass", SECRET, "--port", "6390")
# user and command; then the settings: name, new value, as the service writes it
STORIES: dict[str, tuple[str, tuple[str, ...], list[tuple[str, str, str]]]] = {
    "redis": (
        "",
        REDIS,
        [("maxmemory", "50000000", "50000000"), ("maxmemory-policy", "allkeys-lru", "allkeys-lru")],
    ),
    "postgres": ("postgres", ("sh", "-c", POSTGRES), [("work_mem", "8192kB", "8MB"), ("max_connections", "57", "57")]),
    "nginx": ("", ("sh", "-c", NGINX), [("worker_processes", "2", "2"), ("worker_connections", "128", "128")]),
}


@pytest.fixture
async def engine(docker_host: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RealEngine]:
    monkeypatch.setattr("ergon_ops.changes.snapshot.LEAST_S", 1.0)
    monkeypatch.setattr("ergon_ops.changes.snapshot.patience", lambda values: 1.0)
    async with RealEngine.opened(docker_host) as real:
        yield real


async def set_and_taken_back(engine: RealEngine, folder: Path, service: str) -> None:
    user, command, settings = STORIES[service]
    environment = [f"REDIS_PASSWORD={SECRET}", f"POSTGRES_PASSWORD={SECRET}"]
    body = {"Image": SVC, "User": user, "Cmd": list(command), "Env": environment}
    name = unique(service)
    done = engine.writes._do("create it", lambda api: api.submit("/containers/create", body, name=name))
    made = (await done)["Id"]
    engine._made.append(made)
    await engine.writes.start(made)

    async def value(setting: str) -> Any:
        try:
            return await engine.writes.read_setting(made, service, setting)
        except EngineConflict:
            return None

    async with Bench.opened(engine, folder) as bench:
        for _ in range(3):  # a database takes its time to be made on a crowded machine
            if await until(lambda: value(settings[0][0]), bool):
                break
        for setting, wanted, written in settings:
            former = await until(lambda setting=setting: value(setting), bool)  # type: ignore[misc]
            arguments = {"service": service, "setting": setting, "value": wanted}
            answer = await bench.do(Ref(name, engine.endpoint.host), "app_setting", arguments)
            assert answer["state"] == "kept", answer
            assert (await value(setting)).value == written
            assert (await bench.undo(answer["change"]))["state"] == "rolled_back"
            assert await value(setting) == former
        if service == "postgres":
            arguments = {"service": service, "setting": "jit", "value": "on"}
            with pytest.raises(EngineConflict, match="comes from the server's command line"):
                await bench.do(Ref(name, engine.endpoint.host), "app_setting", arguments)
        assert bench.store.journal.verify() == []
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    assert SECRET.encode() not in stored


@pytest.mark.engine
async def test_settings_of_services_are_set_and_written_back(engine: RealEngine, tmp_path: Path) -> None:
    quick = ("redis", "nginx")
    await some_at_once([set_and_taken_back(engine, tmp_path / service, service) for service in quick])


@pytest.mark.engine
@pytest.mark.whole  # making a database takes its time
@pytest.mark.timeout(900)
async def test_settings_of_a_database_are_set_and_written_back(engine: RealEngine, tmp_path: Path) -> None:
    await set_and_taken_back(engine, tmp_path / "state", "postgres")


def test_a_directive_is_changed_where_it_stands_and_an_added_one_goes_again() -> None:
    processes, connections = Directive("worker_processes"), Directive("worker_connections", "events")
    assert processes.changed("# worker_processes 9;\n  worker_processes  auto; # all\n", "2") == (
        "# worker_processes 9;\n  worker_processes  2; # all\n"
    )
    assert connections.changed("events { worker_connections 64; }", "9") == "events { worker_connections 9; }"
    text = "user www;\nevents {\n}\n"
    for directive in (processes, connections):
        assert directive.changed(directive.changed(text, "7"), None) == text
    with pytest.raises(EngineConflict, match="no events block"):
        connections.changed("http {}", "7")


def test_the_engines_frames_are_put_together() -> None:
    assert frames(b"\x01\0\0\0\0\0\0\x02ab\x02\0\0\0\0\0\0\x01c") == b"abc"
    assert frames(b"\x01\0\0") == b""


def test_a_mounted_configuration_is_refused_before_anything_is_written() -> None:
    class Mounted:
        api: Any = None
        container_id = "c"

        def mounted(self, path: str) -> bool:
            return path == "/own/my.conf"

        def nginx(self, *arguments: str) -> str:
            return f"nginx: configuration file /own/my.conf test is successful ({arguments})"

    with pytest.raises(EngineConflict, match=r"/own/my\.conf in the container is a mount"):
        Directive("worker_processes").read(Mounted())
