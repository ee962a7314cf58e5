"""What a rule concludes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.proposals import Intent
from ergon_ops.refs import Ref

Nature = Literal["fault", "audit"]
Severity = Literal["critical", "warning", "info"]
SEVERITY_ORDER: dict[str, int] = {"critical": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """`summary` is one whole sentence without the container's name; `evidence` are fact ids."""

    id: str
    cause: str
    nature: Nature
    severity: Severity
    about: Ref
    summary: str
    evidence: tuple[str, ...]
    victims: tuple[Ref, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    fix: Intent | None = None

    def to_json(self, *, first_seen: str | None = None) -> dict[str, Any]:
        return {
            "id": self.id,
            "cause": self.cause,
            "nature": self.nature,
            "severity": self.severity,
            "container": self.about.short,
            "victims": [victim.short for victim in self.victims],
            "summary": self.summary,
            "details": dict(self.details),
            "evidence": list(self.evidence),
            "missing": list(self.missing),
            "first_seen": first_seen,
            "fix": self.fix.to_json() if self.fix else None,
        }
