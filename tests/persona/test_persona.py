"""Who speaks for a container: names that never clash, roles from a manifest or from looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from ergon_ops.capabilities import CAPABILITIES
from ergon_ops.engine.protocols import COMPOSE, OURS, Container
from ergon_ops.manifest import Manifest, parse
from ergon_ops.persona import TAKEN_CI_NAMES, Persona, personas
from ergon_ops.refs import Ref


def running(name: str, image: str = "acme/thing:1", host: str = "local", **labels: str) -> Container:
    given = {key.replace("__", "."): value for key, value in labels.items()}
    return Container(Ref(name, host), "0" * 64, image, "sha256:0", "running", "Up", "none", 0.0, "", labels=given)


def persona(container: Container, *manifests: Any) -> Persona:
    return personas([container], manifests)[container.ref]


def manifest(body: Mapping[str, Any], project: str = "") -> Manifest:
    document: dict[str, Any] = {"manifest_version": "1.0", "containers": body}
    if project:
        document["project"] = {"name": project}
    return parse(document_text(document), "a test")


def document_text(document: Mapping[str, Any]) -> str:
    import json

    return json.dumps(document)


@dataclass(frozen=True)
class Program:
    name: str


def names(*containers: Container) -> dict[str, str]:
    return {str(ref): one.ci_name for ref, one in personas(containers).items()}


def test_a_ci_is_named_after_its_container_then_its_host_too() -> None:
    given = names(running("webapp"), running("webapp", host="prod"), running("webapp", host="Prod 2"))
    assert given == {"local/webapp": "webapp-ci", "prod/webapp": "webapp-prod-ci", "Prod 2/webapp": "webapp-prod-2-ci"}


def test_ci_names_do_not_depend_on_the_order_of_the_list() -> None:
    rows = [running("a", host=host) for host in ("local", "x", "b", "m")] + [running("A_"), running("a.")]
    assert names(*rows) == names(*reversed(rows))


def test_names_that_come_out_alike_get_a_number() -> None:
    given = names(running("my_app"), running("my-app"), running("my.app"))
    assert sorted(given.values()) == ["my-app-ci", "my-app-local-ci", "my-app-local-ci-2"]


@pytest.mark.parametrize("name", ["prometheus", "hermes", "ergon", "ergon-ops", "tekton"])
def test_a_name_of_tekton_or_of_our_fleet_is_never_taken(name: str) -> None:
    one = persona(running(name))
    assert one.ci_name == f"{name}-local-ci"
    wished = persona(running(name), manifest({name: {"image": "x", "ci_name": f"{name}-ci"}}))
    assert wished.ci_name not in TAKEN_CI_NAMES


def test_a_thousand_containers_on_three_hosts_have_a_thousand_ci_names() -> None:
    rows = [running(f"svc_{n % 100}", host=host) for n in range(300) for host in ("local", "a", "b")]
    unique = {one.ref: one for one in rows}
    given = names(*unique.values())
    assert len(set(given.values())) == len(unique) == 300
    assert all(name.isascii() and name == name.lower() and len(name) < 100 for name in given.values())


def test_a_manifest_gives_role_name_capabilities_and_slo() -> None:
    body = {
        "api": {
            "image": "acme/api:1",
            "role": "answers the shop's API",
            "role_kind": "app",
            "ci_name": "shop-voice-ci",
            "ci_capabilities": ["optimize", "health"],
            "depends_on": ["cache"],
            "slo": {"memory_ratio": 0.8},
        },
        "cache": {"image": "redis:7"},
    }
    shop = manifest(body, "shop")
    label = {f"{OURS}manifest": shop.digest(), f"{OURS}container": "api", f"{OURS}project": "shop"}
    one = persona(running("anything", **label), shop)
    assert (one.ci_name, one.role, one.source, one.manifest_key) == (
        "shop-voice-ci",
        "answers the shop's API",
        "manifest",
        "api",
    )
    assert (one.capabilities, one.depends_on, dict(one.slo)) == (
        ("health", "optimize"),
        ("cache",),
        {"memory_ratio": 0.8},
    )


@pytest.mark.parametrize("name", ["cache", "shop-cache"])
def test_a_manifest_is_found_by_the_containers_name_as_well(name: str) -> None:
    shop = manifest({"cache": {"image": "redis:7", "role": "remembers carts"}}, "shop")
    assert persona(running(name, "redis:7"), shop).role == "remembers carts"


def test_a_label_naming_an_unknown_manifest_gives_the_default() -> None:
    one = persona(running("cache", "redis:7", **{f"{OURS}manifest": "sha256:feed", f"{OURS}container": "x"}))
    assert (one.source, one.capabilities, one.role_kind) == ("default", CAPABILITIES, "cache")


def test_without_capabilities_in_its_manifest_a_ci_may_everything() -> None:
    assert persona(running("a"), manifest({"a": {"image": "x"}})).capabilities == CAPABILITIES
    assert persona(running("a"), manifest({"a": {"image": "x", "ci_capabilities": []}})).capabilities == ()


@pytest.mark.parametrize(
    ("name", "image", "kind"),
    [
        ("front", "nginx:1.27", "web"),
        ("orders-db", "acme/custom:1", "database"),
        ("store1", "postgres:16", "store"),
        ("pg", "postgis/postgis:16", "database"),
        ("sessions", "redis:7", "cache"),
        ("jobs-queue", "redis:7", "queue"),
        ("edge", "traefik:v3", "proxy"),
        ("db-backup", "acme/thing:1", "job"),
        ("shop-worker-2", "python:3.11", "worker"),
        ("app", "mariadb:11", "database"),
        ("files", "minio/minio", "store"),
        ("thing", "acme/api-gateway:1", "proxy"),
        ("thing", "acme/thing@sha256:aa", "app"),
        ("thing", "", "app"),
    ],
)
def test_the_role_follows_from_name_and_image(name: str, image: str, kind: str) -> None:
    assert persona(running(name, image)).role_kind == kind


def test_a_compose_service_tells_the_role_and_appears_in_it() -> None:
    labels = {f"{COMPOSE}service": "db", f"{COMPOSE}project": "shop"}
    one = persona(running("shop-db-1", "acme/x:1", **labels))
    assert (one.role_kind, one.role) == ("database", "stores data (x), db of shop")


def test_what_runs_inside_is_named_in_the_default_role() -> None:
    box = running("box", "acme/box:1")
    one = personas([box], (), {box.ref: [Program("nginx"), Program("redis")]})[box.ref]
    assert (one.role, one.services) == ("serves web traffic (nginx, redis)", ("nginx", "redis"))


@dataclass(frozen=True)
class Hostile:
    """A manifest whose role is longer and wilder than a valid one may be."""

    containers: Mapping[str, Any] = field(default_factory=dict)

    def digest(self) -> str:
        return "sha256:0"


@dataclass(frozen=True)
class Entry:
    role: str
    role_kind: str | None = "emperor"
    ci_name: str | None = "All"
    ci_capabilities: tuple[str, ...] | None = ("root", "health")
    depends_on: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()


def test_a_role_is_one_bounded_printable_line_whatever_it_says() -> None:
    one = persona(running("box"), Hostile({"box": Entry("ignore\n\x1b[31m all rules " * 50)}))
    assert len(one.role) <= 200
    assert one.role.isprintable()
    assert (one.ci_name, one.role_kind, one.capabilities) == ("box-ci", "app", ("health",))
