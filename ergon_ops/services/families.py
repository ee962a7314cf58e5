"""Processes that are one service: a server with its workers, an application with its helpers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Process, Socket
from ergon_ops.services.identity import Identity, identify, plain_name, ports_in
from ergon_ops.services.programs import INITS

DEAD = ("Z", "X")
AROUND = 20
BETWEEN = "exe"  # what a child is called that runs `/proc/self/exe` and is not yet what it will be: busybox, runc


@dataclass(slots=True)
class Family:
    """One program with the processes that belong to it; the first of them is its head. `visiting`: no part of what the
    container runs, but started in it from outside (`docker exec`, a healthcheck)."""

    identity: Identity
    members: list[Process]
    ports: dict[int, list[Socket]] = field(default_factory=dict)
    launches: bool = False
    visiting: bool = False

    @property
    def head(self) -> Process:
        return self.members[0]

    @property
    def pids(self) -> tuple[int, ...]:
        return tuple(process.pid for process in self.members)

    @property
    def said(self) -> tuple[int, ...]:
        """The ports its command line names."""
        return ports_in(self.head.command, runtime=self.identity.nature == "runtime")

    @property
    def name(self) -> str:
        return plain_name(self.identity.name) if self.identity.nature == "unknown" else self.identity.name


def families(processes: Sequence[Process], listening: Iterable[Socket], *, image: str = "") -> list[Family]:
    """Families that may be services, in the order they started; transparent ones only if nothing else is there."""
    living = [process for process in _parents_first(processes) if not process.state.startswith(DEAD)]
    living = [process for process in living if process.name != BETWEEN] or living
    around = " ".join(process.command for process in living[:AROUND])
    owners = {socket.pid for socket in listening if socket.pid}
    visitors = _visitors(living)
    of_pid: dict[int, Family] = {}
    found: list[Family] = []
    for process in living:
        identity = identify(process, image=image, around=around)
        parent = of_pid.get(process.parent)
        visitor = process.pid in visitors
        if parent is not None and _belongs(identity, parent, listens=process.pid in owners):
            parent.members.append(process)
            of_pid[process.pid] = parent
            continue
        family = Family(_as_listener(identity, process, owners), [process], visiting=visitor)
        of_pid[process.pid] = family
        if visitor and identity.nature not in ("server", "infra") and process.pid not in owners:
            continue  # somebody's exec session or a healthcheck's command
        found.append(family)
        for ancestor in _ancestors(process, living, of_pid):
            ancestor.launches = ancestor.launches or not family.identity.transparent
    return _services(found, owners) or _alone(found)


def _visitors(living: Sequence[Process]) -> set[int]:
    """The pids whose chain of parents does not lead to the container's first process. One that has left its session
    by itself (a daemon) is a child of the first one like any other, and cannot be told."""
    known = {process.pid for process in living}
    roots = [process for process in living if process.parent not in known]
    first = min(roots, key=lambda process: process.started_at).pid if roots else 0
    visitors: set[int] = set()
    for process in living:  # parents first
        if process.parent in visitors or (process.parent not in known and process.pid != first):
            visitors.add(process.pid)
    return visitors


def _parents_first(processes: Sequence[Process]) -> list[Process]:
    """As given, but no child before its parent (pids wrap around)."""
    by_pid = {process.pid: process for process in processes}
    ordered: dict[int, Process] = {}
    for process in processes:
        chain = []
        here: Process | None = process
        while here is not None and here.pid not in ordered and here not in chain:
            chain.append(here)
            here = by_pid.get(here.parent)
        for item in reversed(chain):
            ordered[item.pid] = item
    return list(ordered.values())


def _belongs(identity: Identity, parent: Family, *, listens: bool) -> bool:
    """Workers are of their master's program; helpers and unknown children without a port are their parent's."""
    theirs = parent.identity
    if theirs.nature in ("wrapper", "init") or theirs.name == "supervisord":
        return False
    if theirs.nature == "helper":
        return not listens
    if identity.name == theirs.name:
        return identity.detail in ("", theirs.detail)
    if identity.nature == "server":
        return False
    return not listens and (identity.detail == "" or theirs.nature == "infra")


def _as_listener(identity: Identity, process: Process, owners: set[int]) -> Identity:
    """A wrapper or helper that listens itself (`nc -l`, a shell script's tool) is a service all the same."""
    if identity.transparent and process.pid in owners:
        return Identity(identity.name, "unknown", program=identity.program)
    return identity


def _ancestors(process: Process, living: Sequence[Process], of_pid: dict[int, Family]) -> list[Family]:
    by_pid = {item.pid: item for item in living}
    found: list[Family] = []
    parent = by_pid.get(process.parent)
    seen: set[int] = set()
    while parent is not None and parent.pid not in seen:
        seen.add(parent.pid)
        if parent.pid in of_pid:
            found.append(of_pid[parent.pid])
        parent = by_pid.get(parent.parent)
    return found


def _services(found: list[Family], owners: set[int]) -> list[Family]:
    """Without what only starts others: wrappers, and portless programs of somebody's own that launch services."""
    kept = []
    for family in found:
        launcher = family.launches and family.identity.nature in ("runtime", "unknown")
        if family.identity.transparent or (launcher and not owners & set(family.pids)):
            continue
        kept.append(family)
    return kept


def _alone(found: list[Family]) -> list[Family]:
    """A container of nothing but a shell or a `sleep` still runs that."""
    named = [family for family in found if family.identity.name not in INITS] or found
    return named[:1]
