"""Asked without a name, of everyone: the ones it is true of, and no list of the others. Through the front door."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergon_ops.offline import compose_fleet, understand
from tests.offline.desk import Desk
from tests.offline.scenes import host, together, view

ALL = ("webapp", "worker", "orders-db", "cache", "mailer", "looper", "draft", "legacy")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.open(tmp_path, seed=11)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("which containers are throttled?", ("worker",)),
        ("who is being throttled", ("worker",)),
        ("which containers have no healthcheck", ("cache", "draft", "legacy", "looper", "mailer", "worker")),
        ("which container runs nginx?", ("webapp",)),
        ("which services are down?", ("draft", "looper", "mailer")),
        ("what exited recently?", ("looper", "mailer")),
        ("which containers exited?", ("mailer",)),
        ("any stopped containers?", ("mailer",)),
        ("which containers publish ports?", ("webapp",)),
        ("which containers publish port 80?", ("webapp",)),
        ("any container without a healthcheck?", ("cache", "draft", "legacy", "looper", "mailer", "worker")),
    ],
)
async def test_which_of_them_names_only_those_it_is_true_of(desk: Desk, question: str, named: tuple[str, ...]) -> None:
    lines = (await desk.ask(question))["answer"].splitlines()
    assert sorted(line[2:].partition(":")[0] for line in lines if line.startswith("- ")) == sorted(named)
    assert lines[-1].startswith(f"The other {len(ALL) - len(named)}: ")


@pytest.mark.parametrize("question", ["did anything restart recently", "which containers restarted?"])
async def test_restarts_of_everyone_tell_of_those_that_did(desk: Desk, question: str) -> None:
    answer = (await desk.ask(question))["answer"]
    assert "- looper: My restart policy (always) restarted me" in answer
    assert "mailer" not in answer


@pytest.mark.parametrize(
    "question", ["what's using all the cpu", "noisy neighbour", "top", "who is the noisy neighbour?", "top cpu"]
)
async def test_who_uses_it_all_is_answered_with_the_biggest(desk: Desk, question: str) -> None:
    assert "orders-db uses the most CPU" in (await desk.ask(question))["answer"]


@pytest.mark.parametrize("question", ["inventory", "what is running on this box", "what runs here?"])
async def test_an_inventory_names_everyone(desk: Desk, question: str) -> None:
    answer = (await desk.ask(question))["answer"]
    assert all(f"- {name}: " in answer for name in ALL)


async def test_inbound_and_outbound_is_traffic_not_a_comparison(desk: Desk) -> None:
    assert "I received" in (await desk.ask("inbound vs outbound", ("webapp",)))["answer"]


async def test_what_nobody_runs_or_publishes_is_said_of_all(desk: Desk) -> None:
    answer = (await desk.ask("which containers publish port 4711?"))["answer"]
    assert answer == f"I see none of the {len(ALL)} containers publish that on the host."
    await desk.settle()
    down = (await desk.ask("which services are down?"))["answer"]
    assert "- cache: redis (port 6379) is down." in down
    assert "webapp" not in down


def test_who_serves_a_program_is_named_and_the_rest_are_counted() -> None:
    rows = {"db1": "mariadb:3306", "db2": "mariadb:3306", "web": "nginx:80"}
    views = together(
        *(view({"state": "running", f"serving {key}": "listening"}, name=name) for name, key in rows.items())
    )
    for question in ("which containers run mariadb?", "who runs mariadb?"):
        answer = compose_fleet(understand(question), views, host({"engine": "alive"})).text
        assert [line.partition(":")[0] for line in answer.splitlines()] == ["- db1", "- db2", "The other 1"]
