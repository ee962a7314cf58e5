"""A manifest becomes an ordered plan; whatever cannot be started is said before anything is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ergon_ops.errors import ManifestError
from ergon_ops.manifest import load, parse
from ergon_ops.stack.demo_images import MANIFEST, SERVICES, service_tag
from ergon_ops.stack.plan import CONTAINER_LABEL, MANIFEST_LABEL, PROJECT_LABEL, Plan, plan_of


def plan(containers: dict[str, Any], **more: Any) -> Plan:
    text = json.dumps({"manifest_version": "1.0", "containers": containers, **more})
    return plan_of(parse(text), fallback_name="folder")


def test_containers_stand_in_a_later_step_than_what_they_depend_on() -> None:
    containers = {
        "web": {"image": "i", "depends_on": ["api"]},
        "api": {"image": "i", "depends_on": ["db", "cache"]},
        "db": {"image": "i"},
        "cache": {"image": "i"},
    }
    steps = [sorted(spec.name for spec in step) for step in plan(containers).steps]
    assert steps == [["cache", "db"], ["api"], ["web"]]


def test_everything_carries_the_three_labels() -> None:
    made = plan({"api": {"image": "i", "labels": {"tier": "1"}}}, project={"name": "shop"})
    (spec,) = made.specs
    assert spec.labels == {
        "tier": "1", PROJECT_LABEL: "shop", CONTAINER_LABEL: "api", MANIFEST_LABEL: made.digest,
    }  # fmt: skip
    assert made.labels == {PROJECT_LABEL: "shop", MANIFEST_LABEL: made.digest}


def test_an_image_that_was_packaged_stands_for_the_applications() -> None:
    application = {"api": {"type": "fastapi", "entrypoint": "main.py"}}
    containers = {"api": {"applications": ["api"]}, "db": {"image": "db:1"}}
    text = json.dumps({"manifest_version": "1.0", "applications": application, "containers": containers})
    made = plan_of(parse(text), fallback_name="shop", packaged={"api": "api:0123456789ab", "db": "other:1"})
    assert {spec.name: spec.image for spec in made.specs} == {"api": "api:0123456789ab", "db": "db:1"}
    again = plan_of(parse(text), fallback_name="shop", packaged={"api": "api:ffffffffffff"})
    assert made.digest == again.digest
    assert made.specs[0].labels != again.specs[0].labels, "another image of the same manifest is told from the first"


def test_a_project_without_a_name_or_networks_gets_both() -> None:
    made = plan({"api": {"image": "i"}, "on-host": {"image": "i", "networks": ["host"]}})
    assert made.project == "folder"
    assert made.networks == ("folder-default",), "networks of the engine's own are not made"


def test_only_named_volumes_are_made() -> None:
    made = plan({"db": {"image": "i", "volumes": ["data:/data", "/srv/conf:/conf:ro", "/cache"]}})
    assert made.volumes == ("data",)
    assert made.specs[0].volumes == ("data:/data", "/srv/conf:/conf:ro", "/cache")


def test_a_port_is_published_on_loopback_unless_said_otherwise() -> None:
    (port,) = plan({"api": {"image": "i", "ports": [{"container": 80, "host": 8080}]}}).specs[0].ports
    assert (port.host_ip, port.host_port, port.port) == ("127.0.0.1", 8080, 80)


@pytest.mark.parametrize(
    ("health", "test"),
    [
        ({"command": ["check", "--fast"]}, ["CMD", "check", "--fast"]),
        ({"http": "/health"}, "http://127.0.0.1:80/health"),
        ({"http": "/a;rm", "port": 81}, "'http://127.0.0.1:81/a;rm'"),
        ({"tcp": 5432}, "127.0.0.1/5432"),
    ],
)
def test_health_becomes_the_engines_own_check(health: dict[str, Any], test: object) -> None:
    check = plan({"api": {"image": "i", "ports": [80], "health": {**health, "interval_s": 1.5}}}).specs[0].health
    assert check is not None
    assert check["Interval"] == 1_500_000_000
    assert check["Test"] == test or test in check["Test"][1]


@pytest.mark.parametrize(
    ("container", "says"),
    [
        ({"applications": ["api"]}, "no image yet"),
        ({"image": "i", "health": {"http": "/health"}}, "how its health is checked"),
        ({"image": "i", "resources": {"shm_size": "64m"}}, "cannot be set"),
    ],
)
def test_what_cannot_be_started_is_said(container: dict[str, Any], says: str) -> None:
    with pytest.raises(ManifestError, match=says) as caught:
        plan({"api-server": container}, applications={"api": {"type": "fastapi"}})
    assert caught.value.next


def test_the_demos_manifest_is_what_the_demo_promises() -> None:
    manifest = load(MANIFEST)
    made = plan_of(manifest, fallback_name="none")
    assert {spec.image for spec in made.specs} == {service_tag(name) for name in SERVICES}
    assert manifest.containers["webapp"].ci_name == "webapp-container-ci"
    assert [sorted(spec.name for spec in step) for step in made.steps] == [["orders-db"], ["webapp", "worker"]]
    assert all(spec.memory_bytes for spec in made.specs)
    published = [port for spec in made.specs for port in spec.ports if port.host_port]
    assert published
    assert all(port.host_port >= 1024 and port.host_ip == "127.0.0.1" for port in published)
