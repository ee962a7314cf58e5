"""`make faults ARGS=--mitigate`: faults are mended by our own proposals and approvals, looked at, and taken back."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.errors import DockerException

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.errors import ErgonError
from ergon_ops.events import Event
from ergon_ops.messages import Actor
from ergon_ops.proposals import Intent
from ergon_ops.refs import Ref
from tests.faults.asking import opened, patience
from tests.faults.draw import Draw
from tests.faults.site import NotInjected, Site, site, sweep
from tests.faults.treatments import TREATMENTS, Treatment

OPERATOR = Actor("terminal", "bench", "balanced", may_approve=True)
CURED_S = 40.0
WANTED = 0.9
JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mended:
    """`source`: rule, improvement, or reference where nobody of ours proposed that kind. `why`: what went wrong."""

    id: str
    source: str
    ended: str
    took_s: float
    why: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return not self.why


def main(docker_host: str, seed: str, only: Sequence[str], *, jobs: int) -> int:
    chosen = [id for id in TREATMENTS if not only or id in only]
    sweep(docker_host)
    stopping, results = threading.Event(), list[Mended]()
    with patience(), ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(one, id, docker_host, seed, stopping) for id in chosen]
        try:
            for future in waiting:
                results.append(future.result())
                say(results[-1])
        except BaseException:
            stopping.set()
            for future in waiting:
                future.cancel()
            raise
    faults = [item for item in results if "-" not in item.id]
    others = [item for item in results if "-" in item.id]
    print(f"mended                {_share(faults):7.0%} of {len(faults)}")
    print(f"worse is taken back, slow is waited for {_share(others):.0%} of {len(others)}")
    return 0 if _share(faults) >= WANTED and _share(others) == 1 else 1


def say(item: Mended) -> None:
    mark = "ok" if item.good else "--"
    print(f"faults: {item.id:14} {mark} {item.ended} by {item.source} ({item.took_s:.0f} s)", flush=True)
    for line in item.why:
        print(f"    {line}", file=sys.stdout, flush=True)


def _share(items: Sequence[Mended]) -> float:
    return sum(item.good for item in items) / len(items) if items else 1.0


def one(id: str, docker_host: str, seed: str, stopping: threading.Event) -> Mended:
    began, run = time.monotonic(), uuid.uuid4().hex[:8]
    wanted = TREATMENTS[id](Draw(f"{seed}:{id}", run))
    try:
        with site(docker_host, f"{run}-{id}", stopping) as place:
            place.make(wanted.case)
            place.until(lambda: wanted.case.symptom(place), "the symptom")
            source, ended, why = asyncio.run(_treated(wanted, place, docker_host))
    except (NotInjected, ErgonError, DockerException) as error:
        source, ended, why = "nobody", "error", [f"{type(error).__name__}: {error}"]
    return Mended(id, source, ended, time.monotonic() - began, tuple(why))


async def _treated(wanted: Treatment, place: Site, docker_host: str) -> tuple[str, str, list[str]]:
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        assistant = opened(docker_host, Path(folder))
        try:
            source, proposal = await _proposed(wanted, assistant)
            before, others = await _world(assistant, wanted.about), _others(wanted, place)
            answer = await _last(assistant.approve(proposal, actor=OPERATOR))
            ended = str(answer.get("state", answer.get("message", "nothing")))
            why = [] if ended in wanted.ends else [f"ended {ended}: {answer.get('reason') or answer.get('text')}"]
            why += _looked(wanted, place, others)  # nothing else goes on in this loop
            if ended != "kept":
                now = await _world(assistant, wanted.about)
                why += [] if now == before else ["what was rolled back is not as it was"]
            elif wanted.reversible and not why:
                undone = await _last(assistant.rollback(str(answer["change"]), actor=OPERATOR))
                exact = await _world(assistant, wanted.about) == before
                why += [] if exact else [f"the rollback is not exact: {undone.get('text') or undone}"]
            return source, ended, why
        finally:
            await assistant.close()


async def _proposed(wanted: Treatment, assistant: LocalAssistant) -> tuple[str, str]:
    """Who proposed it, and its id: an improvement or a finding's fix of the accepted kind, else the reference."""
    if wanted.ours:
        document = await assistant.propose(wanted.about)
        for row in document["proposals"]:
            if _fits(row, wanted):
                return f"improvement {row['arguments']}", str(row["id"])
        found = await assistant.diagnose(wanted.case.ask)
        for item in found["findings"]:
            fix = item["fix"]
            if fix and _fits(fix, wanted):
                return f"rule {fix['arguments']}", await _bound(assistant, wanted.about, fix["kind"], fix["arguments"])
    return "reference", await _bound(assistant, wanted.about, wanted.kind, dict(wanted.arguments))


def _fits(row: JSON, wanted: Treatment) -> bool:
    """The accepted kind of change, of the same container; making it anew is many kinds, told apart by what differs."""
    if (row["kind"], row["container"]) != (wanted.kind, wanted.about):
        return False
    patches = [set(part.get("patch", ())) for part in (row["arguments"], wanted.arguments)]
    return patches[0] == patches[1]


async def _bound(assistant: LocalAssistant, name: str, kind: str, arguments: JSON) -> str:
    intent = Intent(_ref(assistant, name), kind, arguments, "operator", ())
    (proposal,) = await assistant.house.changes.propose([intent])
    return proposal.id


def _ref(assistant: LocalAssistant, name: str) -> Ref:
    return Ref(name, next(iter(assistant.house.reads)))


async def _world(assistant: LocalAssistant, name: str) -> str:
    ref = _ref(assistant, name)
    return (await assistant.house.reads[ref.host].world(ref)).digest


def _others(wanted: Treatment, place: Site) -> dict[str, str]:
    return {name: str(place.state(name)["Status"]) for name in place.names if name != wanted.about}


def _looked(wanted: Treatment, place: Site, others: dict[str, str]) -> Iterable[str]:
    """Is the symptom gone, and is nobody else worse?"""
    try:
        place.until(lambda: wanted.cured(place), "the cure", deadline_s=CURED_S)
    except NotInjected as error:
        yield str(error)
    now = _others(wanted, place)
    yield from (f"{name} was {others[name]} and is {now[name]}" for name in others if now[name] != others[name])


async def _last(events: AsyncIterator[Event]) -> JSON:
    last: JSON = {}
    async for event in events:
        last = dict(event.data)
    return last
