"""The assistant of this process: whole turns run here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Mapping
from functools import partial
from typing import Any

from ergon_ops import offline
from ergon_ops.assistant import calling, documents, evidence, lives, proposing, sessions
from ergon_ops.assistant.conversation import converse
from ergon_ops.assistant.minds import Mind, mind_of
from ergon_ops.assistant.protocol import Sent
from ergon_ops.assistant.recall import see
from ergon_ops.assistant.room import House, Room, open_room
from ergon_ops.dataclass import dataclass
from ergon_ops.diagnosis import Scene, Verdict, merged, verdict, window
from ergon_ops.errors import EngineError, ErgonError
from ergon_ops.events import Event, Stream, timestamp
from ergon_ops.facts import Group
from ergon_ops.findings import Finding
from ergon_ops.messages import Actor, Question
from ergon_ops.offline import Step
from ergon_ops.refs import Ref
from ergon_ops.store import JournalRow

Document = dict[str, Any]
AT_A_GLANCE = (
    Step("inspect", {"groups": ["identity", "state", "services"]}),
    Step("metrics", optional=True),
    Step("diagnose", optional=True),
)
DIAGNOSIS = (Step("diagnose"), Step("inspect", {"groups": ["state", "services", "limits"]}, optional=True))
FEW, FLEET_WINDOW_S = 8, 1.4  # of many, as long as a trend needs
BRIEF_S = 0.5  # for the numbers of a cure: a few looks
ALL_AT_ONCE = 256  # they wait for the same seconds to pass
GLANCE: tuple[Group, ...] = ("limits", "cpu", "memory", "services")


@dataclass(frozen=True, slots=True)
class LocalAssistant:
    house: House

    def ask(self, question: Question) -> AsyncGenerator[Event, None]:
        return converse(self.house, question)

    async def names(self) -> tuple[str, ...]:
        """Raises EngineError if no engine answers."""
        room = await open_room(self.house)
        if exit_of(room):
            raise next(iter(room.inventory.failures.values()))
        words = {row.ref.short for row in room.inventory.containers}
        words |= {who.ci_name for who in room.personas.values()}
        words |= {row.service for row in room.inventory.containers if row.service}
        return tuple(sorted(words))

    async def consent_needed(self, model: str | None = None) -> str:
        consents = self.house.store.consents
        endpoint = mind_of(self.house.settings, model, consents.given).ask_consent
        return "" if not endpoint or consents.refused(endpoint) else endpoint

    async def give_consent(self, endpoint: str, *, yes: bool) -> None:
        consents = self.house.store.consents
        (consents.give if yes else consents.refuse)(endpoint)

    def sent(self) -> tuple[Sent, ...]:
        return tuple(self.house.models.sent)

    def mind(self, model: str | None = None) -> Mind:
        """Which mind would answer, and why. Raises UsageError for an unknown model."""
        return mind_of(self.house.settings, model, self.house.store.consents.given)

    async def preload(self, model: str | None = None) -> None:
        """Imports what the model needs while nobody waits."""
        mind = self.mind(model)
        if not mind.offline:
            await self.house.models.preload(mind.spec)

    async def prompt(self, question: Question) -> Document:
        """The request a model would be sent for this question; nothing is sent."""
        from ergon_ops.assistant.preview import preview

        return await preview(self.house, question)

    async def overview(self) -> Document:
        """What the bare command shows: its sentences, and three questions with names of here."""
        room = await open_room(self.house)
        refs = [row.ref for row in room.inventory.containers]
        room.collector.glance = True
        views = await room.desk.views(refs, lambda _: AT_A_GLANCE)
        host = next(iter(self.house.reads))
        shown = offline.overview(views, await room.desk.host_view(host))
        see(room)
        document = {
            "text": shown.text,
            "questions": list(shown.questions),
            "lines": [
                {"text": item.text, "facts": list(item.fact_ids), "findings": list(item.finding_ids)}
                for item in shown.sentences
            ],
            "failures": documents.failures_json(room.inventory.failures),
            "mind": "offline",
        }
        return {**document, "exit": exit_of(room)}

    async def listing(self) -> Document:
        room = await open_room(self.house)
        running = [row.ref for row in room.inventory.containers if row.running]
        await glance(room, running)
        see(room)
        rows = [documents.listing_row(row, room.personas[row.ref], room.ledger) for row in room.inventory.containers]
        return {
            "containers": rows,
            "failures": documents.failures_json(room.inventory.failures),
            "at": timestamp(self.house.clock()),
            "exit": exit_of(room),
        }

    async def diagnose(self, name: str) -> Document:
        """`diagnose --json`: the worst verdict wins. Unknown is one whose evidence could not be read, and one that is
        not well though no rule says why."""
        room = await open_room(self.house)
        refs = [room.desk.context(Ref("")).resolve(name)] if name else [row.ref for row in room.inventory.containers]
        few = len(refs) <= FEW
        room.collector.least_window_s = window() if few else FLEET_WINDOW_S
        room.collector.fix_window_s = BRIEF_S if few else 0.0
        room.collector.audited = True
        if not few:
            await room.collector.sources.begin(refs)
        views = await room.desk.views(refs, lambda _: DIAGNOSIS, at_once=ALL_AT_ONCE)
        findings = merged(item for view in views for item in view.findings)
        faults = [item for item in findings if item.nature == "fault"]
        whole = [view.ref for view in views if not view.failures]
        seen = self.house.store.findings.observe(
            whole, findings, {row.ref: row.id for row in room.inventory.containers}
        )
        see(room)
        verdicts = {view.ref: told(view, findings, self.house.clock()) for view in views}
        words = {item.word for item in verdicts.values()}
        worst = next((word for word in ("fault", "unknown") if word in words), "healthy")
        return {
            "verdict": worst if not room.inventory.failures else "unknown",
            "containers": [
                {"container": ref.short, "verdict": item.word, "missing": list(item.missing)}
                for ref, item in verdicts.items()
            ],
            "findings": documents.findings_json(faults, seen, partial(lives.before, self.house)),
            "audit": documents.findings_json([item for item in findings if item.nature == "audit"], seen),
            "checked": sorted(view.ref.short for view in views if not view.failures),
            "facts": documents.cited(room.ledger, (id for item in findings for id in item.evidence)),
            "failures": documents.failures_json(room.inventory.failures),
            "exit": exit_of(room) or {"healthy": 0, "fault": 1, "unknown": 7}[worst],
        }

    async def roster(self) -> Document:
        return await evidence.roster(self.house)

    def last_seen(self) -> Document:
        return evidence.last_seen(self.house)

    async def presence(self, name: str) -> Document:
        return await evidence.presence(self.house, name)

    async def logs(self, name: str, *, tail: int, grep: str = "", since_s: float = 0.0) -> Document:
        return await evidence.logs(self.house, name, tail=tail, grep=grep, since_s=since_s)

    def metrics(self, name: str, *, every_s: float = 1.0) -> AsyncGenerator[Document, None]:
        return evidence.metrics(self.house, name, every_s=every_s)

    async def call(self, tool: str, name: str, arguments: Mapping[str, Any]) -> Document:
        """One tool call on one container, as text. Raises NoSuchContainer, EngineError."""
        return await calling.call(self.house, tool, name, arguments)

    def findings(self) -> Document:
        return evidence.stored_findings(self.house)

    def facts(self, session: str) -> list[Document]:
        return sessions.facts_of(self.house.store, session)

    def shown(self, handle: str) -> str | None:
        return self.house.store.handles.get(handle)

    def sessions(self) -> Document:
        return sessions.listed(self.house.store)

    def session(self, name: str) -> Document:
        return sessions.told(self.house.store, name)

    def delete_session(self, name: str) -> Document:
        return sessions.forgotten(self.house.store, name)

    async def propose(self, name: str) -> Document:
        return await proposing.propose(self.house, name)

    async def proposals(self, *, everything: bool = False) -> Document:
        rows = await self.house.changes.list(None if everything else "open")
        return {"proposals": [documents.proposal_json(item) for item in rows]}

    async def approve(self, id: str, *, actor: Actor) -> AsyncGenerator[Event, None]:
        stream = Stream(f"t-{id}", self.house.clock)
        try:
            if not id.startswith("c-"):
                async for kind, data in self.house.changes.recover(actor=actor):
                    yield stream.event("notice" if kind == "answer" else kind, **data)
            async for kind, data in self.house.changes.approve(id, actor=actor):
                yield stream.event(kind, **data)
        except ErgonError as error:
            yield stream.event("error", **error.to_json())

    async def rollback(self, id: str, *, actor: Actor) -> AsyncGenerator[Event, None]:
        stream = Stream(f"t-{id}", self.house.clock)
        try:
            async for kind, data in self.house.changes.rollback(id, actor=actor):
                yield stream.event(kind, **data)
        except ErgonError as error:
            yield stream.event("error", **error.to_json())

    async def reject(self, id: str, *, actor: Actor) -> Document:
        return documents.proposal_json(await self.house.changes.reject(id, actor=actor))

    async def journal(self, *, verify: bool = False) -> Document:
        await self.house.changes.aftermath.look_everywhere()
        journal = self.house.store.journal
        document: Document = {"rows": [journal_json(row) for row in journal.rows()]}
        if verify:
            document["problems"] = list(journal.verify())
        return document

    async def state(self, *, prune: bool = False) -> Document:
        from ergon_ops.assistant import keeping

        return await keeping.state(self.house, prune=prune)

    async def manifest_difference(self, target: str) -> Document:
        from ergon_ops.assistant import manifests

        return await manifests.difference(self.house, target)

    async def manifest_of_running(self, project: str) -> Document:
        from ergon_ops.assistant import manifests

        return await manifests.of_running(self.house, project)

    async def close(self) -> None:
        for rates in self.house.rates.values():
            rates.flush()
        with contextlib.suppress(ErgonError):
            await self.house.models.close()
            await asyncio.gather(*(engine.close() for engine in self.house.reads.values()))
        self.house.store.close()


async def glance(room: Room, refs: list[Ref]) -> None:
    """The few groups a table shows, for everyone at once; a container that vanishes meanwhile is left out."""

    async def one(ref: Ref) -> None:
        with contextlib.suppress(ErgonError):
            await room.collector.read(ref, GLANCE)

    await asyncio.gather(*(one(ref) for ref in refs))


def told(view: offline.View, findings: Iterable[Finding], now: float) -> Verdict:
    """The word for one container; what could not be read of it makes a healthy one unknown."""
    found = verdict(Scene(view.ledger, now), view.ref, findings)
    missing = tuple(f"{item.tool}: {item.message}" for item in view.failures)
    return Verdict("unknown", missing) if found.word == "healthy" and missing else found


def exit_of(room: Room) -> int:
    """3 if no engine at all answered."""
    return EngineError.exit if room.inventory.failures and not room.inventory.infos else 0


def journal_json(row: JournalRow) -> Document:
    return {
        "seq": row.seq,
        "at": timestamp(row.at),
        "step": row.step,
        "change": row.change,
        "proposal": row.proposal,
        "container": row.container,
        "by": row.actor,
        "data": dict(row.data),
        "text": str(row.data.get("text", "")),
        "hash": row.hash,
    }
