"""Our own sentence in the place of a model's that no fact carries: told only from what was looked at.

The rules' sentences say what is not there as well ("I publish no port"). They are true of what was read, and of nothing
else: what such a sentence needs is read before it is told, and where that is not possible the model's is struck.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError
from ergon_ops.findings import Finding
from ergon_ops.grounding import Checked, intents_of
from ergon_ops.offline import Ask, Sentence, Step, View, compose, plan
from ergon_ops.proposals import Proposal
from ergon_ops.refs import Ref
from ergon_ops.turn import Desk

INTENTS_TOLD, SENTENCES_TOLD = 2, 2
ANSWER = Ref("")  # whose sentences the rules' answer's are
NEVER = frozenset({"act", "command", "secret", "proposal"})  # struck, whatever the rules would say
Learn = Callable[[Ref, Sequence[Finding], Sequence[Proposal]], None]


@dataclass(slots=True)
class Instead:
    """`views` are those of the answer; `seen` the same after what was read in addition, of which `learn` is told.
    `may_look`: not so in strict mode, where a person asks for each read. `answer`: what the rules said to the question,
    whose own sentences come first."""

    desk: Desk
    ask: Ask
    views: Sequence[View]
    learn: Learn
    may_look: bool
    answer: Sequence[Sentence] = ()
    seen: dict[Ref, View] = field(default_factory=dict)
    _told: set[tuple[Ref, str]] = field(default_factory=set)
    _unread: set[tuple[Ref, str]] = field(default_factory=set)

    async def look(self, doubtful: Sequence[Checked]) -> None:
        """Reads what our own sentences about these would need. What fails is not told about."""
        for checked in doubtful:
            view = self._of(checked)
            for intent in self._intents(checked):
                if view is not None:
                    await self._read(view.ref, intent)

    def _intents(self, checked: Checked) -> tuple[str, ...]:
        """What the claims were of; of what nobody recognised, what was asked."""
        if NEVER.intersection(claim.kind for claim in checked.unsupported):
            return ()
        return (intents_of(checked.unsupported) or self.ask.intents)[:INTENTS_TOLD]

    async def _read(self, ref: Ref, intent: str) -> None:
        missing = [step for step in self._steps(intent) if not self._done(ref, step)]
        if not missing:
            return
        try:
            if not self.may_look:
                raise ErgonError("nobody asked for this read")
            read = await self.desk.view(ref, missing)
        except ErgonError:
            self._unread.add((ref, intent))
            return
        self.learn(ref, read.findings, ())
        known = self.seen.get(ref, read)
        refusals, failures = (*known.refusals, *read.refusals), (*known.failures, *read.failures)
        self.seen[ref] = replace(read, refusals=refusals, failures=failures)

    def _steps(self, intent: str) -> list[Step]:
        about = replace(self.ask, intents=(intent,))
        return [step for step in plan(about) if not step.optional and step.tool not in ("restart", "optimize")]

    def _done(self, ref: Ref, step: Step) -> bool:
        wanted = set(step.arguments.get("groups") or ())
        for about, outcome in self.desk.outcomes:
            if about == ref and outcome.tool == step.tool and (outcome.ok or outcome.capability):
                wanted -= set(outcome.arguments.get("groups") or ())
                if not wanted:
                    return True
        return False

    def told(self, checked: Checked) -> Sentence | None:
        """What the rules say of it, with the facts that carries; without text if they said it before in this answer.
        None: then the model's sentence is struck."""
        if (ours := self._of_the_answer(checked)) is not None:
            return ours
        view, intents = self._of(checked), self._intents(checked)
        if view is None or not intents or any((view.ref, intent) in self._unread for intent in intents):
            return None
        seen = self.seen.get(view.ref, view)
        about = replace(self.ask, text="", intents=intents, out_of_scope="", metric="", superlative="", change="")
        reply = compose(about, replace(seen, findings=view.findings))
        said = [one for one in reply.sentences if one.fact_ids and not one.item][: SENTENCES_TOLD * len(intents)]
        if not said:
            return None
        ids = tuple(dict.fromkeys(id for one in said for id in one.fact_ids))
        said = [one for one in said if (view.ref, one.text) not in self._told]
        self._told |= {(view.ref, one.text) for one in said}
        name = f"{view.ref.short}: " if len(self.views) > 1 and said else ""
        # The list a sentence leads to is left out.
        text = " ".join(f"{one.text[:-1]}." if one.text.endswith(":") else one.text for one in said)
        return Sentence(name + text, ids)

    def _of_the_answer(self, checked: Checked) -> Sentence | None:
        """The sentence of the rules' answer that rests on most of what this one cites, if it was not told yet."""
        cited = {*checked.cited, *checked.fact_ids}
        if NEVER.intersection(claim.kind for claim in checked.unsupported):
            return None
        rest = [one for one in self.answer if cited & set(one.fact_ids) and (ANSWER, one.text) not in self._told]
        best = max(rest, key=lambda one: len(cited & set(one.fact_ids)), default=None)
        if best is None:
            return None
        self._told.add((ANSWER, best.text))
        return Sentence(best.text, best.fact_ids)

    def _of(self, checked: Checked) -> View | None:
        """Of whom the sentence spoke; nobody, if of somebody we know nothing of."""
        subjects = checked.topic.subjects
        for ref in subjects:
            for view in self.views:
                if view.ref == ref:
                    return view
        return self.views[0] if len(self.views) == 1 and not subjects else None
