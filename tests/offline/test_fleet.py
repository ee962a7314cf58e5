"""Several containers at once, the host, an engine that is gone, and the overview."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergon_ops.engine.fake import FakeEngine
from ergon_ops.errors import EnginePermission
from ergon_ops.offline import Ask, Failure, View, compose_fleet, overview, understand
from tests.offline.desk import Desk
from tests.offline.scenes import HEALTHY, MIB, NOW, finding, host, together, view

MACHINE = {
    "host_cpus": 2,
    "host_memory": 8192 * MIB,
    "engine": "alive",
    "engine_version": "20.10.24",
    "host_load 1m": 0.5,
}


def shop() -> tuple[View, ...]:
    web = view({**HEALTHY, "name": "web"}, name="web")
    worker = view(
        {
            "state": "running",
            "health": "none",
            "memory_working_set": 300 * MIB,
            "cpu_usage": 0.2,
            "serving python": "running",
        },
        name="worker",
        findings=(finding("worker"),),
    )
    mailer = view({"state": "exited", "exit_code": 3, "finished_at": NOW - 60, "restart_count": 0}, name="mailer")
    return together(web, worker, mailer)


def text(question: str, views: tuple[View, ...] | None = None) -> str:
    return compose_fleet(understand(question), shop() if views is None else views, host(MACHINE)).text


def test_what_is_wrong_lists_the_troubled_worst_first_and_counts_the_rest() -> None:
    lines = text("what is wrong?").splitlines()
    assert lines[0] == "2 of 3 containers are not well:"
    assert lines[1].startswith("- mailer: I am not running: I exited with code 3")
    assert lines[2].lower().startswith("- worker: cpu throttled")
    assert lines[3] == "Nothing wrong with the other one."


def test_a_job_that_ended_well_is_no_trouble() -> None:
    done = view({"state": "exited", "exit_code": 0}, name="batch")
    assert text("is anything wrong?", together(done, *shop()[:1])).startswith("Nothing is wrong with any of the 2")


def test_the_biggest_is_named_first_with_its_number() -> None:
    assert text("who uses the most memory?").startswith("worker uses the most memory: 300 MiB; then web 92 MiB")
    assert text("who uses the least memory?").startswith("web uses the least memory: 92 MiB")


def test_two_are_compared_with_their_numbers() -> None:
    answer = text("compare web and worker")
    assert "- web: memory 92 MiB (45% of its limit)" in answer
    assert "worker uses more memory than web." in answer


def test_a_list_counts_states_and_names_everyone() -> None:
    answer = text("list containers")
    assert answer.startswith("3 containers: 2 running and 1 exited.")
    assert all(name in answer for name in ("web", "worker", "mailer"))


def test_the_host_is_told_in_one_breath() -> None:
    assert text("how is the host?").startswith("Host local: 2 CPUs, load 0.50 over the last minute. Host memory 8 GiB.")


def test_an_engine_that_is_gone_is_said_first_then_the_last_stored_state_with_its_age() -> None:
    gone = host({"engine": "gone", "host_memory": 8192 * MIB})
    old = view(HEALTHY, stored_at=NOW - 600)
    ask = Ask("what is wrong?", ("wrong", "host"))
    answer = compose_fleet(ask, (old,), gone).text
    assert answer.startswith("The engine on local is gone: nothing answers on its socket.")
    assert "last seen 10 min ago" in answer
    assert "Host memory 8 GiB." in answer


def test_without_containers_it_says_so() -> None:
    assert text("status", ()) == "There is no container on local."


def test_one_container_that_vanished_does_not_spoil_the_rest() -> None:
    lost = view({}, name="ghost", failures=(Failure("inspect", "it is gone"),))
    answer = text("status", (*shop(), lost))
    assert "- ghost: I cannot be looked at now: it is gone" in answer
    assert "- web: Running nginx" in answer


def test_the_overview_counts_names_the_worst_and_asks_with_their_names() -> None:
    shown = overview(shop(), host(MACHINE))
    assert "3 containers: 2 running and 1 exited." in shown.text
    assert "Worst: mailer: I am not running" in shown.text
    assert len(shown.questions) == 3
    assert shown.questions[0] == "why is mailer down?"
    assert all(any(name in question for name in ("web", "worker", "mailer")) for question in shown.questions)


def test_every_question_of_the_overview_has_an_answer() -> None:
    for question in overview(shop(), host(MACHINE)).questions:
        assert understand(question, names=("web", "worker", "mailer")).intents


def test_out_of_scope_is_declined_for_several_too() -> None:
    reply = compose_fleet(understand("write me a poem"), shop(), host(MACHINE))
    assert reply.declined == "elsewhere"
    assert "“How is web?”" in reply.text


def test_an_engine_that_may_not_be_asked_is_no_empty_host() -> None:
    denied = host({"host_memory": 8192 * MIB}, failures=(Failure("engine", "You may not open /var/run/docker.sock."),))
    answer = compose_fleet(Ask("what is wrong?", ("wrong", "host")), (), denied).text
    assert answer.startswith("The engine on local cannot be asked: You may not open /var/run/docker.sock.")
    assert "Of its containers I know nothing yet." in answer
    assert "There is no container" not in answer


async def test_without_permission_the_reason_is_told_through_the_front_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.open(tmp_path, seed=5)
    desk.engine.fail(EnginePermission("You may not open /var/run/docker.sock.", next="join the docker group"))
    monkeypatch.setattr(FakeEngine, "condition", property(lambda _: None))  # the real one knows nothing then
    answer = await desk.ask("what is wrong?", ("all",))
    assert answer["exit"] == 3
    assert "There is no container" not in answer["answer"]
    assert (
        "The engine on local cannot be asked: You may not open /var/run/docker.sock — join the docker group."
        in answer["answer"]
    )
