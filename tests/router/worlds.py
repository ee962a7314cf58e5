"""The worlds of the labelled questions, built through the same doors as a real one, and the scoring of a question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ergon_ops.engine.protocols import COMPOSE, Container, PublishedPort
from ergon_ops.persona import personas
from ergon_ops.refs import LOCAL, Ref
from ergon_ops.router import Focus, Member, Route, Router, members

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Serves:
    name: str
    port: int | None = None
    state: str = "listening"


@dataclass(frozen=True)
class Wish:
    """The one entry of a manifest the worlds need: a CI name."""

    ci_name: str | None
    role: str | None = None
    role_kind: str | None = None
    ci_capabilities: tuple[str, ...] | None = None
    depends_on: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()


class Manifest:
    def __init__(self, containers: Mapping[str, Any]) -> None:
        self.containers = containers

    def digest(self) -> str:
        return "sha256:0"


def container(row: Mapping[str, Any]) -> Container:
    labels = {}
    if row.get("service"):
        labels = {
            f"{COMPOSE}service": row["service"],
            f"{COMPOSE}project": row["project"],
            f"{COMPOSE}container-number": str(row["number"]),
        }
    pairs = [port.split(":") for port in row.get("ports", ())]
    state = row.get("state", "running")
    return Container(
        ref=Ref(row["name"], row.get("host", LOCAL)),
        id=format(int(sha256(f"{row.get('host')}{row['name']}".encode()).hexdigest(), 16), "064x"),
        image=row["image"],
        image_id="sha256:0",
        state=state,
        status=state,
        health=row.get("health", "none"),
        created_at=0.0,
        command="",
        exit_code=row.get("exit_code"),
        labels=labels,
        ports=tuple(PublishedPort("0.0.0.0", int(host), int(inner)) for host, inner in pairs),
        exposed=tuple(row.get("exposed", ())),
    )


def services(row: Mapping[str, Any]) -> tuple[Serves, ...]:
    split = [name.split(":") for name in row.get("services", ())]
    return tuple(Serves(parts[0], int(parts[1]) if len(parts) > 1 else None) for parts in split)


def population(name: str) -> tuple[Member, ...]:
    rows = json.loads((HERE / "worlds.json").read_text(encoding="utf-8"))[name]
    containers = [container(row) for row in rows]
    seen = {one.ref: services(row) for one, row in zip(containers, rows, strict=True)}
    wishes = Manifest({row["name"]: Wish(row["ci"]) for row in rows if "ci" in row})
    return members(containers, personas(containers, [wishes], seen), seen)


@cache
def router(name: str) -> Router:
    return Router(population(name))


def ref(text: str) -> Ref:
    host, _, name = text.rpartition("/")
    return Ref(name, host or LOCAL)


def questions(kind: str) -> Iterator[dict[str, Any]]:
    for line in (HERE / f"questions_{kind}.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def asked(row: Mapping[str, Any]) -> Route:
    findings = [one.split(":") for one in row.get("findings", ())]
    focus = Focus(
        refs=tuple(ref(name) for name in row.get("focus", ())),
        text=row.get("said", ""),
        candidates=tuple(ref(name) for name in row.get("candidates", ())),
        findings=tuple((identifier, cause, ref(name)) for identifier, cause, name in findings),
    )
    return router(row["world"]).route(row["ask"], names=row.get("names", ()), focus=focus)


def misses(row: Mapping[str, Any], route: Route) -> list[str]:
    """What is wrong with a route, in words; empty if it is what the label says."""
    everyone = {member.ref for member in router(row["world"]).members}
    wanted = everyone if row["refs"] == ["*"] else {ref(name) for name in row["refs"]}
    said = []
    if route.kind != row["kind"]:
        said.append(f"kind {route.kind}, not {row['kind']}")
    if route.kind not in ("host", "unknown_name", "none") and set(route.refs) != wanted:
        said.append(f"refs {sorted(map(str, route.refs))}")
    for key in ("changes", "guess", "rest"):
        if key in row and getattr(route, key) != row[key]:
            said.append(f"{key} {getattr(route, key)!r}")
    if "about" in row and {one.short for one in route.about} != set(row["about"]):
        said.append(f"about {sorted(one.short for one in route.about)}")
    return said
