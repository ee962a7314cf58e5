"""What every command is given: settings, the way to the assistant, and who is asking."""

from __future__ import annotations

import contextlib
import json
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from ergon_ops.dataclass import dataclass
from ergon_ops.interfaces.render.width import wrapped
from ergon_ops.messages import Actor
from ergon_ops.setting_values import spelled
from ergon_ops.settings import Settings, load

if TYPE_CHECKING:
    from ergon_ops.assistant import Assistant
    from ergon_ops.assistant.local import LocalAssistant

Opener = Callable[[Settings], "Assistant"]


@dataclass(frozen=True, slots=True)
class Program:
    """`opener` makes the assistant from the settings: the real one unless a test brings its own. `daemon`: a running
    one is asked, by commands that have the option not to."""

    settings: Settings
    as_json: bool = False
    opener: Opener | None = None
    daemon: bool = False

    @classmethod
    def of(cls, arguments: Namespace, opener: Opener | None = None) -> Program:
        """Raises UsageError for settings that make no sense."""
        flags: dict[str, Any] = {key: getattr(arguments, key, None) for key in ("mode", "model")}
        if most := getattr(arguments, "max_cost", None):
            flags["limits.cost_usd"] = spelled("limits.cost_usd", most)
        given = {key: value for key, value in flags.items() if value not in (None, "")}
        return cls(load(given), arguments.json, opener, daemon=not getattr(arguments, "no_daemon", True))

    @property
    def terminal(self) -> bool:
        """A person reads and can answer."""
        return sys.stdin.isatty() and sys.stdout.isatty()

    def actor(self) -> Actor:
        """At a terminal one may decide; through a pipe changes stay pending, and only the command `approve` decides."""
        kind = "terminal" if self.terminal else "pipe"
        return Actor(kind, username(), "balanced" if self.terminal else "restricted", may_approve=True)

    @asynccontextmanager
    async def assistant(self) -> AsyncIterator[Assistant]:
        """The assistant of this process; closed, with its threads and connections, on the way out."""
        assistant = await self._through_daemon() or self._open()
        try:
            yield assistant
        finally:
            await assistant.close()

    async def _through_daemon(self) -> Assistant | None:
        """The daemon of this user, where one runs that would see and say the same as this process."""
        if not self.daemon or self.opener is not None:
            return None
        socket = self.settings.state_dir / "run" / "daemon.sock"
        if not socket.exists():
            return None
        from ergon_ops import __version__
        from ergon_ops.assistant.remote import RemoteAssistant, hello, likeness

        found = await hello(socket)
        if found is None or found.get("like") != likeness(self.settings):
            return None
        if found.get("version") != __version__:
            notice(f"ergon-ops: the daemon is version {found.get('version')}, this is {__version__}: going without it")
            return None
        return cast("Assistant", RemoteAssistant(socket, self.settings, lambda: cast("LocalAssistant", self._open())))

    def _open(self) -> Assistant:
        if self.opener is not None:
            return self.opener(self.settings)
        # In this order: a rate needs two samples with time between them, and importing the rest is that time.
        from ergon_ops.assistant.early import first_counters

        first = first_counters()
        from ergon_ops.assistant.wiring import open_assistant

        return open_assistant(self.settings, first=first)


def username() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def print_json(document: Any) -> None:
    """One document on one line, and out: whoever reads line by line sees it now."""
    print(json.dumps(document, ensure_ascii=False), flush=True)


def notice(text: str) -> None:
    """One line for a person beside the answer: stderr, so that pipes stay clean. Nobody there is no failure."""
    with contextlib.suppress(OSError):
        print(wrapped(text, sys.stderr), file=sys.stderr, flush=True)


def say(text: str) -> None:
    """A line of the answer itself."""
    print(wrapped(text, sys.stdout), flush=True)


def conclude(document: dict[str, Any]) -> int:
    """The exit status a document carries, taken out of it; where no engine answered its error is put in."""
    status = int(document.pop("exit", 0))
    failures = document.get("failures") or {}
    if status == 3 and failures:
        document["error"] = next(iter(failures.values()))
    return status


def notice_failures(document: dict[str, Any]) -> None:
    """Hosts that did not answer, one line each."""
    from ergon_ops.interfaces.render.answer import failure_line

    for host, failure in (document.get("failures") or {}).items():
        notice(f"ergon-ops: {host}: {failure_line(failure)}")
