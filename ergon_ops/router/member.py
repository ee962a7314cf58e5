"""What the router knows of one container."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import COMPOSE, Container
from ergon_ops.persona import Persona, image_program
from ergon_ops.refs import Ref, slug
from ergon_ops.router.words import KNOWN_PROGRAMS, PROGRAMS


class RunningService(Protocol):
    """One row of `services.detect`."""

    @property
    def name(self) -> str: ...
    @property
    def port(self) -> int | None: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Member:
    """`names` are further names, `programs` what it runs (canonical), `ports` inner ones, `published` the host's ports;
    `group` names its replicas (`host/project/service`), `number` which of them it is. `looked` false: its processes and
    sockets were not read, so `programs` and `ports` are what image and configuration say."""

    ref: Ref
    ci_name: str
    names: tuple[str, ...] = ()
    service: str = ""
    project: str = ""
    image: str = ""
    role: str = ""
    role_kind: str = "app"
    programs: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    published: tuple[int, ...] = ()
    state: str = "running"
    health: str = "none"
    exit_code: int | None = None
    group: str = ""
    number: int = 0
    id: str = ""
    looked: bool = True

    @property
    def main_program(self) -> str:
        return canonical_program(image_program(self.image))


def canonical_program(name: str) -> str:
    return PROGRAMS.get(name, name)


def members(
    containers: Iterable[Container],
    personas: Mapping[Ref, Persona],
    services: Mapping[Ref, Sequence[RunningService]] | None = None,
) -> tuple[Member, ...]:
    """The containers as the router sees them; those missing from `services` are marked as not looked into."""
    everyone = tuple(containers)
    stems = _numbered(everyone)
    seen = services or {}
    return tuple(_member(one, personas.get(one.ref), seen.get(one.ref), stems) for one in everyone)


def _member(
    one: Container,
    persona: Persona | None,
    services: Sequence[RunningService] | None,
    stems: Mapping[tuple[str, str, str], int],
) -> Member:
    found = tuple(services or ())
    ports = {port.port for port in one.ports} | set(one.exposed) | {s.port for s in found if s.port}
    group, number = _group(one, stems)
    return Member(
        ref=one.ref,
        ci_name=persona.ci_name if persona else f"{slug(one.ref.name)}-ci",
        names=_further_names(one, persona, number),
        service=one.service,
        project=one.project,
        image=one.image,
        role=persona.role if persona else "",
        role_kind=persona.role_kind if persona else "app",
        programs=_programs(one, found),
        ports=tuple(sorted(ports)),
        published=tuple(sorted({port.host_port for port in one.ports if port.host_port})),
        state=one.state,
        health=one.health,
        exit_code=one.exit_code,
        group=group,
        number=number,
        id=one.id,
        looked=services is not None or not one.running,
    )


def _programs(one: Container, services: Sequence[RunningService]) -> tuple[str, ...]:
    names = [canonical_program(service.name.lower()) for service in services]
    for part in [image_program(one.image), *re.split(r"[^a-z0-9]+", image_program(one.image))]:
        hint = canonical_program(part)
        if hint in KNOWN_PROGRAMS and hint not in names:
            names.append(hint)
    return tuple(dict.fromkeys(names))


def _further_names(one: Container, persona: Persona | None, number: int) -> tuple[str, ...]:
    names: list[str] = []
    if persona and persona.manifest_key:
        names += [
            persona.manifest_key,
            f"{one.project}-{persona.manifest_key}" if one.project else persona.manifest_key,
        ]
    elif one.manifest_key:
        names.append(one.manifest_key)
    if one.service and number:
        names += [f"{one.service}-{number}", f"{one.project}-{one.service}-{number}"]
    if one.project and one.ref.name.startswith((f"{one.project}-", f"{one.project}_")):
        names.append(one.ref.name[len(one.project) + 1 :])
    return tuple(name for name in dict.fromkeys(names) if name != one.ref.name)


def _numbered(containers: Iterable[Container]) -> Counter[tuple[str, str, str]]:
    """How many containers of one host and image share a stem: `api-1`, `api-2` → `api`."""
    return Counter(
        (one.ref.host, one.image, stem) for one in containers if not one.service and (stem := _stem(one.ref.name)[0])
    )


def _stem(name: str) -> tuple[str, int]:
    match = re.fullmatch(r"(.*[A-Za-z])[-_.]?(\d{1,3})", name)
    return (match[1], int(match[2])) if match else ("", 0)


def _group(one: Container, stems: Mapping[tuple[str, str, str], int]) -> tuple[str, int]:
    if one.service:
        number = one.labels.get(COMPOSE + "container-number", "")
        return f"{one.ref.host}/{one.project}/{one.service}", int(number) if number.isdecimal() else _stem(
            one.ref.name
        )[1]
    stem, number_in_name = _stem(one.ref.name)
    if stems.get((one.ref.host, one.image, stem), 0) > 1:
        return f"{one.ref.host}//{stem}", number_in_name
    return "", 0
