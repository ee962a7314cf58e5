"""Which program has a listener: the kernel tells the owner, or it is inferred where an ordinary user may not see it."""

from __future__ import annotations

from collections.abc import Sequence

from ergon_ops.engine.protocols import Container, Process, Socket
from ergon_ops.services.families import Family
from ergon_ops.services.identity import Identity
from ergon_ops.services.programs import canonical, program_named


def assign(groups: list[Family], listening: Sequence[Socket], container: Container) -> None:
    """Give each listener to the family that has it; an owner that cannot be seen is inferred."""
    of_pid = {pid: family for family in groups for pid in family.pids}
    ours = bool(container.networks) and "host" not in container.networks
    unowned: list[Socket] = []
    for socket in listening:
        family = of_pid.get(socket.pid) if socket.pid else None
        if family is None:
            unowned.append(socket)
        else:
            family.ports.setdefault(socket.port, []).append(socket)
    for socket in _clearest_first(groups, unowned):
        family = _named(groups, socket) or _likely(groups, socket.port)
        if family is None and ours:
            family = _remaining(groups)
        if family is not None:
            family.ports.setdefault(socket.port, []).append(socket)
        elif ours or socket.program:
            groups.append(_stranger(socket))


def _clearest_first(groups: Sequence[Family], unowned: Sequence[Socket]) -> list[Socket]:
    """A port that several may have is given away after the others, to the one that is left without."""
    return sorted(unowned, key=lambda socket: len(usual(groups, socket.port)) > 1)


def _named(groups: Sequence[Family], socket: Socket) -> Family | None:
    name = canonical(socket.program) if socket.program else ""
    return next((family for family in groups if name and name in (family.name, family.head.name)), None)


def _likely(groups: Sequence[Family], port: int) -> Family | None:
    """Who says so on its command line, else whose usual port it is: of several nobody's, as the owner is not seen."""
    for family in groups:
        if port in family.ports or port in family.said:
            return family
    able = usual(groups, port)
    free = [family for family in able if not family.ports] if len(able) > 1 else able
    return free[0] if len(free) == 1 else None


def usual(groups: Sequence[Family], port: int) -> list[Family]:
    return [family for family in groups if family.identity.program and port in family.identity.program.ports]


def _remaining(groups: Sequence[Family]) -> Family | None:
    """The only one left that could have it."""
    able = [family for family in groups if family.identity.nature != "infra"]
    free = [family for family in able if not family.ports] or able
    return free[0] if len(free) == 1 else None


def _stranger(socket: Socket) -> Family:
    program = program_named(socket.program)
    nature = program.nature if program else "unknown"
    name = canonical(socket.program) if program else socket.program or "unknown"
    family = Family(Identity(name, nature, program=program), [Process(socket.pid, 0, name, "")])
    family.ports[socket.port] = [socket]
    return family
