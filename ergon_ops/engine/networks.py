"""What lies around a container: its networks as the engine lists them, its resolv.conf, who holds a port it wants."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import suppress
from typing import Any, Protocol

from ergon_ops.engine import netconfig
from ergon_ops.engine.documents import Document, integer, part, rows, text
from ergon_ops.engine.hostfiles import HostFiles
from ergon_ops.errors import EngineError
from ergon_ops.facts import Group, Reading, reading
from ergon_ops.refs import Ref

FRESH_S = 2.0
NOT_NETWORKS = frozenset({"host", "none"})
TAKEN = ("already allocated", "already in use", "failed to bind")


class Look(Protocol):
    def __call__(self, doing: str, function: Callable[[Any], Any]) -> Awaitable[Any]: ...


class Surroundings:
    """`look` asks the engine; `files` None: its files are elsewhere. Lists are shared by all who ask at one time."""

    def __init__(self, look: Look, files: HostFiles | None) -> None:
        self._look = look
        self._files = files
        self._lists: dict[str, tuple[float, asyncio.Future[Any]]] = {}

    async def readings(self, ref: Ref, document: Document, groups: Collection[Group], *, at: float) -> list[Reading]:
        """Of the groups `networks` and `ports`, what an inspect document does not say."""
        found = await self.networks(ref, document, at=at) if "networks" in groups else []
        return found + (await self.holders(ref, document, at=at) if "ports" in groups else [])

    async def networks(self, ref: Ref, document: Document, *, at: float) -> list[Reading]:
        """Of the networks it is on: whether they lead out, and their addresses; and its name servers."""
        names = set(part(document, "NetworkSettings.Networks")) - NOT_NETWORKS
        found = []
        if names:
            with suppress(EngineError):  # an engine behind a filter may show containers only
                listed = await self._listed("/networks", "list networks")
                rows_ = netconfig.networks(rows(listed), names)
                found = [reading(ref, n, value, key=key, at=at, source="api:networks") for n, key, value in rows_]
        path = text(document, "ResolvConfPath")
        data = self._files.engine_file(path) if self._files and path else None
        source = "file:resolv.conf"
        return found + [
            reading(ref, "resolver", address, key=key, at=at, source=source)
            for key, address in netconfig.resolvers(data or "")
        ]

    async def holders(self, ref: Ref, document: Document, *, at: float) -> list[Reading]:
        """Who holds the host ports that it could not get: another container, else a program of the host."""
        if not any(word in text(document, "State.Error") for word in TAKEN):
            return []
        wanted = {row[1]: int(row[1].rpartition(":")[2].partition("/")[0]) for row in netconfig.wanted_ports(document)}
        listed = await self._listed("/containers/json", "list containers")
        owners = {port: name for name, port in _published(rows(listed)) if name != ref.name}
        programs = {}
        if self._files is not None and set(wanted.values()) - set(owners):
            programs = await asyncio.to_thread(self._files.port_programs, set(wanted.values()) - set(owners))
        found = []
        for key, port in wanted.items():
            if port in owners:
                holder, source = f"container {owners[port]}", "api:list"
            elif port in programs:
                holder, source = f"process {programs[port]}", "sock_diag:host"
            else:
                continue
            found.append(reading(ref, "port_holder", holder, key=key, at=at, source=source))
        return found

    async def _listed(self, path: str, doing: str) -> Any:
        known = self._lists.get(path)
        if known is None or time.monotonic() - known[0] > FRESH_S or (known[1].done() and known[1].exception()):
            asking = asyncio.ensure_future(self._ask(path, doing))
            known = self._lists[path] = (time.monotonic(), asking)
        return await asyncio.shield(known[1])

    async def _ask(self, path: str, doing: str) -> Any:
        return await self._look(doing, lambda api: api.fetch(path))


def _published(listed: Iterator[Document]) -> Iterator[tuple[str, int]]:
    for row in listed:
        names = row.get("Names")
        name = str(names[0]).removeprefix("/") if isinstance(names, list) and names else text(row, "Id")[:12]
        for port in rows(row, "Ports"):
            if number := integer(port, "PublicPort"):
                yield name, number
