"""Facts made by hand, as the engine would read them: a few words say what a container is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ergon_ops import topology
from ergon_ops.diagnosis import Scene, chains, diagnose
from ergon_ops.engine.protocols import Container, LogLine
from ergon_ops.events import timestamp
from ergon_ops.facts import Ledger, Reading, reading
from ergon_ops.findings import Finding
from ergon_ops.logtemplates import signals
from ergon_ops.refs import Ref

NOW = 1_800_000_000.0


@dataclass
class Box:
    """`listens`: 'address:port'; `networks`: name → address; `log`: lines, the last one said a second ago, one a
    second; `more`: further facts, name → value, or name → {key: value}."""

    name: str
    state: str = "running"
    networks: Mapping[str, str] = field(default_factory=lambda: {"net": ""})
    listens: Iterable[str] = ()
    env_hosts: Mapping[str, str] = field(default_factory=dict)
    log: Iterable[str] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ref(self) -> Ref:
        return Ref(self.name)

    def readings(self) -> Iterable[Reading]:
        facts: dict[str, Any] = {
            "state": self.state,
            "health": "none",
            "uptime": 600.0 if self.state == "running" else None,
            "started_at": NOW - 600.0,
            "restart_count": 0,
            "command": "serve",
            "network": dict(self.networks),
            "env_host": dict(self.env_hosts),
            "env_key": dict.fromkeys(self.env_hosts, True),
            "listener": {f"{place}/tcp": "app" for place in self.listens},
            **({"sockets_visible": True} if self.state == "running" else {}),
            **self.more,
        }
        for name, value in facts.items():
            rows = value if isinstance(value, dict) else {"": value}
            for key, each in rows.items():
                if each is not None:
                    yield reading(self.ref, name, each, key=key, at=NOW, source="test")
        lines = list(self.log)
        told = [LogLine(NOW - len(lines) + number, "stderr", line) for number, line in enumerate(lines)]
        yield from signals.readings(self.ref, told, at=NOW, source="test")


def scene(*boxes: Box) -> Scene:
    """The links are made as for real, from the names that the boxes tell."""
    ledger = Ledger()
    nodes = []
    for number, box in enumerate(boxes):
        facts = ledger.add(box.readings())
        row = Container(box.ref, f"{number:064x}", "image", "sha256:0", box.state, "", "none", 0.0, "")
        nodes.append(topology.node(row, [fact.reading for fact in facts]))
    links = (*topology.links(boxes[0].ref, nodes), *topology.said(nodes))
    return Scene(ledger, NOW, links, tuple(box.ref for box in boxes))


def found(*boxes: Box) -> list[str]:
    """What the rules say of the first one alone: `cause container`."""
    return told(diagnose(scene(*boxes), boxes[0].ref))


def told(findings: Iterable[Finding]) -> list[str]:
    return [f"{item.cause} {item.about.name}" for item in findings if item.nature == "fault"]


def one(*boxes: Box) -> Finding:
    (finding,) = (item for item in diagnose(scene(*boxes), boxes[0].ref) if item.nature == "fault")
    return finding


def together(about: str, *boxes: Box) -> tuple[Finding, ...]:
    """What is said of one of them once the chains between all of them are followed."""
    stage = scene(*boxes)
    concluded = chains.concluded(stage, Ref(about), {box.ref: diagnose(stage, box.ref) for box in boxes})
    return tuple(item for item in concluded if item.nature == "fault")


def checks(*codes: int, every_s: float = 1.0) -> dict[str, Any]:
    """The last runs of a healthcheck, by their exit codes."""
    return {timestamp(NOW - (len(codes) - number) * every_s): code for number, code in enumerate(codes)}
