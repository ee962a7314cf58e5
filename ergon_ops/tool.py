"""A tool is a typed function with a docstring: signature → pydantic model → JSON schema *and* validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ergon_ops.facts import Fact, Group
from ergon_ops.findings import Finding
from ergon_ops.proposals import Intent, Proposal
from ergon_ops.refs import Ref


class Context(Protocol):
    """What a tool may touch: the first parameter of every tool, not in its schema. `about` = another container's name
    as a person would write it ('' = the subject). Everything read lands in the ledger and comes back as facts."""

    @property
    def subject(self) -> Ref: ...
    async def read(self, *groups: Group, about: str = "", window_s: float = 0.0) -> tuple[Fact, ...]: ...
    async def logs(
        self, *, about: str = "", since_s: float = 0.0, tail: int = 400, grep: str = "", level: str = ""
    ) -> tuple[Fact, ...]: ...
    async def findings(self, *, about: str = "") -> tuple[Finding, ...]: ...
    async def propose(self, intents: Sequence[Intent]) -> tuple[Proposal, ...]: ...
