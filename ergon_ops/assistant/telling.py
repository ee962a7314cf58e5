"""How a turn is told: its sentences one by one, then the one answer document."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import Any

from ergon_ops import offline
from ergon_ops.assistant import documents, lives
from ergon_ops.assistant.room import Room
from ergon_ops.dataclass import dataclass
from ergon_ops.events import Event, Stream
from ergon_ops.findings import Finding
from ergon_ops.messages import Question, Usage
from ergon_ops.offline import Ask, Reply, Sentence, View
from ergon_ops.proposals import Proposal
from ergon_ops.refs import Ref
from ergon_ops.router import Focus
from ergon_ops.turn import Desk

FLEET_CI = "ergon-ops-ci"
PARTS_SHOWN = 50


@dataclass(slots=True)
class Turn:
    """What one turn knows so far. `previous` is the session's last question as understood."""

    question: Question
    room: Room
    stream: Stream
    started: float
    session: str | None
    previous: Ask | None
    focus: Focus | None = None
    views: Sequence[View] = ()
    reply: Reply = field(default_factory=lambda: Reply(()))
    ask: Ask | None = None
    refs: tuple[Ref, ...] = ()
    # of a model's answer
    told: list[Sentence] = field(default_factory=list)
    provider: str = "offline"
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    grounding: Mapping[str, int] | None = None
    consent: str = ""  # the endpoint whose key lies in the environment and was not used


def pieces(reply: Reply) -> list[str]:
    """The reply cut into its sentences, each with what stands before it: joined they are the answer."""
    cut: list[str] = []
    for index in range(len(reply.sentences)):
        before = Reply(reply.sentences[:index]).text
        cut.append(Reply(reply.sentences[: index + 1]).text[len(before) :])
    return cut


def answer(turn: Turn, text: str, **more: Any) -> Event:
    """The last event: its data is the document of `ask --json`."""
    room = turn.room
    findings = [item for view in turn.views for item in view.findings]
    ids_of = {row.ref: row.id for row in room.inventory.containers}
    seen = room.house.store.findings.observe(checked(turn), findings, ids_of)
    told = [id for sentence in turn.told for id in sentence.fact_ids]
    ids = [*turn.reply.fact_ids, *told, *(id for item in findings for id in item.evidence)]
    data = documents.answer_json(
        question=turn.question.text,
        ci=speaker(turn),
        containers=turn.refs,
        answer=text,
        parts=parts(turn, text),
        facts=documents.cited(room.ledger, ids),
        findings=documents.findings_json(findings, seen, partial(lives.before, room.house)),
        proposals=[documents.proposal_json(item) for view in turn.views for item in view.proposals],
        tool_calls=[{**outcome.to_json(), "container": ref.short} for ref, outcome in room.desk.outcomes],
        elapsed_ms=(time.perf_counter() - turn.started) * 1000,
        session=turn.session,
        provider=turn.provider,
        model=turn.model,
        grounding=turn.grounding,
        usage=usage_json(turn),
        **more,
    )
    return turn.stream.event("answer", **data)


def usage_json(turn: Turn) -> documents.Document:
    spent = turn.usage
    return {
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "cache_read_tokens": spent.cache_read_tokens,
        "cost_usd": turn.cost_usd,
    }


def speaker(turn: Turn) -> str | None:
    """The CI that answers: the container's own, the fleet's for several, nobody for a question asked back."""
    if not turn.refs:
        return FLEET_CI if turn.ask is not None else None
    if len(turn.refs) > 1:
        return FLEET_CI
    return next((view.persona.ci_name for view in turn.views), FLEET_CI)


def parts(turn: Turn, text: str) -> list[documents.Document]:
    """What each container says for itself; the whole answer where there is only one."""
    if turn.ask is None:
        return []
    ask, shown = turn.ask, turn.views[:PARTS_SHOWN]
    return [
        {
            "ci": view.persona.ci_name,
            "container": view.ref.short,
            "answer": text if len(turn.views) == 1 else offline.compose(ask, view).text,
            "error": view.failures[0].message if view.failures else None,
        }
        for view in shown
    ]


def checked(turn: Turn) -> list[Ref]:
    """The containers the rules looked at in this turn."""
    return [ref for ref, outcome in turn.room.desk.outcomes if outcome.tool == "diagnose" and outcome.ok]


def joined(sentences: Iterable[Sentence]) -> str:
    return "".join(sentence.text for sentence in sentences)


def announce(desk: Desk, findings: Iterable[Finding], proposals: Iterable[Proposal]) -> None:
    """Events of what was found and proposed."""
    for finding in findings:
        desk.happened.put_nowait(("finding", finding.to_json()))
    for proposal in proposals:
        desk.happened.put_nowait(("proposal", documents.proposal_json(proposal)))
