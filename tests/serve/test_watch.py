"""What the watch tells and what it does alone: each thing once, surely, and only what policy names."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from ergon_ops.assistant.watch import Watch
from ergon_ops.engine.fake import demo
from ergon_ops.interfaces.serve import hooks
from ergon_ops.settings import Policy
from tests.serve.conftest import Start, until


async def nothing(_: str) -> dict[str, Any]:
    return document([])


def document(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"findings": rows, "containers": [{"container": "worker"}]}


def row(key: str = "f-1", severity: str = "warning") -> dict[str, Any]:
    return {"id": key, "severity": severity, "container": "worker", "summary": "s", "cause": "c"}


async def test_a_finding_is_told_when_two_looks_agree_and_cleared_when_two_miss_it(start: Start) -> None:
    async with start() as running:
        watch = Watch(running.daemon.assistant.house, nothing)
        told = [
            [event["type"] for event in watch.observe(document(rows))]
            for rows in ([row()], [row()], [row()], [], [row()], [], [], [])
        ]
        assert told == [[], ["finding_new"], [], [], [], [], ["finding_cleared"], []]


async def test_one_that_flaps_makes_no_line_and_one_that_worsens_makes_one(start: Start) -> None:
    async with start() as running:
        watch = Watch(running.daemon.assistant.house, nothing)
        flapping = [watch.observe(document(rows)) for rows in ([row()], [], [], [row()], [], [])]
        assert not any(flapping)
        for rows in ([row()], [row()]):
            watch.observe(document(rows))
        worse = [watch.observe(document([row(severity=word)])) for word in ("critical", "critical")]
        assert [[event["type"] for event in events] for events in worse] == [["finding_worse"], []]


async def test_a_look_at_one_says_nothing_of_the_others_but_of_those_who_are_gone(start: Start) -> None:
    async with start() as running:
        watch = Watch(running.daemon.assistant.house, nothing, rows=running.daemon.assistant.house.recent.rows("local"))
        for _ in range(2):
            watch.observe(document([row(), {**row("f-2"), "container": "batch-1"}]))
        elsewhere: dict[str, Any] = {"findings": [], "containers": [{"container": "webapp"}]}
        told = [event for _ in range(4) for event in watch.observe(elsewhere)]
        assert [(event["type"], event["container"]) for event in told] == [("finding_cleared", "batch-1")]


async def test_the_operators_program_is_given_each_finding_on_its_input(start: Start, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    hook = (sys.executable, "-c", f"import sys; open({str(seen)!r}, 'a').write(sys.stdin.read() + '\\n')")
    async with start(on_finding=hook):
        await until(lambda: seen.exists() and seen.read_text().strip())
        event = json.loads(seen.read_text().splitlines()[0])
        assert (event["type"], event["container"], event["finding"]["cause"]) == (
            "finding_new",
            "worker",
            "cpu_throttled",
        )


async def test_an_address_is_posted_each_finding_and_one_that_fails_is_said(start: Start) -> None:
    async with start() as running:
        watch = Watch(running.daemon.assistant.house, nothing)
        said: list[str] = []
        for number, (status, why) in enumerate(((204, ""), (500, "500"), (0, "closed connection"))):
            with posted_to(status) as (url, bodies):
                hook = asyncio.create_task(hooks.run(watch, (url,), said.append))
                await asyncio.sleep(0)
                for _ in range(2):
                    watch.observe(document([row(f"f-{number}")]))
                await until(partial(heard, bodies, said, why))
                watch.close()
                await asyncio.wait_for(hook, 30)
            assert bodies[0]["type"] == "finding_new"
            assert bodies[0]["finding"]["id"] == f"f-{number}"
            assert all(line.startswith("on_finding failed") and why in line for line in said)
            assert bool(said) is bool(why)
            said.clear()


def heard(bodies: list[Any], said: list[str], why: str) -> bool:
    """The event has come, and where it should be, the failure was said."""
    return bool(bodies) and (not why or bool(said))


@contextmanager
def posted_to(status: int = 204) -> Iterator[tuple[str, list[Any]]]:
    """A server that takes JSON; with status 0 it hangs up without a word."""
    bodies: list[Any] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            if status:
                self.send_response(status)
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/findings", bodies
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def test_policy_lets_one_kind_of_change_of_one_container_happen_alone(start: Start) -> None:
    engine = demo()
    before = engine.find("worker").cpu_limit
    policy = Policy(autonomous=("set_cpu_limit:*/worker",))
    async with start(engine, mode="autonomous", policy=policy) as running:
        await until(lambda: engine.find("worker").cpu_limit != before)
        rows = running.daemon.assistant.house.store.journal.rows()
        assert {item.actor for item in rows if item.change} == {"daemon:policy"}


async def test_without_a_policy_or_with_a_denial_nothing_happens_alone(start: Start) -> None:
    for policy in (Policy(), Policy(autonomous=("*:*",), deny=("set_cpu_limit:*",))):
        engine = demo()
        before = engine.find("worker").cpu_limit
        async with start(engine, mode="autonomous", policy=policy) as running:
            store = running.daemon.assistant.house.store
            await until(lambda: any(seen.finding.cause == "cpu_throttled" for seen in store.findings.current()))  # noqa: B023
            assert engine.find("worker").cpu_limit == before
            assert not [item for item in store.journal.rows() if item.change]
