"""The JSON documents of the contracts, from what a turn found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ergon_ops.engine.protocols import Container
from ergon_ops.errors import EngineError
from ergon_ops.events import timestamp
from ergon_ops.facts import Fact, Ledger
from ergon_ops.findings import Finding
from ergon_ops.persona import Persona
from ergon_ops.proposals import Proposal
from ergon_ops.refs import Ref

Document = dict[str, Any]


def proposal_json(proposal: Proposal) -> Document:
    body = proposal.intent.to_json()
    return {
        "id": proposal.id,
        "owner": proposal.owner,
        **body,
        "durable_edit": proposal.durable_edit or None,
        "facts": [fact.to_json() for fact in proposal.facts],
        "expires_at": timestamp(proposal.expires_at),
        "state": proposal.state,
    }


def cited(ledger: Ledger, ids: Iterable[str]) -> list[Document]:
    """The facts of these ids and what they were made of, in the ledger's order."""
    known = {fact.id: fact for fact in ledger}
    wanted: set[str] = set()
    todo = [id for id in ids if id in known]
    while todo:
        id = todo.pop()
        if id not in wanted:
            wanted.add(id)
            todo.extend(item for item in known[id].reading.inputs if item in known)
    return [fact.to_json() for fact in ledger if fact.id in wanted]


Before = Callable[[Ref, float], list[Document]]


def findings_json(
    findings: Iterable[Finding], first_seen: Mapping[str, float], before: Before = lambda _ref, _at: []
) -> list[Document]:
    """`before` tells what a watcher saw change in a container shortly before a time."""
    found = []
    for item in findings:
        at = first_seen.get(item.id)
        body = item.to_json(first_seen=timestamp(at) if at is not None else None)
        found.append({**body, "changes_before": before(item.about, at) if at is not None else []})
    return found


def failures_json(failures: Mapping[str, EngineError]) -> Document:
    return {host: error.to_json()["error"] for host, error in failures.items()}


def answer_json(
    *,
    question: str,
    ci: str | None,
    containers: Sequence[Ref],
    answer: str,
    parts: Sequence[Document] = (),
    facts: Sequence[Document] = (),
    findings: Sequence[Document] = (),
    proposals: Sequence[Document] = (),
    tool_calls: Sequence[Document] = (),
    elapsed_ms: float,
    session: str | None,
    provider: str = "offline",
    model: str | None = None,
    grounding: Mapping[str, int] | None = None,
    usage: Document | None = None,
    **more: Any,
) -> Document:
    """`ask --json`. `more` holds what only some answers have: `asked_back`, `exit`."""
    return {
        "question": question,
        "ci": ci,
        "containers": [ref.short for ref in containers],
        "answer": answer,
        "parts": list(parts),
        "provider": provider,
        "model": model,
        "facts": list(facts),
        "findings": list(findings),
        "proposals": list(proposals),
        "tool_calls": list(tool_calls),
        "grounding": dict(grounding) if grounding is not None else None,
        "usage": usage or {"input_tokens": 0, "output_tokens": 0, "cache_read_tokens": 0, "cost_usd": None},
        "elapsed_ms": round(elapsed_ms, 1),
        "session": session,
        **more,
    }


def listing_row(row: Container, persona: Persona, ledger: Ledger) -> Document:
    """One container of `list`: numbers for programs, `text` for people."""
    ref = row.ref
    serving = [(fact.key, str(fact.value)) for fact in ledger.all(ref, "serving")]
    cpu, memory, limit = (ledger.number(ref, name) for name in ("cpu_usage", "memory_working_set", "memory_limit"))
    return {
        "name": ref.name,
        "host": ref.host,
        "ci": persona.ci_name,
        "id": row.id,
        "image": row.image,
        "state": row.state,
        "health": row.health,
        "role": persona.role,
        "role_kind": persona.role_kind,
        "project": row.project or None,
        "service": row.service or None,
        "serving": [{"program": key.partition(":")[0], "port": port_of(key), "state": state} for key, state in serving],
        "cpu_cores": cpu,
        "memory_bytes": ledger.value(ref, "memory_working_set"),
        "memory_limit_bytes": ledger.value(ref, "memory_limit"),
        "text": {
            "cpu": "-" if cpu is None else f"{cpu * 100:.0f}%",
            "memory": memory_text(memory, limit),
            "serves": ", ".join(f"{key} down" if state == "down" else key for key, state in serving) or "-",
        },
    }


def port_of(key: str) -> int | None:
    port = key.partition(":")[2]
    return int(port) if port.isdigit() else None


def memory_text(used: float | None, limit: float | None) -> str:
    if used is None:
        return "-"
    mib = f"{used / 1048576:.0f} MiB"
    return f"{mib} ({used / limit:.0%})" if limit else mib


def fact_ids(facts: Iterable[Fact]) -> list[str]:
    return [fact.id for fact in facts]
