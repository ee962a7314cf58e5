"""Images and containers as files: saved, loaded, and a throw-away container's whole file system."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ergon_ops.engine.caller import Caller
from ergon_ops.engine.hands import Progress, Transformation
from ergon_ops.errors import EngineConflict, ErgonError
from ergon_ops.redaction import neutralise, redact

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

LINE = 400
CALL_S = 60.0
BLOCK = 1024 * 1024


def save(api: Client, tag: str, target: Path) -> None:
    with target.open("wb") as file:
        for block in api.get_image(tag, chunk_size=BLOCK):
            file.write(block)


def load(api: Client, archive: Path) -> None:
    """Raises EngineConflict with what the engine found wrong in it."""
    with archive.open("rb") as file:
        for said in api.load_image(file):  # type: ignore[no-untyped-call]
            if isinstance(said, dict) and said.get("error"):
                raise EngineConflict(neutralise(redact(str(said["error"])), LINE))


async def transform(
    caller: Caller, work: Transformation, target: Path, *, progress: Progress, deadline_s: float
) -> None:
    name = f"ergon-ops-build-{secrets.token_hex(6)}"
    try:
        await caller.call(lambda api: _create(api, name, work), deadline_s=CALL_S, doing="create a container")
        if work.files is not None:
            await caller.call(lambda api: _put(api, name, work.files), deadline_s=deadline_s, doing="take the files")
        if work.command:
            await _run(caller, name, work, progress, deadline_s)
        await caller.call(lambda api: _export(api, name, target), deadline_s=deadline_s, doing="give the files back")
    finally:
        # Also on Ctrl-C: what is asked of the engine now is finished before the program ends.
        await asyncio.shield(_gone(caller, name))


def _create(api: Client, name: str, work: Transformation) -> None:
    command = list(work.command) or ["/nothing"]
    body: dict[str, Any] = {
        "Image": work.image,
        "Entrypoint": command[:1],
        "Cmd": command[1:],
        "WorkingDir": work.folder,
        "Env": [f"{key}={value}" for key, value in work.environment.items()],
        "User": "0:0",
        "Hostname": "build",
        "NetworkDisabled": True,
        "Healthcheck": {"Test": ["NONE"]},
        "Labels": dict(work.labels),
        "HostConfig": {"NetworkMode": "none"},
    }
    api.submit("/containers/create", body, name=name)


def _put(api: Client, name: str, files: Path | None) -> None:
    assert files is not None
    with files.open("rb") as file:
        if not api.put_archive(name, "/", file):
            raise EngineConflict("the engine did not take the files")


async def _run(caller: Caller, name: str, work: Transformation, progress: Progress, deadline_s: float) -> None:
    await caller.call(lambda api: api.start(name), deadline_s=CALL_S, doing="start a container")
    said: list[str] = []

    def heard(line: str) -> None:
        said.append(line)
        del said[:-50]
        progress(line)

    listening = asyncio.ensure_future(_listen(caller, name, heard, deadline_s))
    try:
        status = await caller.call(lambda api: _waited(api, name), deadline_s=deadline_s, doing="end a build")
        with contextlib.suppress(TimeoutError, ErgonError):
            await asyncio.wait_for(listening, 5.0)
    finally:
        listening.cancel()
    if status:
        words = f": {said[-1]}" if said else ""
        text = f"`{' '.join(work.command)}` ended with exit code {status}{words}"
        raise EngineConflict(
            text, next="it runs without network: what it needs has to be in the lock", details={"log": said}
        )


async def _listen(caller: Caller, name: str, heard: Progress, deadline_s: float) -> None:
    loop = asyncio.get_running_loop()

    def follow(api: Client) -> None:
        rest = b""
        for block in api.logs(name, stream=True, follow=True):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                loop.call_soon_threadsafe(heard, _shown(line))
        if rest:
            loop.call_soon_threadsafe(heard, _shown(rest))

    await caller.call(follow, deadline_s=deadline_s, doing="tell what a build says")


def _shown(line: bytes) -> str:
    return neutralise(redact(line.decode("utf-8", "replace").rstrip()), LINE)


def _waited(api: Client, name: str) -> int:
    found: Mapping[str, Any] = api.submit(f"/containers/{name}/wait")
    return int(found["StatusCode"])


def _export(api: Client, name: str, target: Path) -> None:
    with api.open(f"/containers/{name}/export") as reply, target.open("wb") as file:
        while block := reply.raw.read(BLOCK):
            file.write(block)


async def _gone(caller: Caller, name: str) -> None:
    with contextlib.suppress(ErgonError):
        await caller.call(
            lambda api: api.drop(f"/containers/{name}", force=True, v=True),
            deadline_s=CALL_S,
            doing="remove a container",
        )
