"""Runs tools: only those the capabilities give, arguments validated, one deadline, failures as results."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ergon_ops.capabilities import manifest_line, tools_allowed
from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError, UsageError
from ergon_ops.facts import Fact
from ergon_ops.findings import Finding
from ergon_ops.persona import Persona
from ergon_ops.proposals import Proposal, Withheld
from ergon_ops.tool import Context, Tool
from ergon_ops.toolbox.context import granting

CALL_DEADLINE_S = 12.0
KINDS = (Fact, Finding, Proposal, Withheld)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave. `capability` and `line` say what to grant when it was refused for that; `handle` is the name
    under which its whole output is kept."""

    tool: str
    arguments: Mapping[str, Any]
    ok: bool
    ms: float
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    error: ErgonError | None = None
    capability: str = ""
    line: str = ""
    handle: str = ""

    def to_json(self) -> dict[str, Any]:
        ids = [fact.id for fact in self.facts] or [id for item in self.findings for id in item.evidence]
        ids = ids or list(dict.fromkeys(id for item in self.proposals for id in item.intent.why))
        return {
            "tool": self.tool,
            "arguments": dict(self.arguments),
            "ok": self.ok,
            "ms": round(self.ms, 1),
            "fact_ids": ids,
            **({"handle": self.handle} if self.handle else {}),
        }


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools of the house, offered to one persona: what it may not call is refused here, twice over."""

    tools: Mapping[str, Tool]

    def offered(self, persona: Persona) -> tuple[Tool, ...]:
        allowed = tools_allowed(persona.capabilities)
        return tuple(tool for name, tool in self.tools.items() if name in allowed or tool.own)

    async def call(
        self, name: str, arguments: Mapping[str, Any], *, persona: Persona, context: Context, trusted: bool = False
    ) -> Outcome:
        """Never raises for what a tool does wrong; CancelledError passes. `trusted`: the arguments are of our own
        making (the offline mind's), not a model's, and need no validation."""
        started = time.perf_counter()

        def outcome(**fields: Any) -> Outcome:
            return Outcome(name, arguments, ms=(time.perf_counter() - started) * 1000, **fields)

        tool = self.tools.get(name)
        if tool is None:
            known = ", ".join(sorted(self.tools))
            return outcome(ok=False, error=UsageError(f"there is no tool {name!r}", next=f"one of: {known}"))
        if tool not in self.offered(persona):
            return self._refused(outcome, name, persona)
        try:
            valid = arguments if trusted else tool.validate(arguments)
            result = await asyncio.wait_for(_returned(tool, context, valid), CALL_DEADLINE_S)
        except ErgonError as error:
            return outcome(ok=False, error=error)
        except TimeoutError:
            return outcome(ok=False, error=ErgonError(f"{name} did not answer within {CALL_DEADLINE_S:.0f} s"))
        except Exception as error:  # noqa: BLE001 an operator's tool may raise anything; the turn goes on without it
            return outcome(ok=False, error=ErgonError(f"{name} failed: {type(error).__name__}: {error}"))
        return outcome(ok=True, **sort_result(result))

    @staticmethod
    def _refused(outcome: Any, name: str, persona: Persona) -> Outcome:
        wanted = granting(name, persona.capabilities)
        line = manifest_line(persona.manifest_key or persona.ref.name, persona.capabilities, wanted)
        error = ErgonError(f"{name} needs the capability {wanted!r}", next=f"add it: {line}")
        refused: Outcome = outcome(ok=False, error=error, capability=wanted, line=line)
        return refused


async def _returned(tool: Tool, context: Context, arguments: Mapping[str, Any]) -> Sequence[Any]:
    """What the function gives, if it is what a tool may give."""
    try:
        result = await tool.function(context, **arguments)
    except SystemExit as error:  # a task that ends so would take the process along
        raise ErgonError(f"{tool.name} wanted to end the program") from error
    if not isinstance(result, list | tuple) or not all(isinstance(item, KINDS) for item in result):
        raise ErgonError(f"{tool.name} gave something else than facts", next="see tools/README.md")
    return result


def sort_result(result: Sequence[Any]) -> dict[str, tuple[Any, ...]]:
    """Facts, findings, proposals and what was withheld of one result, each under its own name."""
    names = ("facts", "findings", "proposals", "withheld")
    return {
        name: tuple(item for item in result if isinstance(item, kind)) for name, kind in zip(names, KINDS, strict=True)
    }
