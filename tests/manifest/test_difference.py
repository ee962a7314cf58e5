"""Where what runs is not what is written, and what is written of what runs: over a fake engine."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ergon_ops import manifest
from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.assistant.registering import register
from ergon_ops.assistant.wiring import assemble
from ergon_ops.engine.fake import Attachment, FakeContainer, FakeEngine, Mount
from ergon_ops.engine.protocols import COMPOSE, OURS, PublishedPort
from ergon_ops.errors import ManifestError, NoSuchContainer, UsageError
from ergon_ops.settings import load

MIB = 1024 * 1024
ENTRY: dict[str, Any] = {
    "image": "acme/shop:1",
    "ports": [{"container": 80, "host": 8080}],
    "environment": {"MODE": "fast", "API_TOKEN": "tok-8d1f0c2ab77"},
    "volumes": ["data:/data", "/srv/conf:/conf:ro"],
    "networks": ["shop"],
    "resources": {"memory": "64m", "cpus": 0.5, "pids": 50},
    "health": {"http": "/health", "interval_s": 30, "timeout_s": 30},
    "restart": "always",
    "command": ["serve", "--fast"],
    "labels": {"team": "blue"},
}


def box(name: str = "web") -> FakeContainer:
    """As ENTRY says."""
    return FakeContainer(
        name,
        "acme/shop:1",
        ports=(PublishedPort("127.0.0.1", 8080, 80),),
        environment={"MODE": "fast", "API_TOKEN": "tok-8d1f0c2ab77", "MORE": "1"},
        mounts=(Mount("/data", "volume", "data"), Mount("/conf", "bind", "/srv/conf", writable=False)),
        networks={"shop": Attachment("172.30.0.2")},
        memory_limit=64 * MIB,
        cpu_limit=0.5,
        pids_limit=50,
        health="healthy",
        health_command="curl -f http://localhost:80/health",
        restart_policy="always",
        command="/entry serve --fast",
        labels={"team": "blue"},
    )


def house(*boxes: FakeContainer) -> LocalAssistant:
    engine = FakeEngine()
    for one in boxes:
        engine.add(one)
    return assemble(load(), {engine.host: engine}, lambda host: engine)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "shop.json"
    path.write_text(json.dumps({"manifest_version": "1.0", "project": {"name": "shop"}, "containers": {"web": ENTRY}}))
    return path


async def found(path: Path | str, *boxes: FakeContainer) -> list[str]:
    assistant = house(*boxes)
    try:
        document = await assistant.manifest_difference(str(path))
    finally:
        await assistant.close()
    assert len(document["text"]) == len(document["differences"])
    return [str(text) for text in document["text"]]


async def test_what_runs_as_written_has_no_difference(written: Path) -> None:
    assert await found(written, box()) == []


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"image": "acme/shop:2"}, "image: acme/shop:1 in the manifest, acme/shop:2 here"),
    ({"ports": (PublishedPort("127.0.0.1", 9090, 80),)}, "ports: 127.0.0.1:8080->80/tcp in the manifest, 127.0.0.1:9090->80/tcp here"),
    ({"ports": ()}, "ports: 127.0.0.1:8080->80/tcp in the manifest, 80 is not published here"),
    ({"environment": {"MODE": "slow", "API_TOKEN": "tok-8d1f0c2ab77"}}, "environment.MODE: one value in the manifest, another here"),
    ({"environment": {"MODE": "fast"}}, "environment.API_TOKEN: set in the manifest, not set here"),
    ({"mounts": (Mount("/conf", "bind", "/srv/conf", writable=False),)}, "volumes: data:/data in the manifest, nothing is mounted at /data here"),
    ({"mounts": (Mount("/data", "volume", "data"), Mount("/conf", "bind", "/srv/conf"))}, "volumes: /srv/conf:/conf:ro in the manifest, writable here"),
    ({"networks": {"bridge": Attachment("172.17.0.2")}}, "networks: shop in the manifest, bridge here"),
    ({"memory_limit": 32 * MIB}, "resources.memory: 64 MiB in the manifest, 32 MiB here"),
    ({"cpu_limit": None}, "resources.cpus: 0.5 in the manifest, no limit here"),
    ({"pids_limit": 70}, "resources.pids: 50 in the manifest, 70 here"),
    ({"health_command": ""}, "health: checked in the manifest, not checked here"),
    ({"health_command": "curl http://localhost:80/ping"}, "health.http: /health in the manifest, curl http://localhost:80/ping here"),
    ({"restart_policy": "on-failure", "restart_max": 3}, "restart: always in the manifest, on-failure:3 here"),
    ({"command": "/entry serve --slow"}, "command: serve --fast in the manifest, /entry serve --slow here"),
    ({"labels": {"team": "red"}}, "labels.team: blue in the manifest, red here"),
    ({"state": "exited"}, "running in the manifest, exited here"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "told"), CHANGES, ids=[told for _, told in CHANGES])
async def test_each_difference_is_told(written: Path, change: dict[str, Any], told: str) -> None:
    lines = await found(written, replace(box(), **change))
    assert f"web: {told}" in lines
    assert len(lines) <= 2


async def test_values_of_the_environment_are_never_told(written: Path) -> None:
    lines = await found(written, replace(box(), environment={"MODE": "quiet-9", "API_TOKEN": "other-55d0"}))
    assert len(lines) == 2
    assert not any(value in line for line in lines for value in ("quiet-9", "other-55d0", "tok-8d1f0c2ab77"))


async def test_a_missing_container_and_one_too_many_are_told(written: Path) -> None:
    extra = replace(box("shop-extra"), labels={OURS + "project": "shop", OURS + "container": "extra"})
    assert await found(written, extra) == [
        "web: running in the manifest, no such container here",
        "shop-extra: no such container in the manifest, running, a container of shop here",
    ]


async def test_a_container_finds_its_manifest_by_label_then_by_name(written: Path) -> None:
    register(load(), manifest.load(written), written)
    digest = manifest.load(written).digest()
    labels = {OURS + "manifest": digest, OURS + "container": "web", "team": "blue"}
    assert await found("other-name", replace(box("other-name"), labels=labels)) == []
    assert await found("web", replace(box(), memory_limit=None))
    assert await found("shop-web", replace(box("shop-web"))) == []
    compose = {COMPOSE + "project": "shop", COMPOSE + "service": "web", "team": "blue"}
    assert await found("shop-web-1", replace(box("shop-web-1"), labels=compose)) == []


async def test_a_registered_manifest_outlives_its_file(written: Path) -> None:
    register(load(), manifest.load(written), written)
    written.unlink()
    assert await found("web", replace(box(), environment={"MODE": "fast", "API_TOKEN": "another"})) == []
    assert await found("web", replace(box(), cpu_limit=1.0)) != []


async def test_who_is_not_there_and_who_has_no_manifest_are_errors(written: Path) -> None:
    with pytest.raises(NoSuchContainer):
        await found("wep", box())
    with pytest.raises(UsageError, match="no manifest"):
        await found("web", box())
    with pytest.raises(ManifestError, match="No such file"):
        await found(written.parent / "none.json", box())


# ---- from what runs --------------------------------------------------------------------------------------------


async def running(project: str, *boxes: FakeContainer) -> dict[str, Any]:
    assistant = house(*boxes)
    try:
        return await assistant.manifest_of_running(project)
    finally:
        await assistant.close()


async def test_what_is_written_of_what_runs_is_what_runs(tmp_path: Path) -> None:
    document = (await running("", box()))["manifest"]
    assert document["containers"]["web"]["environment"] == {"MODE": None, "API_TOKEN": None, "MORE": None}
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(document))
    assert await found(path, box()) == []
    entry = manifest.load(path).containers["web"]
    assert (entry.resources.memory, entry.restart, entry.volumes) == (
        64 * MIB,
        "always",
        ("/srv/conf:/conf:ro", "data:/data"),
    )
    assert entry.health is not None
    assert (entry.health.http, entry.health.port) == ("/health", 80)


async def test_of_a_compose_project_its_services_are_written() -> None:
    def service(name: str, number: int = 1, needs: str = "") -> FakeContainer:
        labels = {COMPOSE + "project": "shop", COMPOSE + "service": name, COMPOSE + "depends_on": needs}
        return FakeContainer(f"shop-{name}-{number}", f"acme/{name}:1", labels=labels)

    boxes = [service("db"), service("web", needs="db:service_healthy:true"), service("job", 1), service("job", 2)]
    document = (await running("shop", *boxes, box("stranger")))["manifest"]
    assert document["project"] == {"name": "shop"}
    assert sorted(document["containers"]) == ["db", "shop-job-1", "shop-job-2", "web"]
    assert document["containers"]["web"]["depends_on"] == ["db"]


async def test_a_secret_in_a_check_is_not_written() -> None:
    odd = replace(box(), health_command="REDIS_PASSWORD=hunter2horse9 redis-cli ping")
    document = await running("", odd)
    assert "hunter2horse9" not in json.dumps(document)


async def test_an_unknown_project_is_an_error_that_names_those_there_are() -> None:
    labelled = replace(box(), labels={COMPOSE + "project": "shop"})
    with pytest.raises(UsageError) as raised:
        await running("shopp", labelled)
    assert "shop" in raised.value.next
    with pytest.raises(UsageError, match="nothing runs"):
        await running("", replace(box(), state="exited"))
