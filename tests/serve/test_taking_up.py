"""A change that nobody watched to its end is taken up by the daemon when it starts."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ergon_ops.assistant.wiring import assemble
from ergon_ops.engine.fake import demo
from ergon_ops.messages import Actor, Question
from ergon_ops.settings import load
from tests.serve.conftest import Start, until

OPERATOR = Actor("terminal", "test", "balanced", may_approve=True)


async def test_the_next_daemon_brings_an_unverified_change_to_its_end(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ergon_ops.changes.snapshot.LEAST_S", 1.0)
    engine = demo()
    settings = replace(load({}, {"HOME": str(tmp_path)}, cwd=tmp_path), state_dir=tmp_path / "s")
    first = assemble(settings, {engine.host: engine}, lambda _: engine)
    asked = [event async for event in first.ask(Question("restart yourself", OPERATOR, names=("worker",)))]
    proposal = asked[-1].data["proposals"][0]["id"]
    changes = first.house.store.changes

    async def approve() -> None:
        async for _ in first.approve(proposal, actor=OPERATOR):
            pass

    work = asyncio.create_task(approve())
    await until(lambda: changes.of("worker") and changes.of("worker")[0].change.state == "verifying")
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    assert changes.of("worker")[0].change.state == "unverified"
    await first.close()
    async with start(engine) as running:
        rows = running.daemon.assistant.house.store.changes
        await until(lambda: rows.of("worker")[0].change.state == "kept", "the change to be watched to its end")
        await until(lambda: any("worker" in line and "Restarted" in line for line in running.said))
        journal = await running.daemon.assistant.journal(verify=True)
    assert journal["problems"] == []
    assert any("daemon:recovery" in row["by"] for row in journal["rows"])
