"""What a watcher remembers: changes of a configuration, removals, and what came before a finding."""

from __future__ import annotations

from ergon_ops.assistant.lives import differences
from ergon_ops.engine.fake import demo
from ergon_ops.engine.fake.container import MIB, FakeContainer
from ergon_ops.refs import Ref
from ergon_ops.store.lives import Happened
from tests.serve.conftest import Running, Start, until


async def asked(running: Running, text: str) -> str:
    _, body = await running.http("POST", "/api/message", {"message": text})
    return str(body["response"])


async def test_what_changed_is_told_key_by_key_and_no_value_of_a_variable(start: Start) -> None:
    engine = demo()
    async with start(engine) as running:
        lives = running.daemon.assistant.house.store.lives
        await until(lambda: lives.portrait(Ref("worker")))
        box = engine.find("worker")
        box.environment["API_TOKEN"] = "hunter2-hunter2"
        box.memory_limit = 96 * MIB
        engine.note(box, "update")
        await until(lambda: [row for row in lives.of(Ref("worker")) if row.kind == "changed"])
        said = await asked(running, "what changed in worker in the last hour?")
        assert "env API_TOKEN added" in said
        assert "memory limit" in said
        assert "96 MiB" in said
        assert "hunter2" not in said


async def test_what_began_to_be_wrong_is_among_what_changed(start: Start) -> None:
    async with start() as running:
        store = running.daemon.assistant.house.store
        (seen, *_) = await until(lambda: store.findings.current(Ref("worker")))
        said = await asked(running, "what changed in worker in the last hour?")
        assert "found wrong since then" in said
        assert seen.finding.summary in said


async def test_a_finding_carries_what_changed_in_the_hour_before_it(start: Start) -> None:
    async with start() as running:
        store = running.daemon.assistant.house.store
        (seen, *_) = await until(lambda: store.findings.current(Ref("worker")))
        for ago, text in ((7200.0, "too early"), (60.0, "cpu limit 1 core → 0.1 cores"), (-60.0, "later")):
            store.lives.add([Happened(seen.first_seen - ago, Ref("worker"), "c", "changed", text)])
        (found, *_) = (await running.daemon.assistant.diagnose("worker"))["findings"]
        told = [row["change"] for row in found["changes_before"]]
        assert "cpu limit 1 core → 0.1 cores" in told
        assert not {"too early", "later"} & set(told)


async def test_a_container_that_was_removed_is_remembered_with_its_end(start: Start) -> None:
    engine = demo()
    async with start(engine) as running:
        engine.add(FakeContainer("batch-7", "jobs:1"))
        engine.note(engine.find("batch-7"), "start")
        await until(lambda: "batch-7-ci" in running.entries())
        engine.end(engine.find("batch-7"), exit_code=137)
        engine.drop("batch-7")
        lives = running.daemon.assistant.house.store.lives
        await until(lambda: lives.departed(["local"]))
        for question in ("what happened to the container that was removed?", "how is batch-7?"):
            said = await asked(running, question)
            assert said.startswith("batch-7 was removed"), question
            assert "exit code 137" in said


async def test_the_life_of_a_name_goes_on_when_it_is_made_anew(start: Start) -> None:
    engine = demo()
    async with start(engine) as running:
        lives = running.daemon.assistant.house.store.lives
        await until(lambda: lives.portrait(Ref("worker")))
        engine.drop("worker")
        engine.add(FakeContainer("worker", "ergon-ops-demo/worker:2"))
        engine.note(engine.find("worker"), "start")
        changed = await until(lambda: [row for row in lives.of(Ref("worker")) if row.kind == "changed"])
        assert any("image" in row.text for row in changed)
        assert len({row.container_id for row in lives.of(Ref("worker"))}) == 2


def test_differences_are_words() -> None:
    before = {"memory_limit": "67108864", "env TOKEN": "aa", "mount /data": "volume x", "image": "app:1"}
    after = {"memory_limit": "134217728", "env TOKEN": "bb", "env NEW": "cc", "image": "app:2"}
    assert differences(before, after) == (
        "env NEW added",
        "env TOKEN changed",
        "image app:1 → app:2",
        "memory limit 64 MiB → 128 MiB",
        "mount /data removed: it was volume x",
    )
