"""What one tool call may touch: the `Context` of `tool.py`, bound to a container and a turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ergon_ops.capabilities import TOOLS_OF, capability_for, manifest_line
from ergon_ops.changes import Changes
from ergon_ops.engine.protocols import LogQuery
from ergon_ops.errors import PolicyRefused
from ergon_ops.facts import Fact, Group
from ergon_ops.findings import Finding
from ergon_ops.persona import Persona
from ergon_ops.proposals import Intent, Proposal
from ergon_ops.refs import Ref
from ergon_ops.toolbox.collector import Collector

Resolve = Callable[[str], Ref]


@dataclass(frozen=True, slots=True)
class TurnContext:
    """`resolve` turns a name a tool was given into a ref, or raises NoSuchContainer."""

    subject: Ref
    collector: Collector
    personas: Mapping[Ref, Persona]
    changes: Changes
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
        return await self.changes.propose(intents, facts=facts)

    def _require(self, intent: Intent) -> None:
        wanted = "restart" if intent.kind == "restart" else "optimize"
        persona = self.personas.get(intent.target)
        if persona is not None and wanted not in persona.capabilities:
            raise missing_capability(persona, wanted)


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
