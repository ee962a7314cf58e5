"""A question put to a model: the evidence it is given, the calls it may make, and what becomes of what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace

from ergon_ops.assistant.instead import Instead
from ergon_ops.assistant.known import acted, answered, waiting
from ergon_ops.assistant.room import Room
from ergon_ops.assistant.telling import Turn, announce, joined
from ergon_ops.capabilities import tools_allowed
from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError
from ergon_ops.facts import Fact
from ergon_ops.findings import Finding
from ergon_ops.grounding import Acted, Ground
from ergon_ops.messages import Message, Mode, Prompt, ToolCall, ToolResult, Usage
from ergon_ops.offline import Ask, Sentence, Step, View
from ergon_ops.policy import effective_mode
from ergon_ops.proposals import Proposal
from ergon_ops.providers import Provider
from ergon_ops.refs import Ref
from ergon_ops.tool import Tool
from ergon_ops.turn import unique
from ergon_ops.turn.budget import Budget, Repeats
from ergon_ops.turn.checking import Checker
from ergon_ops.turn.rendering import outcome_text, proposal_line
from ergon_ops.turn.request import fleet_prompt, history_of, persona_prompt, question_message, withheld
from ergon_ops.turn.suspicion import said_before, suspects, suspicious, warning
from ergon_ops.turn.talk import Talk, telling

MAX_TOKENS = 1024
NOTICES = 3  # of one kind
PIPED = "the text that came with the question"
EARLIER = "an earlier message of this session"


@dataclass(slots=True)
class Modelled:
    """One turn's conversation with a model about `subject` (None: about everyone)."""

    turn: Turn
    provider: Provider
    subject: Ref | None
    views: list[View]
    noticed: list[tuple[str, str]] = field(default_factory=list)
    repeats: Repeats = field(default_factory=Repeats)
    acted: tuple[Acted, ...] = ()
    waiting: tuple[Proposal, ...] = ()  # for approval, since before this turn
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _suspects: tuple[Fact, ...] = ()
    _read: int = -1  # facts of the ledger that `_suspects` are among

    @property
    def room(self) -> Room:
        return self.turn.room

    @property
    def mode(self) -> Mode:
        question = self.turn.question
        return effective_mode(question.mode, question.actor.mode_ceiling)

    async def run(self) -> None:
        """Fills in the turn: what was told, by whom, how well grounded, at what cost; sentences become events."""
        turn, room = self.turn, self.room
        settings = room.house.settings
        tell, expected = telling(room.desk.happened.put_nowait), frozenset(turn.reply.fact_ids)
        instead = Instead(
            room.desk, turn.ask or Ask("", ()), self.views, self.learn, self.mode != "strict", turn.reply.sentences
        )
        checker = Checker(self.ground, tell, self.distrusted, expected)
        talk = Talk(
            self.provider, self.prompt(), self.tools(), [*self.history(), self.message()],
            Budget(settings.limits, self.afford), checker, self.call, instead.look, instead.told, self.record,
            turn.question.max_tokens or MAX_TOKENS, min(settings.limits.seconds, turn.question.deadline_s),
            room.house.clock,
        )  # fmt: skip
        self.acted, self.waiting = acted(room), waiting(room, self.views)
        self.answers = answered(turn.reply, self.views, room.ledger)
        self.warn()
        try:
            await talk.hold()
        finally:  # what was used has its price, also where a person stopped the turn
            turn.usage = talk.budget.usage
            turn.cost_usd = room.house.models.charge(self.provider.model, turn.usage)
        turn.told, turn.grounding = checker.told, checker.tally.to_json()
        if checker.acted:
            self.notice("claim", "the model claimed to have acted; nothing was done, and the sentence was removed")
        if talk.failure is not None:
            self.notice("provider", f"answered offline: {talk.failure}")
            return
        turn.provider, turn.model = self.provider.name, self.provider.model
        self.complete()
        if talk.cut:
            self.notice("cut", f"{self.provider.model} was cut off at {talk.max_tokens} tokens: more was to come")

    def afford(self, used: Usage, tokens: int) -> None:
        self.room.house.models.check_cost(self.provider.model, used, tokens)

    def complete(self) -> None:
        """What must not be left out whatever the model says: log lines that were asked for and it was not shown, faults
        found, what waits for approval."""
        told = joined(self.turn.told)
        lines = withheld(self.turn.reply.sentences, self.room.ledger, self.room.house.settings.share)
        asked = self.turn.ask is not None and {"logs", "errors"} & set(self.turn.ask.intents)
        for sentence in lines if asked else ():
            if sentence.text not in told:
                self.add(f"\n- {sentence.text}" if sentence.item else sentence.text, sentence.fact_ids)
        for view in self.views:
            for item in view.findings:
                words = item.cause.replace("_", " ")
                cited = set(item.evidence) & {id for sentence in self.turn.told for id in sentence.fact_ids}
                if item.nature == "fault" and not cited and words not in told and item.cause not in told:
                    self.add(f"{view.ref.short}: {item.summary}", item.evidence)
            for proposal in view.proposals:
                if proposal.id not in told:
                    kind, target = proposal.intent.kind.replace("_", " "), proposal.intent.target.short
                    self.add(
                        f"I propose: {kind} {target} ({proposal.id}); nothing has been done, it waits for approval."
                    )

    def add(self, text: str, fact_ids: Sequence[str] = ()) -> None:
        blank = not self.turn.told or self.turn.told[-1].text.endswith((" ", "\n")) or text.startswith("\n")
        before = "" if blank else " "
        sentence = Sentence(before + text, tuple(fact_ids))
        self.turn.told.append(sentence)
        self.room.desk.happened.put_nowait(("text", {"text": sentence.text}))

    # -- what it is given

    def prompt(self) -> Prompt:
        settings, inventory = self.room.house.settings, self.room.inventory
        if self.subject is not None:
            return persona_prompt(self.room.personas[self.subject], self.mode, settings.prompts)
        capabilities = {name for view in self.views for name in self.room.personas[view.ref].capabilities}
        hosts = sorted({row.ref.host for row in inventory.containers}) or list(self.room.house.reads)
        return fleet_prompt(len(inventory.containers), hosts, capabilities, self.mode, settings.prompts)

    def tools(self) -> tuple[Tool, ...]:
        """In strict mode a person asks for every read, so a model has no tools."""
        if self.mode == "strict":
            return ()
        toolbox = self.room.house.toolbox
        if self.subject is not None:
            return toolbox.offered(self.room.personas[self.subject])
        capabilities = {name for view in self.views for name in self.room.personas[view.ref].capabilities}
        allowed = tools_allowed(capabilities)
        return tuple(
            tool for name, tool in toolbox.tools.items() if tool.kind == "read" and (name in allowed or tool.own)
        )

    def history(self) -> tuple[Message, ...]:
        session = self.turn.session
        stored = self.room.house.store.sessions.messages(session) if session else self.turn.question.history
        return history_of(stored[:-1] if session else stored, self.room.house.settings.share)

    def message(self) -> Message:
        turn = self.turn
        return question_message(
            turn.question.text, self.views, self.room.ledger, cited=turn.reply.fact_ids, now=self.room.house.clock(),
            share=self.room.house.settings.share, draft=turn.reply.sentences, piped=turn.question.context,
        )  # fmt: skip

    def ground(self) -> Ground:
        room = self.room
        names = {row.service: row.ref for row in room.inventory.containers if row.service}
        names |= {persona.ci_name: ref for ref, persona in room.personas.items()}
        names |= {row.ref.name: row.ref for row in room.inventory.containers}
        refs = (self.subject,) if self.subject else tuple(view.ref for view in self.views)
        return Ground(
            ledger=room.ledger,
            refs=refs,
            names=names,
            findings=tuple(item for view in self.views for item in view.findings),
            proposals=unique([*(item for view in self.views for item in view.proposals), *self.waiting]),
            acted=self.acted,
            question=self.turn.question.text,
            now=room.house.clock(),
            hosts=tuple(room.house.reads),
            answers=self.answers,
        )

    def record(self, message: Message) -> None:
        if self.turn.session:
            self.room.house.store.sessions.append(self.turn.session, message)

    # -- what it may do

    async def call(self, call: ToolCall) -> ToolResult:
        """One tool call. Whatever it does wrong is told to the model in one line, and to the operator if it matters."""
        refusal, ref, arguments = self.whom(call)
        if ref is None:
            return ToolResult(call.id, f"error: {refusal}", ok=False)
        if again := await self.again(ref, call.tool, arguments):
            return ToolResult(call.id, f"error: {again}", ok=False)
        if (asked := self.proposed(ref, call.tool)) is not None:
            return ToolResult(call.id, f"proposed already, and it stays as it is: {proposal_line(asked)}")
        outcome = await self.room.desk.call(ref, Step(call.tool, arguments), trusted=False)
        if outcome.capability or call.tool not in self.room.house.toolbox.tools:
            self.notice("refused", f"the model asked for {call.tool[:40]!r}, which {ref.short} does not grant: refused")
        self.learn(ref, outcome.findings, outcome.proposals)
        self.warn()
        now, share = self.room.house.clock(), self.room.house.settings.share
        text = outcome_text(outcome, subject=ref, now=now, share=share, handle=outcome.handle)
        return ToolResult(call.id, text, ok=outcome.ok)

    async def again(self, ref: Ref, tool: str, arguments: Mapping[str, object]) -> str:
        """Why the same read is refused; empty if it is none, or something happened to whom it is of."""
        refusal = self.repeats.refusal(str(ref), tool, arguments)
        with suppress(ErgonError):
            if refusal and await self.room.desk.collector.moved(ref):
                self.repeats.forget(str(ref))
                return self.repeats.refusal(str(ref), tool, arguments)
        return refusal

    def proposed(self, ref: Ref, kind: str) -> Proposal | None:
        """A change of this kind that the question itself asked for: other arguments make no second one beside it."""
        known = (item for view in self.views if view.ref == ref for item in view.proposals)
        return next((item for item in known if item.intent.kind == kind), None)

    def whom(self, call: ToolCall) -> tuple[str, Ref | None, dict[str, object]]:
        """The refusal, or whose eyes and hands the call gets: those of the one it is about."""
        arguments = dict(call.arguments)
        if call.problem:
            return f"the arguments could not be read: {call.problem}", None, {}
        if self.mode == "strict":
            return "the mode is strict: say what you would like to know, a person decides", None, {}
        about = arguments.get("about") or ""
        if self.subject is not None and not about:
            return "", self.subject, arguments
        if not isinstance(about, str) or not about:
            return "`about` has to name a container", None, {}
        try:
            ref = self.room.desk.context(Ref("")).resolve(about)
        except ErgonError as error:
            return str(error), None, {}
        if self.subject is not None and not self.granted(call.tool):
            return "", self.subject, {}  # refused there: what one may not do for oneself one may not do for others
        tool = self.room.house.toolbox.tools.get(call.tool)
        if ref != self.subject and (tool is None or tool.kind != "read"):
            return f"{call.tool} cannot be asked for somebody else", None, {}
        del arguments["about"]
        return "", ref, arguments

    def granted(self, tool: str) -> bool:
        return any(tool == offered.name for offered in self.tools())

    def learn(self, ref: Ref, findings: Sequence[Finding], proposals: Sequence[Proposal]) -> None:
        """Findings and proposals of a call belong to the view of whom they are about."""
        if not findings and not proposals:
            return
        desk = self.room.desk
        at = next((index for index, view in enumerate(self.views) if view.ref == ref), len(self.views))
        if at == len(self.views):
            self.views.append(View(ref, desk.personas[ref], self.room.ledger, self.room.house.clock()))
        old = self.views[at]
        news = [item for item in findings if item.id not in {known.id for known in old.findings}]
        asked = [item for item in proposals if item.id not in {known.id for known in old.proposals}]
        self.views[at] = replace(old, findings=(*old.findings, *news), proposals=(*old.proposals, *asked))
        announce(desk, news, asked)

    # -- what the operator is told

    def notice(self, code: str, text: str) -> None:
        """Once each, and no kind so often that it drowns another."""
        known = [said for kind, said in self.noticed if kind == code]
        if text and text not in known and len(known) < NOTICES:
            self.noticed.append((code, text))
            self.room.desk.happened.put_nowait(("notice", {"text": text, "code": code}))

    def distrusted(self) -> frozenset[str]:
        """Ids of the facts that read like orders to a model."""
        if self._read != len(self.room.ledger):
            self._read, self._suspects = len(self.room.ledger), suspects(self.room.ledger)
        return frozenset(fact.id for fact in self._suspects)

    def warn(self) -> None:
        """Everything a model is given that others may have written: facts, the pipe, roles, what was said earlier."""
        others = [PIPED] if suspicious(self.turn.question.context) else []
        for view in self.views:
            persona = self.room.personas[view.ref]
            told = "\n".join([persona.ci_name, persona.role, *persona.services, *persona.depends_on])
            others += [f"what the manifest says of {view.ref.short}"] if suspicious(told) else []
        others += [EARLIER] if said_before(self.history()) else []
        self.distrusted()
        self.notice("suspicious", warning((fact for fact in self._suspects if self.concerns(fact)), others))

    def concerns(self, fact: Fact) -> bool:
        """Whether it is about somebody a model hears of here: what is known of all the others is not shown to it."""
        heard = {view.ref for view in self.views} | {ref for ref, _ in self.room.desk.outcomes}
        cited = (item.evidence for view in self.views for item in view.findings)
        return fact.about in heard or any(fact.id in ids for ids in (self.turn.reply.fact_ids, *cited))


def subject_of(turn: Turn, refs: Sequence[Ref]) -> Ref | None:
    """The one container that speaks, or None for the host."""
    return refs[0] if len(refs) == 1 and len(turn.views) == 1 else None
