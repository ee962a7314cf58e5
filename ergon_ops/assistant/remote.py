"""The assistant of a running daemon, over its unix socket: standard library only, and as little of it as will do."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ergon_ops.assistant.minds import OFFLINE, mind_of
from ergon_ops.engine.connect import endpoints
from ergon_ops.errors import ErgonError
from ergon_ops.events import Event
from ergon_ops.messages import Actor, Message, Mode, Question, Text
from ergon_ops.settings import Settings

if TYPE_CHECKING:
    from ergon_ops.assistant.local import LocalAssistant

Document = dict[str, Any]
# What may be called by name; anything else of the assistant stays with its process.
STREAMS = frozenset({"ask"})
DOCUMENTS = frozenset({"overview", "names", "listing", "diagnose", "roster", "presence"})
CONNECTING_S = 0.5
HELLO_S = 1.0
SILENT_S = 90.0  # longer than any turn may take
LONGEST_LINE = 64_000_000


def likeness(settings: Settings) -> str:
    """What two processes must have in common for one to answer for the other: engines, state, tools, rules."""
    engines = [(point.host, point.url) for point in endpoints(settings.docker, settings.hosts)]
    own = ("state_dir", "tools", "prompts", "probes", "share", "policy")
    rows = [(key, str(value)) for key, value, _ in settings.rows() if key.partition(".")[0] in own]
    return hashlib.sha256(json.dumps([engines, rows]).encode()).hexdigest()


class DaemonGone(ErgonError):
    code = "daemon_gone"


class Raised(ErgonError):
    """An error of the daemon's, as it was there."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(str(body["message"]), next=str(body.get("next") or ""), details=body.get("details"))
        self.exit, self.code = int(body.get("exit", 1)), str(body.get("code", "error"))


def question_json(question: Question) -> Document:
    body = asdict(replace(question, history=()))
    body["history"] = [{"role": item.role, "text": item.text} for item in question.history]
    return body


def question_from(body: Mapping[str, Any]) -> Question:
    history = tuple(Message(item["role"], (Text(item["text"]),)) for item in body.get("history", ()))
    plain = {key: value for key, value in body.items() if key not in ("history", "actor", "names")}
    return Question(**plain, names=tuple(body.get("names", ())), actor=actor_from(body["actor"]), history=history)


def actor_from(body: Mapping[str, Any]) -> Actor:
    """As the caller says; never autonomous: that is for the operator's own configuration."""
    ceiling: Mode = body["mode_ceiling"] if body["mode_ceiling"] in ("strict", "balanced") else "restricted"
    return Actor(str(body["interface"]), str(body["identity"]), ceiling, may_approve=body.get("may_approve") is True)


async def hello(socket: Path) -> Document | None:
    """What a daemon there says of itself; None if there is none, or it does not answer in time."""
    try:
        async with asyncio.timeout(HELLO_S):
            lines = [line async for line in _lines(socket, "GET", "/rpc/hello", {})]
        found = json.loads(lines[0]) if lines else None
    except (OSError, TimeoutError, ValueError, ErgonError):
        return None
    return found if isinstance(found, dict) else None


async def _lines(socket: Path, verb: str, path: str, body: Document) -> AsyncGenerator[bytes, None]:
    """The lines of the answer as they come. HTTP/1.0: the end of the connection is the end of the body."""
    try:
        opening = asyncio.open_unix_connection(socket, limit=LONGEST_LINE)
        reader, writer = await asyncio.wait_for(opening, CONNECTING_S)
    except (OSError, TimeoutError) as error:
        raise DaemonGone("the daemon does not answer", next="--no-daemon goes without it") from error
    try:
        raw = json.dumps(body, ensure_ascii=True).encode() if verb == "POST" else b""
        head = f"{verb} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)
        await writer.drain()
        while (await asyncio.wait_for(reader.readline(), SILENT_S)).strip():
            pass  # the status and the headers: an error says so in its body
        while line := await asyncio.wait_for(reader.readline(), SILENT_S):
            yield line
    except TimeoutError as error:
        raise DaemonGone("the daemon says nothing any more", next="--no-daemon goes without it") from error
    except OSError as error:
        raise DaemonGone("the daemon hung up", next="ask again, or with --no-daemon") from error
    finally:
        writer.close()


class RemoteAssistant:
    """Asks and looks through the daemon, whose eyes are open already. What decides, sends or reads the state file is
    done in this process, as without one: `local` opens that when it is first needed."""

    def __init__(self, socket: Path, settings: Settings, local: Callable[[], LocalAssistant]) -> None:
        self._socket, self._settings, self._opener = socket, settings, local
        self._opened: LocalAssistant | None = None

    def __getattr__(self, name: str) -> Any:
        """All that is not asked of the daemon."""
        return getattr(self._local, name)

    @property
    def _local(self) -> LocalAssistant:
        if self._opened is None:
            self._opened = self._opener()
        return self._opened

    async def ask(self, question: Question) -> AsyncGenerator[Event, None]:
        mind = mind_of(self._settings, question.model)
        if not mind.offline or mind.ask_consent:
            async with aclosing(self._local.ask(question)) as turn:
                async for event in turn:
                    yield event
            return
        offline, last = replace(question, model=OFFLINE), None
        async for line in _lines(self._socket, "POST", "/rpc/ask", {"question": question_json(offline)}):
            last = Event.from_json(line.decode())
            yield last
        if last is None or last.type not in ("answer", "error"):
            raise DaemonGone("the daemon ended in the middle of an answer", next="ask again, or with --no-daemon")

    async def overview(self) -> Document:
        return dict(await self._document("overview"))

    async def names(self) -> tuple[str, ...]:
        return tuple(await self._document("names"))

    async def listing(self) -> Document:
        return dict(await self._document("listing"))

    async def diagnose(self, name: str) -> Document:
        return dict(await self._document("diagnose", name))

    async def roster(self) -> Document:
        return dict(await self._document("roster"))

    async def presence(self, name: str) -> Document:
        return dict(await self._document("presence", name))

    async def news(self) -> AsyncGenerator[Document, None]:
        """What the daemon sees, as it sees it; ends when the daemon does."""
        async for line in _lines(self._socket, "GET", "/api/events", {}):
            if line.startswith(b"data: "):
                yield json.loads(line.removeprefix(b"data: "))

    async def consent_needed(self, model: str | None = None) -> str:
        return await self._local.consent_needed(model) if mind_of(self._settings, model).ask_consent else ""

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    async def _document(self, name: str, *args: Any) -> Any:
        lines = [line async for line in _lines(self._socket, "POST", f"/rpc/{name}", {"args": args})]
        if not lines:
            raise DaemonGone("the daemon hung up", next="ask again, or with --no-daemon")
        found = json.loads(lines[0])
        if isinstance(found, dict) and isinstance(found.get("error"), dict) and len(found) == 1:
            raise Raised(found["error"])
        return found
