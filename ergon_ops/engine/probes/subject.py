"""A container as its probes see it: how to talk with it, read its files, run a fixed command, and what it was given.

Credentials come from the container's own environment and command line, are used here and go nowhere else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple, TypeVar

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.probes.line import Line, NoWay, converse
from ergon_ops.engine.protocols import ProbeTarget
from ergon_ops.facts import Value
from ergon_ops.redaction import safe_text

T = TypeVar("T")
LONGEST = 200
EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "::": "::1"}


class Row(NamedTuple):
    """A reading to be: fact name, key, value, source."""

    name: str
    key: str
    value: Value
    source: str


class Said(NamedTuple):
    """What a command that ran inside answered."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Subject:
    """`pid` 0: not on this machine, or nobody may look: then there is no conversation, only commands and the archive.

    `read` gives the bytes of a file inside (at most a megabyte) or None, `tail` its end with the time it was written,
    `names` what a folder holds; `run` runs a command inside and raises Refused where there is no such program.
    """

    pid: int
    ends: float
    read: Callable[[str], Awaitable[bytes | None]]
    tail: Callable[[str], Awaitable[tuple[bytes, float] | None]]
    names: Callable[[str], Awaitable[Sequence[str]]]
    run: Callable[[Sequence[str], str, Mapping[str, str]], Awaitable[Said]]
    command: tuple[str, ...] = field(default=(), repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def address(self, target: ProbeTarget) -> str:
        return EVERYWHERE.get(target.address, target.address)

    async def converse(self, target: ProbeTarget, port: int, talk: Callable[[Line], T]) -> T:
        if not self.pid:
            raise NoWay
        return await converse(self.pid, self.address(target), port, talk, ends=self.ends)

    async def execute(
        self, command: Sequence[str], *, user: str = "", environment: Mapping[str, str] | None = None
    ) -> Said:
        return await self.run(command, user, environment or {})


def shown(text: str, limit: int = LONGEST) -> str:
    """Safe to show: one line, redacted, bounded."""
    return safe_text(" ".join(text.split()), limit)


def option(words: Sequence[str], *names: str) -> str:
    """The value of `--name value` or `--name=value`; "" if it is not there."""
    for place, word in enumerate(words):
        if word in names:
            return words[place + 1] if place + 1 < len(words) else ""
        head, equals, value = word.partition("=")
        if equals and head in names:
            return value
    return ""
