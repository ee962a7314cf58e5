"""Whether a Dockerfile does what it says: built, started, asked from beside, and all of it removed again."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from pathlib import Path

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container, ContainerSpec, LogQuery, Progress
from ergon_ops.errors import EngineError, ErgonError, NoSuchContainer
from ergon_ops.refs import Ref
from ergon_ops.stack.contexts import copy_context
from ergon_ops.stack.leftovers import sweep
from ergon_ops.stack.offline_packages import offline_base
from ergon_ops.stack.probing import probe
from ergon_ops.stack.standins import base_for
from ergon_ops.stack.up import Engine
from ergon_ops.stack.workbench import Bench, bench

BUILD_S, READY_S, STEADY_S = 600.0, 120, 3.0


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be proven: `dockerfile` built in `context` answers a GET of `path` on `port` (None: it keeps running);
    with `http` false a connection is all that is asked for. `manager` and `files` are its dependencies, brought along
    where the engine reaches no package registry; `language` tells what its image can ask with. `needs` are services it
    asks for, none of which is there."""

    name: str
    context: Path
    dockerfile: str
    ignore: tuple[str, ...]
    port: int | None
    path: str = ""
    language: str = ""
    manager: str = ""
    files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    http: bool = True
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """`detail` is the sentence: `proven: GET /health 200 in 1.2 s`, `not proven: <step>, <reason>`."""

    proven: bool
    detail: str
    instead: tuple[str, ...] = ()


class Unproven(Exception):
    """A step that failed: `step` and why."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}, {reason}")


async def prove(claim: Claim, *, engine: Engine, cache: Path, progress: Progress) -> Proof:
    """Raises EngineError where no engine answers; whatever else goes wrong is the proof's own answer. What a killed one
    left there is removed first."""
    instead: list[str] = []
    for name in await sweep(engine, cache):
        progress(f"{name} was left by a proof that was killed: it is removed")
    async with bench(engine, cache) as made:
        try:
            tag = await _build(claim, made, instead, cache=cache, progress=progress)
            told = await (_asked(claim, tag, made, progress) if claim.port else _steady(claim, tag, made, progress))
            return Proof(True, f"proven: {told}{_said(instead)}", tuple(instead))
        except Unproven as failed:
            return Proof(False, f"not proven: {failed}{_said(instead)}", tuple(instead))


def _said(instead: list[str]) -> str:
    return f" ({'; '.join(instead)})" if instead else ""


# -- build


async def _build(claim: Claim, made: Bench, instead: list[str], *, cache: Path, progress: Progress) -> str:
    with tempfile.TemporaryDirectory(prefix="ergon-ops-proof-") as folder:
        context = Path(folder) / "context"
        try:
            await asyncio.to_thread(copy_context, claim.context, context, claim.ignore)
        except OSError as error:
            raise Unproven("context", f"{error.filename}: {error.strerror}") from error
        text = await _on_bases(claim, made, instead, Path(folder), cache=cache, progress=progress)
        (context / "Dockerfile").write_text(text)
        tag = f"{made.mark}:image"
        progress(f"{claim.name}: building")
        lines: list[str] = []
        try:
            await made.build(context, tag, lines, deadline_s=BUILD_S)
        except EngineError:
            raise
        except ErgonError as error:
            raise Unproven("build", _reason(error.message, lines)) from error
        return tag


def _reason(message: str, lines: list[str]) -> str:
    """The program's own last words say more than the engine's `returned a non-zero code`."""
    words = [line for line in lines if re.search(r"(?i)error|not found|no such|cannot|failed", line)]
    words = [line for line in words if not re.search(r"A complete log of this run|^\s*(?:at \S|note:)", line)]  # where
    words = [line for line in words if re.search(r"\b\w*(?:Error|Exception): ", line)] or words
    return (words[-1] if words and "non-zero" in message else message)[:300]


async def _on_bases(
    claim: Claim, made: Bench, instead: list[str], folder: Path, *, cache: Path, progress: Progress
) -> str:
    """The Dockerfile with each base that stands in for another put in its place: no other line is changed."""
    engine, text = made.engine, claim.dockerfile
    stages = set(re.findall(r"(?im)^FROM\s+\S+\s+AS\s+(\S+)", text))
    for wanted in dict.fromkeys(re.findall(r"(?im)^FROM\s+(?:--\S+\s+)*(\S+)", text)):
        if wanted in stages:
            continue
        try:
            base = await base_for(wanted, images=engine.images, cache=cache, progress=progress)
        except EngineError:
            raise
        except ErgonError as error:
            raise Unproven("base", error.message) from error
        image = base.image
        if base.instead:
            instead.append(base.instead)
            try:
                image = await offline_base(claim, image, folder, progress, made.build_base) or image
            except EngineError:
                raise
            except ErgonError as error:
                raise Unproven("dependencies", error.message) from error
        text = re.sub(rf"(?im)^(FROM\s+(?:--\S+\s+)*){re.escape(wanted)}(?=\s|$)", rf"\g<1>{image}", text)
    return text


# -- run


async def _start(claim: Claim, tag: str, made: Bench) -> Ref:
    made.network = f"{made.mark}-net"
    await made.engine.writes.create_network(made.network, labels=made.labels)
    name = f"{made.mark}-app"
    spec = ContainerSpec(name, tag, labels=made.labels, networks=(made.network,), aliases=("app",))
    try:
        made.containers.append(await made.engine.writes.create(spec))
        await made.engine.writes.start(made.containers[-1])
    except EngineError:
        raise
    except ErgonError as error:
        raise Unproven("start", error.message) from error
    return Ref(name, made.engine.reads.host)


async def _asked(claim: Claim, tag: str, made: Bench, progress: Progress) -> str:
    ref = await _start(claim, tag, made)
    began = time.monotonic()
    path = claim.path or "/"
    progress(f"{claim.name}: asking for {path} on port {claim.port}")
    address = await _address(made, ref)
    url = f"http://{address}:{claim.port}{path}" if claim.http else f"tcp://{address}:{claim.port}"
    command = probe(claim.language, url, seconds=READY_S)
    asking = f"{made.mark}-ask"
    spec = ContainerSpec(asking, tag, command[1:], command[:1], labels=made.labels, networks=(made.network,))
    made.containers.insert(0, await made.engine.writes.create(spec))
    await made.engine.writes.start(made.containers[0])
    while time.monotonic() - began < READY_S + 30:
        rows = {row.ref.name: row for row in await made.engine.reads.containers()}
        app, asked = rows.get(ref.name), rows.get(asking)
        if app is None or asked is None:
            raise Unproven("probe", "somebody removed its container")
        took = time.monotonic() - began
        if not asked.running:
            return await _answer(claim, made, Ref(asking, ref.host), path, took)
        if not app.running:
            raise Unproven("start", await _ended(made, app) + _alone(claim))
        await asyncio.sleep(0.1)
    raise Unproven("probe", f"no answer on port {claim.port} in {READY_S} s")


async def _address(made: Bench, ref: Ref) -> str:
    """On its network; a name would have to be looked up, which a static program may not be able to."""
    try:
        found = await made.engine.reads.read(ref, ["networks"])
    except NoSuchContainer:
        found = ()
    return next((str(row.value) for row in found if row.name == "network" and row.value), "app")


async def _answer(claim: Claim, made: Bench, asking: Ref, path: str, took: float) -> str:
    logs = await made.engine.reads.logs(asking, LogQuery(tail=20))
    words = [line.text for line in logs.lines]
    if "connected" in words:
        return f"port {claim.port} takes connections after {took:.1f} s"
    status = next((found[1] for line in reversed(words) if (found := re.fullmatch(r"status (\d{3})", line))), "")
    if not status or status.startswith("5"):
        raise Unproven("probe", f"GET {path} {status or (words[-1] if words else 'had no answer')}")
    if claim.path and status.startswith("4"):
        raise Unproven("probe", f"GET {path} {status}")
    return f"GET {path} {status} in {took:.1f} s"


async def _steady(claim: Claim, tag: str, made: Bench, progress: Progress) -> str:
    """No port to ask: it runs for a while, or does its work and ends well."""
    ref = await _start(claim, tag, made)
    began = time.monotonic()
    while True:
        row = next((row for row in await made.engine.reads.containers() if row.ref.name == ref.name), None)
        if row is None:
            raise Unproven("start", "somebody removed its container")
        if not row.running:
            if row.exit_code == 0:
                return f"ran to its end, exit code 0, in {time.monotonic() - began:.1f} s"
            raise Unproven("start", await _ended(made, row) + _alone(claim))
        if time.monotonic() - began > STEADY_S:
            return f"runs for {STEADY_S:.0f} s{_alone(claim)}"
        await asyncio.sleep(0.2)


def _alone(claim: Claim) -> str:
    return f", without {' and '.join(claim.needs)}, which it asks for" if claim.needs else ""


async def _ended(made: Bench, row: Container) -> str:
    logs = await made.engine.reads.logs(row.ref, LogQuery(tail=40))
    words = [line.text.strip() for line in logs.lines if re.search(r"\w", line.text)]
    telling = [line for line in words if re.search(r"\w*(?:Error|Exception)\b|(?i:cannot|not found|no such)", line)]
    last = f": {(telling or words)[-1][:200]}" if words else ""
    return f"it ended with exit code {row.exit_code}{last}"
