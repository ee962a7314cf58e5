"""What keeps answers quick, held without a clock: what is imported and in which order, how often the engine is asked,
and ratios between two ways of the same run."""

from __future__ import annotations

import asyncio
import difflib
import os
import random
import resource
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.assistant.wiring import assemble
from ergon_ops.engine.connect import endpoints
from ergon_ops.engine.fake import FakeEngine, crowd
from ergon_ops.engine.hostfiles import HostFiles
from ergon_ops.engine.protocols import ContainerSpec, LogQuery
from ergon_ops.engine.reads import DockerReads
from ergon_ops.engine.writes import DockerWrites
from ergon_ops.messages import Actor, Question
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.persona import personas
from ergon_ops.refs import Ref
from ergon_ops.router import Router, members
from ergon_ops.settings import DockerEnv, load
from tests.packaging.image.making import SITE, locked, project

PROGRAM = (sys.executable, "-X", "importtime", "-m", "ergon_ops")
MODELS = {"anthropic", "openai"}
NEVER_OFFLINE = MODELS | {"pydantic", "prompt_toolkit", "httpx"}
IMAGE = "ergon-ops-lab/busybox:1"
ASKS = ("info", "containers", "read", "counters", "processes", "sockets", "logs", "events", "world", "host_readings")


def imported(words: Sequence[str], *, docker_host: str = "unix:///nonexistent.sock", status: int = 0) -> list[str]:
    """Modules in the order in which their import ended, in a process of its own."""
    environment = {**os.environ, "DOCKER_HOST": docker_host}
    done = subprocess.run([*PROGRAM, *words], capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    assert done.returncode == status, done.stderr[-2000:]
    return [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]


def packages(modules: Sequence[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


# -- what is imported


def test_the_version_costs_no_more_than_the_interpreter_and_two_modules() -> None:
    ours = [name for name in imported(["--version"]) if name.startswith("ergon_ops")]
    assert ours == ["ergon_ops", "ergon_ops.cli"]


@pytest.mark.engine
def test_no_model_and_no_screen_is_loaded_to_answer(docker_host: str) -> None:
    found = imported(["ask", "is anything wrong?"], docker_host=docker_host)
    assert packages(found) & (NEVER_OFFLINE | {"rich"}) == set()
    assert "docker" in packages(found)


@pytest.mark.engine
def test_a_list_loads_no_model_and_no_prompt(docker_host: str) -> None:
    assert packages(imported(["list"], docker_host=docker_host)) & NEVER_OFFLINE == set()


@pytest.mark.engine
def test_a_question_about_its_state_loads_nothing_that_changes_builds_or_asks_for_stats(
    docker_host: str, subject: str
) -> None:
    """The rules look at the log and the events of whoever is asked; the rest of the house is not for this."""
    found = set(imported(["ask", subject, "status?"], docker_host=docker_host))
    spared = {
        "ergon_ops.logtemplates.summary", "ergon_ops.changes.changes", "ergon_ops.changes.optimizations",
        "ergon_ops.engine.apistats", "ergon_ops.engine.writes",
        "ergon_ops.engine.images", "ergon_ops.engine.recreation", "ergon_ops.manifest.models", "ergon_ops.stack",
        "ergon_ops.packaging.analysis",
    }  # fmt: skip
    assert found & spared == set()


def test_the_first_counters_are_read_before_the_rest_is_imported() -> None:
    """A rate needs two samples a third of a second apart: the imports are that time, nobody waits for it."""
    found = imported(["ask", "anyone", "status?"], status=3)
    early = found.index("ergon_ops.assistant.early")
    for slow in ("ergon_ops.assistant.wiring", "ergon_ops.router", "ergon_ops.offline", "docker"):
        assert early < found.index(slow), slow


def test_a_rebuild_after_an_edit_validates_and_connects_to_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = locked(project(tmp_path / "shop", SITE), Shelf(tmp_path / "cache" / "ergon-ops" / "packages"), tmp_path)
    assert "pydantic" in packages(imported(["package", str(path)]))
    (path.parent / "index.html").write_text("<h1>edited</h1>\n")
    found = imported(["package", str(path)])
    assert packages(found) & (NEVER_OFFLINE | {"rich", "docker", "requests", "yaml"}) == set()


# -- how often the engine is asked


async def asked(engine: FakeEngine, text: str, folder: Path) -> Counter[str]:
    """Calls of the engine by name while one question is answered."""
    counted: Counter[str] = Counter()
    for name in ASKS:
        setattr(engine, name, _counting(counted, name, getattr(engine, name)))
    settings = load(environ={"HOME": str(folder), "ERGON_OPS_STATE": str(folder / "state")}, cwd=folder)
    assistant = assemble(settings, {"local": engine}, lambda _: engine)
    question = Question(text, Actor("pipe", "uid 0", "restricted", may_approve=False))
    last = [event async for event in assistant.ask(question)][-1]
    await assistant.close()
    assert last.type == "answer", last.data
    return counted


def _counting(counted: Counter[str], name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    async def counting(*args: Any, **more: Any) -> Any:
        counted[name] += 1
        return await call(*args, **more)

    return counting


async def test_a_question_to_one_costs_the_same_among_ten_and_among_two_hundred(tmp_path: Path) -> None:
    few, many = crowd(10), crowd(200)
    name = (await few.containers())[3].ref.name
    assert name in {row.ref.name for row in await many.containers()}
    small = await asked(few, f"how is {name}?", tmp_path / "few")
    large = await asked(many, f"how is {name}?", tmp_path / "many")
    assert small == large
    assert small["containers"] == 1
    assert sum(small.values()) <= 14


async def test_a_question_to_all_lists_once_and_looks_at_each_a_fixed_number_of_times(tmp_path: Path) -> None:
    small = await asked(crowd(20), "which container uses the most memory?", tmp_path / "small")
    large = await asked(crowd(40), "which container uses the most memory?", tmp_path / "large")
    assert (small["containers"], large["containers"]) == (1, 1)
    assert sum(large.values()) <= 2 * sum(small.values())
    assert large["logs"] == 0


@pytest.mark.engine
async def test_looks_taken_at_the_same_moment_share_one_request(
    reads: DockerReads, subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ergon_ops.engine.client import Client

    paths: Counter[str] = Counter()
    fetch = Client.fetch

    def counting(self: Client, path: str, **params: Any) -> Any:
        paths[path] += 1
        return fetch(self, path, **params)

    monkeypatch.setattr(Client, "fetch", counting)
    ref = Ref(subject)
    read, processes, sockets, logs = await asyncio.gather(
        reads.read(ref, ["state", "memory"]), reads.processes(ref), reads.sockets(ref), reads.logs(ref, LogQuery())
    )
    assert read
    assert processes
    assert sockets.visible
    assert logs.lines == ()
    assert paths == {f"/containers/{subject}/json": 1}


@pytest.mark.engine
async def test_where_the_files_are_readable_nobody_waits_for_the_stats_of_the_engine(
    reads: DockerReads, subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ergon_ops.engine.client import Client

    fetch = Client.fetch

    def refusing(self: Client, path: str, **params: Any) -> Any:
        assert not path.endswith("/stats")
        return fetch(self, path, **params)

    monkeypatch.setattr(Client, "fetch", refusing)
    read = {row.container_id for row in await reads.counters()}
    assert {row.id for row in await reads.containers() if row.ref.name == subject} <= read


# -- ratios of the same run


@pytest.mark.engine
async def test_numbers_from_files_cost_less_than_a_tenth_of_the_engines(reads: DockerReads, subject: str) -> None:
    row = next(row for row in await reads.containers() if row.ref.name == subject)
    files, far = HostFiles(keep_open=True), DockerReads(_endpoint(reads), None, clock=time.time)
    files.counters(row.id)
    began = time.perf_counter()
    assert files.counters(row.id)
    here = time.perf_counter() - began
    await far.info()
    began = time.perf_counter()
    assert await far.counters([row.id])
    # It is a thousandth where an engine waits for its next tick; some have just made one when they are asked.
    assert 10 * here < time.perf_counter() - began
    files.close()
    await far.close()


async def test_routing_among_a_thousand_costs_less_than_one_look_for_near_names() -> None:
    rows = await crowd(1000).containers()
    router, names, chance = Router(members(rows, personas(rows))), [row.ref.name for row in rows], random.Random(3)

    def spent(function: Callable[[str], Any]) -> float:
        taken = []
        for name in chance.sample(names, 15):
            began = time.thread_time()
            function(name)
            taken.append(time.thread_time() - began)
        return sorted(taken)[7]

    assert 5 * spent(lambda name: router.route(f"why is {name} slow?")) < spent(
        lambda name: difflib.get_close_matches(name, names)
    )


def test_the_version_costs_little_more_cpu_than_an_empty_program() -> None:
    def spent(*words: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    version, empty = (min(spent(*words) for _ in range(5)) for words in (("-m", "ergon_ops", "--version"), ("-c", "")))
    assert version < 5 * empty


# -- a real engine


def _endpoint(reads: DockerReads) -> Any:
    (found,) = endpoints(DockerEnv(docker_host=os.environ["DOCKER_HOST"], config_dir=Path("/nonexistent")))
    assert found.host == reads.host
    return found


@pytest.fixture
async def reads(docker_host: str) -> AsyncIterator[DockerReads]:
    (point,) = endpoints(DockerEnv(docker_host=docker_host, config_dir=Path("/nonexistent")))
    reads = DockerReads(point, HostFiles(), clock=time.time)
    if not (await reads.info()).files_readable:
        pytest.skip("the engine's files are not on this machine")
    yield reads
    await reads.close()


@pytest.fixture
async def subject(docker_host: str) -> AsyncIterator[str]:
    (point,) = endpoints(DockerEnv(docker_host=docker_host, config_dir=Path("/nonexistent")))
    writes, name = DockerWrites(point), f"ergon-budget-{uuid.uuid4().hex[:8]}"
    made = await writes.create(ContainerSpec(name, IMAGE, ("sleep", "300")))
    await writes.start(made)
    yield name
    await writes.remove(made, force=True)
    await writes.close()
