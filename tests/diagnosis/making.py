"""Scenes made by hand: facts about one container as the engine would give them, at a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ergon_ops.diagnosis import RULES, Scene, diagnose
from ergon_ops.events import timestamp
from ergon_ops.facts import FACTS, Ledger, reading
from ergon_ops.findings import Finding
from ergon_ops.logtemplates.signals import key_of, told
from ergon_ops.refs import Ref

NOW = 1_800_000_000.0
API = Ref("api")
STATES: dict[str, dict[str, Any]] = {
    "running": {"state": "running", "started_at": NOW - 3600, "uptime": 3600.0, "restart_count": 0, "health": "none"},
    "exited": {"state": "exited", "started_at": NOW - 120, "finished_at": NOW - 60, "restart_count": 0},
    "restarting": {"state": "restarting", "started_at": NOW - 2, "finished_at": NOW - 1, "restart_count": 4},
    "relapsing": {"state": "running", "started_at": NOW - 2, "uptime": 2.0, "restart_count": 4, "health": "none"},
    "created": {"state": "created", "restart_count": 0},
    "paused": {"state": "paused", "started_at": NOW - 3600, "uptime": 3600.0, "restart_count": 0},
}


def scene(
    state: str = "running",
    *,
    events: Iterable[tuple[float, str]] = (),
    log: Iterable[str] = (),
    log_age_s: float = 5.0,
    reach_s: float | None = 7200.0,
    window_s: float = 2.0,
    keyed: Mapping[str, Mapping[str, Any]] | None = None,
    about: Ref = API,
    ledger: Ledger | None = None,
    **values: Any,
) -> Scene:
    """`events`: (seconds ago, "die exit_code 137"). `keyed`: fact name → key → value. `reach_s` None: all forgotten."""
    ledger = ledger if ledger is not None else Ledger()

    def add(name: str, value: Any, key: str = "") -> None:
        window = window_s if FACTS[name].group in ("cpu", "io") or name.endswith(("_seen", "_slope")) else None
        ledger.add([reading(about, name, value, key=key, at=NOW, source="hand", window_s=window)])

    for name, value in {**STATES[state], **values}.items():
        add(name, value)
    add("events_reach", NOW - (0.0 if reach_s is None else reach_s))
    for ago, text in sorted(events, reverse=True):
        add("event", text, timestamp(NOW - ago))
    for line in log:
        for kind, named in told(line):
            key = key_of(kind, named)
            add("log_signal", line, key)
            add("log_signal_count", 1, key)
            add("log_signal_at", NOW - log_age_s, key)
        add("log_last_line", line)
    for name, rows in (keyed or {}).items():
        for key, value in rows.items():
            add(name, value, key)
    return Scene(ledger, NOW)


def found(made: Scene, about: Ref = API, *, nature: str = "fault") -> dict[str, Finding]:
    """The findings by their cause; each cites facts that are there, and says a whole sentence."""
    ids = {fact.id for fact in made.ledger}
    findings = {item.cause: item for item in diagnose(made, about) if item.nature == nature}
    for item in findings.values():
        assert item.evidence
        assert set(item.evidence) <= ids
        assert item.summary.endswith(".")
        assert not [word for word in ("None", "{", "..") if word in item.summary]
        assert set(RULES[item.cause].details) <= set(item.details)
    return findings


def only(made: Scene, about: Ref = API, *, nature: str = "fault") -> Finding:
    findings = found(made, about, nature=nature)
    assert len(findings) == 1, findings
    return next(iter(findings.values()))


def causes(made: Scene, about: Ref = API, *, nature: str = "fault") -> list[str]:
    return sorted(found(made, about, nature=nature))


def evidence(made: Scene, finding: Finding) -> list[tuple[str, Any]]:
    by_id = {fact.id: fact for fact in made.ledger}
    return [(by_id[key].name, by_id[key].value) for key in finding.evidence]
