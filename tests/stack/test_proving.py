"""A proof says what happened and leaves nothing behind, whatever happens: over a fake engine, and a real one."""
# ruff: noqa: E501 - a Dockerfile in one text

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ergon_ops.engine.fake import FakeContainer, FakeEngine
from ergon_ops.errors import EngineConflict, EngineNotRunning
from ergon_ops.stack.proving import Claim, Proof, prove
from ergon_ops.stack.up import Engine
from ergon_ops.stack.workbench import created
from tests.engine.real import RealEngine

DOCKERFILE = 'FROM python:3.11-slim-bookworm\nCOPY . /app/\nCMD ["python", "main.py"]\n'


def quiet(line: str) -> None:
    pass


def claim(folder: Path, **more: object) -> Claim:
    folder.mkdir(exist_ok=True)
    (folder / "main.py").write_text("x = 1\n")
    given: dict[str, object] = {"port": 8000, "path": "/health", "language": "python", **more}
    return Claim("shop", folder, str(given.pop("dockerfile", DOCKERFILE)), (), **given)  # type: ignore[arg-type]


class Fake(FakeEngine):
    """`behave` is told every container that starts: the program, and the one that asks it."""

    behave: Callable[[FakeContainer], None] = staticmethod(lambda container: None)

    async def start(self, container_id: str) -> None:
        await super().start(container_id)
        container = next(one for one in self.inventory.values() if one.id == container_id)
        self.behave(container)


def says(line: str, code: int = 0) -> Callable[[FakeContainer], None]:
    """The asking container says a line and ends."""

    def behave(container: FakeContainer) -> None:
        if container.name.endswith("-ask"):
            container.say(line)
            container.state, container.exit_code = "exited", code

    return behave


def fails(container: FakeContainer) -> None:
    if container.name.endswith("-app"):
        container.say("KeyError: 'REDIS_URL'")
        container.state, container.exit_code = "exited", 1


async def proven(fake: Fake, what: Claim, cache: Path) -> Proof:
    fake.registry = frozenset({"python:3.11-slim-bookworm"})
    before = (set(fake.tags), set(fake.known_networks))
    proof = await prove(what, engine=Engine(fake, fake, fake), cache=cache, progress=quiet)
    assert not fake.inventory
    assert (set(fake.tags) - {"python:3.11-slim-bookworm"}, set(fake.known_networks)) == before
    return proof


async def test_what_answers_is_proven_with_its_status_and_time(tmp_path: Path) -> None:
    fake = Fake()
    fake.behave = says("status 200")
    proof = await proven(fake, claim(tmp_path / "p"), tmp_path)
    assert proof.proven
    assert proof.detail.startswith("proven: GET /health 200 in ")
    assert proof.detail.endswith(" s")


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (fails, "not proven: start, it ended with exit code 1: KeyError: 'REDIS_URL'"),
        (says("status 404"), "not proven: probe, GET /health 404"),
        (says("status 500", 1), "not proven: probe, GET /health 500"),
        (says("no answer: timed out", 1), "not proven: probe, GET /health no answer: timed out"),
    ],
)
async def test_what_fails_is_told_with_its_step_and_reason(
    behave: Callable[[FakeContainer], None], told: str, tmp_path: Path
) -> None:
    fake = Fake()
    fake.behave = behave
    proof = await proven(fake, claim(tmp_path / "p"), tmp_path)
    assert (proof.proven, proof.detail) == (False, told)


async def test_a_build_that_fails_is_told(tmp_path: Path) -> None:
    fake = Fake()

    async def refuse(*_: object, **__: object) -> str:
        raise EngineConflict("no space left on device")

    fake.build = refuse  # type: ignore[method-assign]
    proof = await proven(fake, claim(tmp_path / "p"), tmp_path)
    assert proof.detail == "not proven: build, no space left on device"


async def test_of_a_build_that_fails_the_programs_own_words_are_told(tmp_path: Path) -> None:
    fake = Fake()
    said = [
        "Error: no layout for pages",
        "    at Object.createError (index.js:38:9)",
        "npm error A complete log of this run",
    ]

    async def refuse(*_: object, progress: Callable[[str], None], **__: object) -> str:
        for line in said:
            progress(line)
        raise EngineConflict("The command 'npm run build' returned a non-zero code: 1")

    fake.build = refuse  # type: ignore[method-assign]
    proof = await proven(fake, claim(tmp_path / "p"), tmp_path)
    assert proof.detail == "not proven: build, Error: no layout for pages"


async def test_a_base_that_nobody_has_is_told(tmp_path: Path) -> None:
    what = claim(tmp_path / "p", dockerfile='FROM acme/secret-base:1\nCMD ["x"]\n')
    proof = await proven(Fake(), what, tmp_path)
    assert proof.detail.startswith("not proven: base, ")


async def test_without_a_port_it_has_to_keep_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ergon_ops.stack.proving.STEADY_S", 0.2)
    assert (await proven(Fake(), claim(tmp_path / "p", port=None), tmp_path)).proven
    fake = Fake()
    fake.behave = fails
    assert "exit code 1" in (await proven(fake, claim(tmp_path / "p", port=None), tmp_path)).detail


async def test_what_a_program_asks_for_and_nobody_gave_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ergon_ops.stack.proving.STEADY_S", 0.2)
    fake, what = Fake(), claim(tmp_path / "p", port=None, needs=("redis", "postgres"))
    told = ", without redis and postgres, which it asks for"
    assert (await proven(fake, what, tmp_path)).detail == f"proven: runs for 0 s{told}"
    fake = Fake()
    fake.behave = fails
    proof = await proven(fake, what, tmp_path)
    assert not proof.proven
    assert proof.detail.endswith(told)


async def test_stopped_half_way_it_leaves_nothing_behind(tmp_path: Path) -> None:
    fake = Fake()
    fake.registry = frozenset({"python:3.11-slim-bookworm"})
    work = asyncio.create_task(
        prove(claim(tmp_path / "p"), engine=Engine(fake, fake, fake), cache=tmp_path, progress=quiet)
    )
    while not any(name.endswith("-ask") for name in fake.inventory):  # noqa: ASYNC110 the fake has no event for it
        await asyncio.sleep(0.01)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not fake.inventory
    assert not [name for name in fake.known_networks if "proof" in name]


async def test_without_an_engine_it_is_the_engines_error(tmp_path: Path) -> None:
    fake = Fake()
    fake.fail(EngineNotRunning("gone"))
    with pytest.raises(EngineNotRunning):
        await prove(claim(tmp_path / "p"), engine=Engine(fake, fake, fake), cache=tmp_path, progress=quiet)


def test_a_base_and_what_came_from_the_cache_are_never_removed() -> None:
    lines = [
        "Step 1/4 : FROM python:3.11", " ---> aaaaaaaaaaaa", "Step 2/4 : WORKDIR /app", " ---> Using cache", " ---> bbbbbbbbbbbb",
        "Step 3/4 : COPY . /app/", " ---> cccccccccccc", "Step 4/4 : CMD [\"x\"]", " ---> Running in eeeeeeeeeeee", " ---> dddddddddddd",
    ]  # fmt: skip
    assert created(lines) == ["cccccccccccc", "dddddddddddd"]


@pytest.mark.engine
async def test_on_a_real_engine_a_site_is_proven_and_everything_removed(
    docker_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = f"test{os.getpid()}"  # others may prove something on the same engine
    monkeypatch.setattr("ergon_ops.stack.workbench.secrets.token_hex", lambda size: own)
    async with RealEngine.opened(docker_host) as real:
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / "index.html").write_text("<html>")
        text = 'FROM ergon-ops-demo/base:1\nCOPY . /srv/\nUSER 10001:10001\nCMD ["busybox", "httpd", "-f", "-p", "80", "-h", "/srv"]\n'
        what = Claim("site", tmp_path / "site", text, (), 80, "/")
        engine = Engine(real.reads, real.writes, real.images)
        proof = await prove(what, engine=engine, cache=tmp_path, progress=quiet)
        assert proof.detail.startswith("proven: GET / 200 in "), proof.detail
        left = [*await real.writes.networks(label="io.ergon-ops.proof")]
        left += [row.ref.name for row in await real.reads.containers()]
        left += [tag for row in await real.images.listed(label="io.ergon-ops.proof") for tag in row.tags]
        assert not [name for name in left if own in name]
