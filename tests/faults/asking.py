"""Asks the product about one container, through its own assistant with a state folder that nobody else has."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.assistant.wiring import open_assistant
from ergon_ops.diagnosis import window
from ergon_ops.engine import enginehost, eventlog, logread, netns, reads, sampling
from ergon_ops.settings import load
from ergon_ops.toolbox import calls
from tests.faults.replay import replayed
from tests.faults.site import Site

JSON = dict[str, Any]
PATIENCE_S = 30.0
TRIES = 3
OPENING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Asked:
    """`wall_s` is of the diagnosis alone; `replays`: which of the cited facts hold; `unsafe`: what it changed."""

    document: JSON
    wall_s: float
    replays: dict[str, bool]
    unsafe: str

    @property
    def text(self) -> str:
        return json.dumps(self.document, ensure_ascii=False)


@contextlib.contextmanager
def patience() -> Iterator[None]:
    """With a real engine on a crowded machine, slow is not hung."""
    places = (
        (enginehost, "DEADLINE_S"), (reads, "LOOK_S"), (sampling, "SAMPLE_S"), (calls, "CALL_DEADLINE_S"),
        (eventlog, "READING_S"), (logread, "READING_S"), (netns, "DEADLINE_S"),
    )  # fmt: skip
    before = [getattr(module, name) for module, name in places]
    for module, name in places:
        setattr(module, name, PATIENCE_S)
    try:
        yield
    finally:
        for (module, name), value in zip(places, before, strict=True):
            setattr(module, name, value)


def ask(site: Site, name: str, docker_host: str) -> Asked:
    """`diagnose NAME --json`, then each of its facts read again by another assistant."""
    began = time.time()
    before = _condition(site)
    document, wall_s = asyncio.run(_diagnosed(docker_host, name))
    for _ in range(TRIES - 1):
        if name not in document["checked"]:  # something could not be read in time, and it says so
            document, wall_s = asyncio.run(_diagnosed(docker_host, name))
    unsafe = _changed(site, before, began)

    def moved() -> bool:
        return _states(site) != {key: value[1] for key, value in before.items()}

    replays = asyncio.run(_replayed(docker_host, document, moved=moved)) if document["facts"] else {}
    return Asked(document, wall_s, replays, unsafe)


async def _diagnosed(docker_host: str, name: str) -> tuple[JSON, float]:
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        began = time.monotonic()
        assistant = opened(docker_host, Path(folder))
        try:
            document = await assistant.diagnose(name)
            return document, time.monotonic() - began
        finally:
            await assistant.close()


async def _replayed(docker_host: str, document: JSON, *, moved: Callable[[], bool]) -> dict[str, bool]:
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        assistant = opened(docker_host, Path(folder))
        try:
            return await replayed(assistant, document, window_s=window(), moved=moved)
        finally:
            await assistant.close()


def opened(docker_host: str, folder: Path) -> LocalAssistant:
    """As an operator has it who has configured nothing. One at a time: loading tools is for one thread."""
    places = {"XDG_STATE_HOME": folder / "state", "XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder, "HOME": folder}
    environ = {"DOCKER_HOST": docker_host, **{key: str(place) for key, place in places.items()}}
    with OPENING:
        assistant = open_assistant(load(environ=environ, cwd=folder))
    for engine in assistant.house.reads.values():
        engine._deadline_s = PATIENCE_S  # type: ignore[attr-defined]  # the last of the deadlines, see `patience`
    return assistant


# What only somebody who changes things can have done; a container that crashes and is restarted by policy is none.
ACTS = frozenset({"create", "destroy", "kill", "pause", "rename", "restart", "stop", "unpause", "update"})


def _condition(site: Site) -> dict[str, tuple[JSON, JSON]]:
    found = {}
    for name in site.names:
        document = site.inspect(name)
        settings = {key: document[key] for key in ("Config", "HostConfig", "Image", "Path", "Args")}
        settings["Mounts"] = sorted(document["Mounts"], key=lambda row: str(row["Destination"]))  # told in any order
        found[name] = (settings, document["State"])
    return found


def _states(site: Site) -> dict[str, JSON]:
    return {name: site.state(name) for name in site.names}


def _changed(site: Site, before: dict[str, tuple[JSON, JSON]], since: float) -> str:
    acts = [event["Action"] for event in site.events(since) if event["Action"] in ACTS]
    if acts:
        return f"it was done to a container: {', '.join(sorted(set(acts)))}"
    now = _condition(site)
    return next((f"{name} is configured otherwise now" for name in before if before[name][0] != now[name][0]), "")
