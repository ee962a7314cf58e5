"""Which programs serve what on which port: from processes, listening sockets, image and expectations.

`listening`: a socket was seen · `running`: its process lives, without a port we know · `declared`: a port that is only
said (command line, exposed or published port), where sockets cannot be seen · `down`: it should run and does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container, Process, PublishedPort, Socket, Sockets
from ergon_ops.services.families import Family, families
from ergon_ops.services.identity import Identity
from ergon_ops.services.owners import assign, usual
from ergon_ops.services.programs import (
    BACKGROUND,
    BY_NAME,
    KIND_ORDER,
    PLUMBING,
    VERIFIED_DETAILS,
    Program,
    canonical,
    image_program,
    program_named,
)

State = Literal["listening", "running", "declared", "down"]
DOCKER_DNS = "127.0.0.11"
EPHEMERAL = 32768


@dataclass(frozen=True, slots=True)
class Service:
    """`port` is the one inside; `published` where the host offers it. `detail` is the framework (`uvicorn`).
    `visiting` is one started from outside (`docker exec`): it serves, and nobody misses it when it is gone."""

    name: str
    port: int | None
    address: str
    state: State
    pids: tuple[int, ...] = ()
    verified: bool = False
    source: str = ""
    expected: bool = False
    detail: str = ""
    kind: str = "app"
    loopback: bool = False
    published: tuple[PublishedPort, ...] = ()
    visiting: bool = False

    @property
    def up(self) -> bool:
        return self.state != "down"

    @property
    def key(self) -> str:
        """The key of its reading: `nginx:80`, `cron`."""
        return f"{self.name}:{self.port}" if self.port else self.name


def detect(
    container: Container,
    processes: Sequence[Process],
    sockets: Sockets,
    *,
    exposed: Sequence[int] = (),
    image: str = "",
    expected: Sequence[tuple[str, int | None]] = (),
) -> tuple[Service, ...]:
    """The services of one container, those in front first, then applications, then what keeps data, then by port.

    `expected` are (program, port) pairs that should run: from a manifest, or from what ran before. A missing one comes
    back `down`, and so does the program an official image is named after.
    """
    image = image or container.image
    wanted = [(name if name in BACKGROUND else canonical(name), port) for name, port in expected]
    if not container.running or container.state == "restarting":
        return _ordered(_missing((), wanted, sockets.visible), container)
    known = tuple(dict.fromkeys((*exposed, *container.exposed, *(port.port for port in container.ports))))
    listening = _serving(sockets.listening, processes) if sockets.visible else []
    groups = families(processes, listening, image=image)
    if sockets.visible:
        assign(groups, listening, container)
        found = _seen(groups, listening, known, sockets.source)
    else:
        found = _declared(groups, known, image if not processes else "", wanted)
    if (official := _official(container, image)) and processes:
        wanted.append((official.name, None))
    missing = _missing(found, wanted, sockets.visible)
    return _ordered([*_without_deaf(found, missing), *missing], container)


def _serving(listening: Iterable[Socket], processes: Sequence[Process]) -> list[Socket]:
    """TCP listeners that are the container's own: Docker's embedded DNS is not."""
    plumbing = {process.pid for process in processes if process.name in PLUMBING}
    tcp = (socket for socket in listening if socket.protocol.startswith("tcp") and socket.address != DOCKER_DNS)
    return [socket for socket in tcp if socket.pid not in plumbing and socket.program not in PLUMBING]


# -- sockets are visible ---------------------------------------------------------------------------------------------


def _seen(groups: Sequence[Family], listening: Sequence[Socket], known: Sequence[int], source: str) -> list[Service]:
    services: list[Service] = []
    for family in groups:
        ports = [port for port in sorted(family.ports) if port in known or not _aside(family, port)]
        if not ports:
            services.append(_service(family, None, "running", source=family.head.source or "processes"))
        for port in ports:
            at = family.ports[port]
            open_ = [socket for socket in at if not socket.loopback]
            first = (open_ or at)[0]
            made = _service(family, port, "listening", source=first.source or source or "sockets")
            services.append(replace(made, address=first.address, loopback=not open_))
    return _distinct(services)


def _aside(family: Family, port: int) -> bool:
    """A debugger's port, or a random one beside a real one."""
    program = family.identity.program
    if program is not None and port in program.debug_ports and len(family.ports) > 1:
        return True
    if program is not None and port in program.ports:
        return False
    return port >= EPHEMERAL and any(other < EPHEMERAL for other in family.ports)


# -- sockets cannot be seen ------------------------------------------------------------------------------------------


def _declared(
    groups: Sequence[Family], known: Sequence[int], image: str, wanted: Sequence[tuple[str, int | None]]
) -> list[Service]:
    """Ports that are said: by a command line, else among the exposed ones. A port nobody says stays unknown; one that
    another program should have is not given away when that one is gone."""
    claims = {id(family): _claim(family, known, groups) for family in groups}
    free = [port for port in known if not any(port in claim for claim in claims.values())]
    silent = [family for family in groups if not claims[id(family)] and family.identity.nature != "infra"]
    if len(silent) == 1:
        others = {port for name, port in wanted if name not in (silent[0].name, silent[0].identity.detail)}
        claims[id(silent[0])] = tuple(port for port in free if port not in others)
    services: list[Service] = []
    for family in groups:
        ports = claims[id(family)]
        services += [_service(family, port, "declared", source=_said(family, port)) for port in ports]
        if not ports:
            services.append(_service(family, None, "running", source=family.head.source or "processes"))
    program = image_program(image) if image and not services else None
    if program is not None:
        usual = [port for port in known if port in program.ports] or list(known)
        family = Family(Identity(program.name, program.nature, program=program), [Process(0, 0, program.name, "")])
        services = [_service(family, port, "declared", source=f"image:{image}") for port in usual]
    return _distinct(services)


def _claim(family: Family, known: Sequence[int], groups: Sequence[Family]) -> tuple[int, ...]:
    """A port that is usual for several is nobody's."""
    return family.said[:4] or tuple(port for port in known if usual(groups, port) == [family])


def _said(family: Family, port: int) -> str:
    return f"command:{family.head.pid}" if port in family.said else "api:inspect#Config.ExposedPorts"


# -- what should run -------------------------------------------------------------------------------------------------


def _official(container: Container, image: str) -> Program | None:
    """The program an image is named after, unless the container was told to run something else."""
    program = image_program(image)
    if program is None or program.nature != "server":
        return None
    words = container.command.split()[:6]
    told = [word.rpartition("/")[2] for word in words]
    mentions = any(program_named(word) is program or canonical(word) == program.name for word in told)
    return program if mentions else None


def _missing(found: Sequence[Service], wanted: Sequence[tuple[str, int | None]], visible: bool) -> list[Service]:
    """`down` for each expected pair that nothing found stands for."""
    missing: dict[tuple[str, int | None], Service] = {}
    unowned = {service.port for service in found if service.port and not service.pids}
    for name, port in wanted:
        same = [service for service in found if name in (service.name, service.detail)]
        unseen = not visible or port in unowned
        there = any(port in (None, service.port) or (unseen and service.port is None) for service in same)
        if there or any(key[0] == name and port is None for key in missing):
            continue
        program = BY_NAME.get(name)
        kind, verified = (program.kind, program.verified) if program else ("app", False)
        down = Service(name, port, "", "down", kind=kind, verified=verified, source="expected", expected=True)
        missing[name, port] = down
        if port is not None:
            missing.pop((name, None), None)
    return list(missing.values())


def _without_deaf(found: Sequence[Service], missing: Sequence[Service]) -> list[Service]:
    """A server whose process lives but whose port is gone is `down` on that port, not also `running`."""
    lost = {service.name for service in missing if service.port}
    servers = {name for name in lost if (program := BY_NAME.get(name)) and program.nature == "server"}
    return [service for service in found if service.port or service.name not in servers]


# -- together --------------------------------------------------------------------------------------------------------


def _service(family: Family, port: int | None, state: State, *, source: str) -> Service:
    identity = family.identity
    program = identity.program
    kind = program.kind if program else "app"
    if port is None and kind == "app" and identity.nature in ("runtime", "unknown", "wrapper", "helper"):
        kind = "worker"
    if identity.nature == "infra":
        kind = "job"
    return Service(
        family.name,
        port,
        "",
        state,
        pids=tuple(pid for pid in family.pids if pid),
        verified=bool(program and program.verified and identity.detail in VERIFIED_DETAILS),
        source=source,
        detail=identity.detail,
        kind=kind,
        visiting=family.visiting,
    )


def _distinct(services: Sequence[Service]) -> list[Service]:
    """Families of one program without a port of their own are one service; so are two that share a port."""
    kept: dict[tuple[str, int | None, str], Service] = {}
    for service in services:
        key = (service.name, service.port, "" if service.port else service.detail)
        before = kept.get(key)
        kept[key] = _joined(before, service) if before else service
    return list(kept.values())


def _joined(one: Service, other: Service) -> Service:
    return replace(one, pids=(*one.pids, *other.pids), visiting=one.visiting and other.visiting)


def _ordered(services: Iterable[Service], container: Container) -> tuple[Service, ...]:
    published: dict[int, list[PublishedPort]] = {}
    for port in container.ports:
        if port.protocol == "tcp":
            published.setdefault(port.port, []).append(port)
    placed = [replace(service, published=tuple(published.get(service.port or 0, ()))) for service in services]
    return tuple(sorted(placed, key=lambda s: (KIND_ORDER.get(s.kind, 1), s.port or 99_999, s.name, s.detail)))
