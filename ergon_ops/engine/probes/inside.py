"""The two ways into a container: /proc of this machine, and the engine (exec with fixed arguments, its archive)."""

from __future__ import annotations

import posixpath
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ergon_ops.engine.caller import Caller
from ergon_ops.engine.documents import Document, integer, text, words
from ergon_ops.engine.inspection import environment_of
from ergon_ops.engine.probes import files
from ergon_ops.engine.probes.line import Refused, in_thread
from ergon_ops.engine.probes.subject import Said, Subject
from ergon_ops.errors import EngineConflict, NoSuchContainer

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

T = TypeVar("T")
MOST_SAID, MOST_ARCHIVE = 1_000_000, 4_000_000
HEAD, MOST_LINKS = 8, 4
NO_PROGRAM = (126, 127)


def subject(document: Document, caller: Caller, here: bool, ends: float) -> Subject:
    """`here`: its processes and files are on this machine."""
    pid = (integer(document, "State.Pid") or 0) if here else 0
    api = ThroughEngine(caller, text(document, "Id"), ends)
    host = ThroughProc(pid, ends)
    return Subject(
        pid=pid,
        ends=ends,
        read=host.read if pid else api.read,
        tail=host.tail if pid else api.tail,
        names=host.names if pid else api.names,
        run=api.run,
        command=command_of(document),
        environment=environment_of(document),
    )


def command_of(document: Document) -> tuple[str, ...]:
    """Its words; those of a `sh -c` line taken apart as far as that goes."""
    said = [*words(document, "Config.Entrypoint"), *words(document, "Config.Cmd")]
    found: list[str] = []
    for before, word in zip(["", *said], said, strict=False):
        found += _split(word) if before in ("-c", "-lc", "-ec") else [word]
    return tuple(found)


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return line.split()


class ThroughProc:
    """Each look on a thread of its own: a mount of the container may hang."""

    def __init__(self, pid: int, ends: float) -> None:
        self._root = f"/proc/{pid}/root"
        self._ends = ends

    async def read(self, path: str) -> bytes | None:
        return await in_thread(partial(files.read, self._root, path), ends=self._ends)

    async def tail(self, path: str) -> tuple[bytes, float] | None:
        return await in_thread(partial(files.tail, self._root, path), ends=self._ends)

    async def names(self, path: str) -> Sequence[str]:
        return await in_thread(partial(files.names, self._root, path), ends=self._ends)


class ThroughEngine:
    def __init__(self, caller: Caller, container_id: str, ends: float) -> None:
        self._caller = caller
        self._id = container_id
        self._ends = ends
        self._folders: dict[str, files.Archive] = {}

    async def run(self, command: Sequence[str], user: str, environment: Mapping[str, str]) -> Said:
        """Raises Refused where there is no such program, or no such user."""
        body = {
            "AttachStdout": True,
            "AttachStderr": True,
            "Cmd": list(command),
            "User": user,
            "Env": [f"{key}={value}" for key, value in environment.items()],
        }
        try:
            said = await self._call(lambda api: _executed(api, self._id, body))
        except EngineConflict as error:
            raise Refused(f"{command[0]} cannot be run inside: {error.message}") from None
        if said.code in NO_PROGRAM:
            raise Refused(f"it has no {command[0]}")
        return said

    async def read(self, path: str) -> bytes | None:
        found, path = await self._found(path)
        return found.read(path)

    async def tail(self, path: str) -> tuple[bytes, float] | None:
        found, path = await self._found(path)
        return found.tail(path)

    async def _found(self, path: str) -> tuple[files.Archive, str]:
        """What holds the file that a path leads to, and its true path."""
        known = await self._holding(path)
        for _ in range(MOST_LINKS):
            target = known.link(path)
            if not target:
                break
            path, known = target, await self._holding(target)
        return known, path

    async def _holding(self, path: str) -> files.Archive:
        return self._folders.get(posixpath.dirname(path)) or files.Archive(path, await self._archive(path))

    async def names(self, path: str) -> Sequence[str]:
        if path not in self._folders:
            self._folders[path] = files.Archive(path, await self._archive(path))
        return self._folders[path].names(path)

    async def _archive(self, path: str) -> bytes:
        try:
            return await self._call(
                lambda api: api.excerpt(f"/containers/{self._id}/archive", most=MOST_ARCHIVE, path=path)
            )
        except (EngineConflict, NoSuchContainer):
            return b""  # an engine says 404 for a file as for a container

    async def _call(self, function: Callable[[Client], T]) -> T:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return await self._caller.call(function, deadline_s=left, doing="look inside it")


def _executed(api: Client, container_id: str, body: Mapping[str, object]) -> Said:
    made = text(api.submit(f"/containers/{container_id}/exec", body), "Id")
    said = api.transcript(f"/exec/{made}/start", {"Detach": False, "Tty": False}, most=MOST_SAID)
    code = integer(api.fetch(f"/exec/{made}/json"), "ExitCode")
    out, err = _streams(said)
    return Said(-1 if code is None else code, out, err)


def _streams(said: bytes) -> tuple[str, str]:
    """Frames of 8 bytes head (stream, length) and their text."""
    streams: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}
    at = 0
    while at + HEAD <= len(said):
        length = int.from_bytes(said[at + 4 : at + HEAD], "big")
        streams.setdefault(said[at], bytearray()).extend(said[at + HEAD : at + HEAD + length])
        at += HEAD + length
    return streams[1].decode("utf-8", "replace"), streams[2].decode("utf-8", "replace")
