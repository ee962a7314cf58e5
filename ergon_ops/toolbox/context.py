"""What one tool call may touch: the `Context` of `tool.py`, bound to a container and a turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ergon_ops.capabilities import TOOLS_OF, capability_for, manifest_line
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import LogQuery
from ergon_ops.errors import EngineConflict, ErgonError, PolicyRefused, UsageError
from ergon_ops.facts import Fact, Group
from ergon_ops.findings import Finding
from ergon_ops.persona import Persona
from ergon_ops.proposals import Intent, Proposal, Withheld
from ergon_ops.refs import Ref
from ergon_ops.toolbox.collector import Collector

if TYPE_CHECKING:
    from ergon_ops.changes.changes import Changes

Resolve = Callable[[str], Ref]


@dataclass(frozen=True, slots=True)
class TurnContext:
    """`resolve` turns a name a tool was given into a ref, or raises NoSuchContainer."""

    subject: Ref
    collector: Collector
    personas: Mapping[Ref, Persona]
    changes: Callable[[], Changes]
    resolve: Resolve

    def _target(self, about: str) -> Ref:
        return self.resolve(about) if about else self.subject

    async def read(self, *groups: Group, about: str = "", window_s: float = 0.0) -> tuple[Fact, ...]:
        return await self.collector.read(self._target(about), groups, window_s=window_s)

    async def logs(
        self, *, about: str = "", since_s: float = 0.0, tail: int = 400, grep: str = "", level: str = ""
    ) -> tuple[Fact, ...]:
        ref = self._target(about)
        now = self.collector.sources.clock()
        query = LogQuery(since=now - since_s if since_s else None, tail=tail, grep=grep)
        return self.collector.ledger.add(await self.collector.sources.logs(ref, query, level=level))

    async def findings(self, *, about: str = "") -> tuple[Finding, ...]:
        return await self.collector.findings(self._target(about))

    async def propose(self, intents: Sequence[Intent]) -> tuple[Proposal, ...]:
        """Raises PolicyRefused for a target whose CI lacks the capability."""
        for intent in intents:
            self._require(intent)
        facts = [fact for intent in intents for fact in self.collector.ledger if fact.id in intent.why]
        return await self.changes().propose(intents, facts=facts)

    async def improve(self, *, about: str = "") -> tuple[Proposal | Withheld, ...]:
        """Everything that would be better, each proposed by itself: what one of them may not do stops no other."""
        found: list[Proposal | Withheld] = []
        for wish in await self.collector.suggestions(self._target(about)):
            if isinstance(wish, Withheld):
                found.append(wish)
                continue
            try:
                found += await self.propose([wish])
            except (PolicyRefused, UsageError, EngineConflict) as error:
                found.append(_refused(wish, error))
        return tuple(found)

    def _require(self, intent: Intent) -> None:
        from ergon_ops.changes.kinds import KINDS

        wanted = KINDS[intent.kind].capability if intent.kind in KINDS else "optimize"
        persona = self.personas.get(intent.target)
        if persona is not None and wanted not in persona.capabilities:
            raise missing_capability(persona, wanted)


def _refused(wish: Intent, error: ErgonError) -> Withheld:
    capability = str(error.details.get("capability") or "")
    by_rule = isinstance(error, PolicyRefused)
    return Withheld(wish.target, wish.rule, wish.kind, error.message, error.next, wish.why, capability, by_rule)


def missing_capability(persona: Persona, wanted: str) -> PolicyRefused:
    line = manifest_line(persona.manifest_key or persona.ref.name, persona.capabilities, wanted)
    return PolicyRefused(
        f"{persona.ci_name} may not do that: its manifest does not grant {wanted!r}",
        next=f"add it: {line}",
        details={"capability": wanted, "line": line},
    )


def granting(tool: str, capabilities: Iterable[str]) -> str:
    """The capability that must be added to get `tool`, or '' if it is granted."""
    held = set(capabilities)
    if any(tool in TOOLS_OF.get(name, ()) for name in held):
        return ""
    return capability_for(tool)
