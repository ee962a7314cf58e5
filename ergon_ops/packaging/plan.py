"""What an image is made of, as steps: one plan, of which a Dockerfile and an image of our own are written alike.

A plan names files of one project, relative to its folder (the *context*), and places in the image. It holds no digest,
no time and no name of a host: the same project gives the same plan everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from ergon_ops.dataclass import dataclass

Manager = Literal["pip", "npm", "pnpm", "yarn", "bun"]
USER, GROUP = 10001, 10001  # whom our images run as: no name is needed, and no image has somebody of that number


@dataclass(frozen=True, slots=True)
class Copy:
    """Files of the context (or of another stage) into the image, owned by root, readable by everyone.

    `sources` are files or folders, `.` the whole context; a folder's content goes into `target`, which ends with `/`
    unless one file becomes another. What `ImagePlan.ignore` names is never copied from the context.
    """

    sources: tuple[str, ...]
    target: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Unpack:
    """Dependencies as their files name them, put into `target`: locked and unpacked by an assembler, installed by a
    package manager in a Dockerfile. `files` are in the context, the first is what the manager is given, the others
    (locks, files it includes) go with it; `packages` are what to install where no file of pip's own form says it.

    pip: `target` is a folder of modules, with scripts in its `bin`. The others: `target` is the folder that gets
    `node_modules`; `production` leaves out what only building needs.
    """

    manager: Manager
    files: tuple[str, ...]
    target: str
    production: bool = True
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A command in the image being made, split into words; several are joined in one layer. No network is promised."""

    commands: tuple[tuple[str, ...], ...]
    folder: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """How the engine asks whether it is well, in seconds. `test` are words run in the container."""

    test: tuple[str, ...]
    interval_s: float = 10.0
    timeout_s: float = 3.0
    retries: int = 3
    start_period_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Config:
    """How the image runs. Ports are those it listens on; labels are the project's own (none names a host or time)."""

    command: tuple[str, ...]
    folder: str
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    user: str = f"{USER}:{GROUP}"
    labels: Mapping[str, str] = field(default_factory=dict)
    health: Health | None = None


Step = Copy | Unpack | Run | Config


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps on a base. Only the last stage of a plan becomes the image; the others are copied from."""

    name: str
    base: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """`container` is the manifest's key, `path` the context's folder in the project. The last step of the last stage
    is a `Config`. `ignore` are patterns as in a .dockerignore; `note` says what was assumed."""

    container: str
    path: str
    stages: tuple[Stage, ...]
    ignore: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def final(self) -> Stage:
        return self.stages[-1]

    @property
    def config(self) -> Config:
        last = self.final.steps[-1]
        assert isinstance(last, Config)
        return last

    @property
    def bases(self) -> tuple[str, ...]:
        """Images from elsewhere that it is built on, each once."""
        own = {stage.name for stage in self.stages}
        return tuple(dict.fromkeys(stage.base for stage in self.stages if stage.base not in own))

    def steps(self) -> Iterator[tuple[Stage, Step]]:
        for stage in self.stages:
            for step in stage.steps:
                yield stage, step

    def to_json(self) -> dict[str, Any]:
        return {
            "container": self.container,
            "path": self.path,
            "stages": [
                {"name": stage.name, "base": stage.base, "steps": [step_json(step) for step in stage.steps]}
                for stage in self.stages
            ],
            "ignore": list(self.ignore),
            "notes": list(self.notes),
        }


def step_json(step: Step) -> dict[str, Any]:
    """`{"step": "copy", …}` with the fields as named."""
    from dataclasses import asdict

    return {"step": type(step).__name__.lower(), **asdict(step)}
