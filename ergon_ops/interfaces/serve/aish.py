"""Where aish finds us: an entry, a socket and an anchor per Container CI, kept true while the daemon lives."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Any

from ergon_ops.assistant.project_list import Project
from ergon_ops.assistant.sources import PREFIX as PROJECT
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container
from ergon_ops.errors import ErgonError
from ergon_ops.interfaces.serve import talk
from ergon_ops.interfaces.serve.guard import same_user
from ergon_ops.interfaces.serve.house import Bridge
from ergon_ops.interfaces.serve.place import LONGEST_PATH
from ergon_ops.messages import Actor
from ergon_ops.tekton import registry
from ergon_ops.tekton.anchors import Anchors
from ergon_ops.tekton.registry import Entry, RegistryBusy

AGAIN_S = 2.0
MOST_MESSAGE = 65_536
READING_S = 2.0


@dataclass(slots=True)
class Registrar:
    """`files`: every registry to be kept: Tekton's, and our own that our aish reads. `folder` has the sockets."""

    bridge: Bridge
    files: tuple[Path, ...]
    folder: Path
    endpoint: str
    tell: Callable[[str], None]
    projects: Callable[[], Iterable[Project]] = tuple
    anchors: Anchors = field(default_factory=Anchors)
    _sockets: dict[str, asyncio.Server] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _said: str = ""

    def wake(self) -> None:
        self._news.set()

    async def run(self) -> None:
        """Until cancelled: when somebody comes or goes, and every two seconds for what others did to a file."""
        while True:
            self._news.clear()
            try:
                await self.assert_all()
                self._said = ""
            except (ErgonError, OSError) as error:
                self._complain(str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), AGAIN_S)

    async def assert_all(self) -> None:
        removals = self.bridge.watch.house.store.removals
        for key in (fallen := self.anchors.fallen()):
            self.tell(f"{key} was removed through aish; `ergon-ops aish restore {key}` registers it again")
        if fallen:
            removals.add(fallen)
        removed = removals.all()
        foreign = self._foreign()
        self.bridge.name_all(foreign)
        keys = self.bridge.name_projects(self.projects(), foreign)
        wanted = {key: name for key, name in keys.items() if key not in removed}
        if self.bridge.dispatcher not in removed:
            wanted[self.bridge.dispatcher] = ""
        for key in [key for key in self._sockets if key not in wanted]:
            await self._drop(key)
        for key in wanted:
            await self._listen(key)
        rows = {row.ref.short: row for row in self.bridge.watch.rows}
        entries = {key: self._entry(key, name, rows.get(name)) for key, name in wanted.items()}
        for file in self.files:
            registry.merge(file, entries, alive=alive)

    def _foreign(self) -> frozenset[str]:
        """Keys that others hold in any of the files."""
        found: set[str] = set()
        for file in self.files:
            with suppress(RegistryBusy):
                found |= {key for key, body in registry.read(file).items() if not registry.is_ours(body)}
        return frozenset(found)

    def _entry(self, key: str, name: str, row: Container | None) -> Entry:
        who = self.bridge.watch.who.get(row.ref) if row is not None else None
        project = name.removeprefix(PROJECT) if name.startswith(PROJECT) else ""
        text = f"Container CI of {name}" if row is not None else "routes a question to the Container CI it is about"
        text = f"CI of the project {project}, from its files" if project else text
        return Entry(
            key=key,
            pid=self.anchors.hold(key),
            socket=str(self._path(key)),
            endpoint=self.endpoint,
            message_endpoint=f"/aish/{key}/{self.bridge.token(key)}",
            description=text,
            container_id=row.id if row is not None else "",
            capabilities=tuple(who.capabilities) if who is not None else (),
            project=project,
        )

    def _complain(self, text: str) -> None:
        """Once, until it works again."""
        if text != self._said:
            self._said = text
            self.tell(text)

    # -- sockets: Tekton's one-way messages

    def _path(self, key: str) -> Path:
        """A name of any length has a socket: where the path would be too long for one, under a digest of the name."""
        path = self.folder / f"ci_{key}.sock"
        if len(str(path)) <= LONGEST_PATH:
            return path
        return self.folder / f"ci_{hashlib.sha256(key.encode()).hexdigest()[:16]}.sock"

    async def _listen(self, key: str) -> None:
        path = self._path(key)
        if key in self._sockets and path.exists():
            return
        if key in self._sockets:
            self._sockets.pop(key).close()
        with suppress(FileNotFoundError):
            path.unlink()
        self._sockets[key] = await asyncio.start_unix_server(
            lambda r, w: self._heard(key, r, w), path, limit=MOST_MESSAGE
        )
        os.chmod(path, 0o600)

    async def _heard(self, key: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One JSON object, then the other side hangs up: nobody waits for the answer, it goes into the CI's session."""
        try:
            link = writer.get_extra_info("socket")
            if not same_user(link):
                return
            raw = await asyncio.wait_for(reader.read(MOST_MESSAGE), READING_S)
            body: Any = json.loads(raw)
            text = body.get("content") or body.get("message") if isinstance(body, Mapping) else None
            if isinstance(text, str) and text.strip():
                name = self.bridge.container_of_key(key)
                actor = Actor("aish", key)
                asked = talk.question(text, actor, names=(name,) if name else (), session="messages")
                await self.bridge.reply(asked)
        except (TimeoutError, ValueError, OSError):
            return
        finally:
            writer.close()

    async def _drop(self, key: str) -> None:
        self._sockets.pop(key).close()
        self.anchors.drop(key)
        with suppress(FileNotFoundError):
            self._path(key).unlink()

    async def close(self) -> None:
        """Entries, anchors and sockets go; what others registered stays."""
        for file in self.files:
            with suppress(OSError):
                registry.withdraw(file, self.endpoint)
        for key in list(self._sockets):
            await self._drop(key)
        self.anchors.close()


def alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
