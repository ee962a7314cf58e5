"""What the tables make of a question."""

from __future__ import annotations

from ergon_ops.dataclass import dataclass
from ergon_ops.offline.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Reading:
    """`intents`, or the `reason` why there are none. `followed`: it asks what the last question asked. `grep` is text
    to look for."""

    text: str
    found: Tokens
    topics: dict[str, int]
    intents: tuple[str, ...]
    reason: str
    followed: bool
    grep: str
