"""What every command is given: settings, the way to the assistant, and who is asking."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ergon_ops.messages import Actor
from ergon_ops.settings import Settings, load

if TYPE_CHECKING:
    from ergon_ops.assistant.local import LocalAssistant


@dataclass(frozen=True, slots=True)
class Program:
    settings: Settings

    @classmethod
    def open(cls) -> Program:
        return cls(load())

    @property
    def terminal(self) -> bool:
        """A person reads and can answer."""
        return sys.stdin.isatty() and sys.stdout.isatty()

    def actor(self) -> Actor:
        """At a terminal one may decide; through a pipe changes stay pending, and only the command `approve` decides."""
        kind = "terminal" if self.terminal else "pipe"
        return Actor(kind, username(), "balanced" if self.terminal else "restricted", may_approve=True)

    @asynccontextmanager
    async def assistant(self) -> AsyncIterator[LocalAssistant]:
        """The assistant of this process; closed, with its threads and connections, on the way out."""
        from ergon_ops.assistant.wiring import open_assistant

        assistant = open_assistant(self.settings)
        try:
            yield assistant
        finally:
            await assistant.close()


def username() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def print_json(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False))


def notice(text: str) -> None:
    """One line for a person beside the answer: stderr, so that pipes stay clean."""
    print(text, file=sys.stderr)
