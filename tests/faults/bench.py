"""Runs scenarios, several at a time, each on containers and networks of its own, and scores what is said of them."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import docker
from docker.errors import DockerException

from ergon_ops.errors import ErgonError
from tests.faults import baselines
from tests.faults.asking import ask, patience
from tests.faults.draw import Draw
from tests.faults.scenario import Case, Scenario
from tests.faults.scoring import Score, leaked, score
from tests.faults.site import OWNER, NotInjected, Site, clear, site, sweep

JOBS = 6
TRIES = 2


@dataclass(frozen=True, slots=True)
class Result:
    """`error`: the fault could not be injected; then nothing is scored. `said` is for whoever looks why."""

    id: str
    family: str
    tier: str
    seed: str
    score: Score
    wall_s: float
    took_s: float
    constant: Score
    grep: Score
    said: tuple[str, ...] = ()
    error: str = ""


@dataclass(slots=True)
class Bench:
    docker_host: str
    seed: str
    jobs: int = JOBS
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    stopping: threading.Event = field(default_factory=threading.Event)
    _names: set[str] = field(default_factory=set)

    def results(self, chosen: Sequence[Scenario], *, round: int = 0) -> Iterator[Result]:
        """As they come. Closing the iterator, or Ctrl-C, removes everything that is on the engine still."""
        sweep(self.docker_host)
        seed = f"{self.seed}/{round}" if round else self.seed
        together = [item for item in chosen if not item.alone]
        try:
            with patience():
                yield from self._pooled(together, seed)
                for item in chosen:
                    if item.alone:
                        yield self.one(item, seed)
        finally:
            self.stopping.set()
            engine = docker.DockerClient(base_url=self.docker_host, version="1.41", timeout=120)
            clear(engine, f"{OWNER}={os.getpid()}")
            engine.close()
            self.stopping.clear()

    def _pooled(self, chosen: Iterable[Scenario], seed: str) -> Iterator[Result]:
        with ThreadPoolExecutor(self.jobs) as pool:
            waiting: set[Future[Result]] = {pool.submit(self.one, item, seed) for item in chosen}
            try:
                while waiting:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            except BaseException:
                self.stopping.set()
                for future in waiting:
                    future.cancel()
                raise

    def one(self, item: Scenario, seed: str) -> Result:
        """Once more if it could not be injected: the machine may be busy, a port just taken."""
        began = time.monotonic()
        failed: Result | None = None
        for attempt in range(TRIES):
            draw = Draw(f"{seed}:{item.id}", f"{self.run}{attempt}")
            case = item.build(draw)
            run = f"{self.run}-{item.id}-{attempt}-{uuid.uuid4().hex[:4]}"
            try:
                with site(self.docker_host, run, self.stopping) as place:
                    return self._asked(item, case, draw, place, began)
            except (NotInjected, ErgonError, DockerException) as error:
                failed = Result(
                    item.id, item.family, item.tier, draw.seed, NOTHING, 0.0, time.monotonic() - began,
                    NOTHING, NOTHING, error=f"{type(error).__name__}: {error}",
                )  # fmt: skip
        assert failed is not None
        return failed

    def _asked(self, item: Scenario, case: Case, draw: Draw, place: Site, began: float) -> Result:
        names = {case.ask, *(box.name for box in case.boxes)}
        self._names |= names
        place.make(case)
        place.until(lambda: case.symptom(place), "the symptom")
        asked = ask(place, case.ask, self.docker_host)
        gate = asked.unsafe or leaked(asked.text, draw.secrets)
        others = self._names - names
        return Result(
            item.id,
            item.family,
            item.tier,
            draw.seed,
            score(case, asked.document, asked.replays, gate=gate, others=others),
            asked.wall_s,
            time.monotonic() - began,
            score(case, baselines.constant(case), {}, gate="", others=()),
            score(case, baselines.log_grep(case, place), {}, gate="", others=()),
            tuple(_told(asked.document)),
        )


NOTHING = Score(0.0, False)


def _told(document: dict[str, Any]) -> Iterator[str]:
    yield f"verdict {document['verdict']}"
    for part in ("findings", "audit"):
        for item in document[part]:
            yield f"{part}: {item['cause']} of {item['container']}: {item['summary']} {item['details']}"
