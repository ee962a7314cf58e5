"""What was concluded of a project, and from where: every conclusion has the file and the line it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from ergon_ops.dataclass import dataclass

Level = Literal["complete", "recognised"]


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """`file` relative to the project, `line` from 1 (0: the file as a whole), `says` what stands there, shortened."""

    file: str
    line: int = 0
    says: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    def to_json(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line, "says": self.says}


@dataclass(frozen=True, slots=True, order=True)
class Variable:
    """One variable of the environment that the code reads. A default's value is not kept: it may be a secret."""

    name: str
    required: bool
    secret: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """A service it talks to: redis, postgres, mysql, mongodb, rabbitmq, kafka …"""

    service: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that could not be used: what is wrong, and where. `line` 0 where there is none."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"

    def to_json(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line, "message": self.message}


@dataclass(frozen=True, slots=True)
class Application:
    """One program of the project. `run` are words (none: nobody can tell); `output` is the folder that is served of a
    static one; `folder` is where modules are looked for (`src`), `context` the folder an image is made from, if it is
    not `path`; `evidence` is by what it proves: type, run, port, entrypoint, dependencies, manager, version. `missing`
    are whole sentences; `said_by` names who concluded a field that the files leave open: a model. `beside` are files
    its dependencies need as well (locks, included ones), relative to the context; `packages` are the dependencies in
    pip's own words where no requirements file says them; `whole`: what is listed for development is needed too;
    `own` are folders in the context where modules of the same repository are looked for; `told_by` is the variable that
    tells it its port, where another number than the code's own comes from its surroundings; `from_context`: its
    commands and what it is built into are told from the context's folder, not from its own; `http`: what listens there,
    if anything does, answers a GET; `heard_by` is the variable that has it listen for others than its own machine."""

    name: str
    path: str
    type: str
    language: str
    level: Level = "complete"
    run: tuple[str, ...] = ()
    port: int | None = None
    entrypoint: str = ""
    dependencies: str = ""
    beside: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    manager: str = ""
    version: str = ""
    build: tuple[tuple[str, ...], ...] = ()
    whole: bool = False
    own: tuple[str, ...] = ()
    told_by: str = ""
    output: str = ""
    folder: str = ""
    context: str = ""
    from_context: bool = False
    http: bool = True
    heard_by: str = ""
    health: str = ""
    dockerfile: str = ""
    variables: tuple[Variable, ...] = ()
    needs: tuple[Need, ...] = ()
    evidence: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    said_by: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        plain = {
            key: getattr(self, key)
            for key in (
                *("name", "path", "type", "language", "level", "port", "entrypoint", "dependencies", "manager"),
                *("version", "output", "health", "dockerfile"),
            )
        }
        return {
            **plain,
            "run": list(self.run),
            "build": [list(words) for words in self.build],
            "environment": [
                {"name": item.name, "required": item.required, "secret": item.secret, **item.evidence.to_json()}
                for item in self.variables
            ],
            "needs": [{"service": item.service, **item.evidence.to_json()} for item in self.needs],
            "evidence": {key: [item.to_json() for item in rows] for key, rows in self.evidence.items()},
            "missing": list(self.missing),
            "said_by": {**dict.fromkeys(self.evidence, "files"), **self.said_by},
        }


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a Compose file: `image`, or `path` with what is built there, out of `context`. Environment: names
    only, and of its values those that are ports (`sets`); `published` is where its ports are told,
    `commanded` where its command is; `entrypoint` is its own, in place of the image's."""

    name: str
    evidence: Evidence
    image: str = ""
    path: str | None = None
    context: str = ""
    dockerfile: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    ports: tuple[tuple[int, int | None], ...] = ()
    environment: tuple[str, ...] = ()
    sets: tuple[tuple[str, int, Evidence], ...] = ()
    published: Evidence = Evidence("")
    commanded: Evidence = Evidence("")
    depends_on: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """`secrets` are files that must never be part of an image; `faults` are files that could not be used."""

    name: str
    applications: tuple[Application, ...]
    services: tuple[Service, ...] = ()
    secrets: tuple[Evidence, ...] = ()
    faults: tuple[Fault, ...] = ()
    files: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "applications": [item.to_json() for item in self.applications],
            "services": [
                {"name": item.name, "image": item.image or None, "path": item.path, **item.evidence.to_json()}
                for item in self.services
            ],
            "secrets": [item.to_json() for item in self.secrets],
            "faults": [item.to_json() for item in self.faults],
            "files": self.files,
        }
