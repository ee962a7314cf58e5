"""Questions that the words alone would misread, and what nobody here measures."""

from __future__ import annotations

import pytest

from ergon_ops.events import timestamp
from ergon_ops.facts import Ledger, reading
from ergon_ops.offline import View, compose, compose_fleet, understand
from ergon_ops.offline.units import moment
from ergon_ops.refs import Ref
from tests.offline.scenes import NOW, Speaker, finding, host, view

MIB = 1024 * 1024
HEALTH = {
    "state": "running", "health": "healthy", "health_command": "CMD curl -f http://127.0.0.1:9099/up",
    "health_interval": 15.0, "health_timeout": 4.0, "health_retries": 6,
}  # fmt: skip


@pytest.mark.parametrize(
    ("question", "intents"),
    [
        ("is my data safe if I delete you?", ("mounts",)),
        ("do I lose the uploads when it is recreated?", ("mounts",)),
        ("will files survive a redeploy? what is kept when you restart?", ("mounts",)),
        ("can I lower your memory limit?", ("optimize",)),
        ("should we give it more cpu?", ("optimize",)),
        ("is it safe to reduce the memory?", ("optimize",)),
        ("would it help to raise the pids limit?", ("optimize",)),
        ("can you fix that?", ("why", "optimize")),
        ("ok, please fix it", ("why", "optimize")),
        ("what would you do in my place?", ("why", "optimize")),
        ("how can this be fixed?", ("why", "optimize")),
        ("what should I do about it?", ("why", "optimize")),
        ("propose it", ("optimize",)),
        ("can it reach orders-db on port 5432?", ("dependencies", "network")),
        ("what would happen if it goes down?", ("dependencies",)),
        ("can you make a proposal for yourself?", ("optimize",)),
        ("suggest some sensible improvements", ("optimize",)),
        ("is it better now?", ("wrong",)),
        ("check everything", ("wrong",)),
        ("please run a health check on all containers", ("wrong",)),
        ("users get 502 errors", ("wrong",)),
        ("my site is down", ("wrong",)),
        ("customers can't log in", ("wrong",)),
        ("our shop doesn't load", ("wrong",)),
        ("do you need a restart?", ("wrong",)),
        ("is it safe to restart you?", ("dependencies", "restarts")),
        ("tell me everything about you", ("status", "limits", "ports", "mounts", "restarts", "dependencies")),
        ("since when are you slow?", ("why",)),
        ("is 64 MiB enough for you?", ("memory",)),
        ("are 2 things wrong or is 1 cpu enough?", ("cpu",)),
        ("has the problem been resolved yet?", ("wrong",)),
        ("tell me more", ("status", "limits", "restarts", "dependencies")),
    ],
)
def test_whole_questions_are_asked_for_what_they_mean(question: str, intents: tuple[str, ...]) -> None:
    assert understand(question).intents == intents


@pytest.mark.parametrize(
    "question", ["lower the memory limit", "give yourself 2 cpus", "delete your data", "raise the limit to 1 GiB"]
)
def test_an_order_stays_an_order(question: str) -> None:
    ask = understand(question)
    assert ask.intents == ()
    assert ask.out_of_scope == "change"


@pytest.mark.parametrize("text", ["no wait, don't", "never mind", "Cancel that!", "no, don’t", "ok forget it"])
def test_who_takes_it_back_is_told_that_nothing_was_done(text: str) -> None:
    ask = understand(text)
    assert ask.out_of_scope == "cancel"
    assert "nothing has been done" in compose(ask, view({"state": "running"})).text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("which proposals are open?", "`ergon-ops proposals`"),
        ("who can approve changes?", "`ergon-ops approve ID`"),
        ("undo that change", "`ergon-ops rollback ID`"),
        ("how do I roll back?", "`ergon-ops journal`"),
        ("are you ready for production?", "`ergon-ops diagnose NAME` under audit"),
        ("what are the security risks?", "`ergon-ops propose NAME`"),
    ],
)
def test_what_is_done_elsewhere_is_told_with_the_command(text: str, said: str) -> None:
    assert said in compose(understand(text), view({"state": "running"})).text


def test_since_when_something_is_wrong_is_told_where_it_is_known() -> None:
    wrong = finding("web", summary="throttled in 97% of periods.")
    facts = {"state": "running", f"onset {timestamp(NOW - 7200)}": "throttled in 12% of periods."}
    seen = view(facts, findings=(wrong,))
    assert f"first seen 2 h ago ({moment(NOW - 7200)})" in compose(understand("since when are you slow?"), seen).text
    assert "first seen" not in compose(understand("why are you slow?"), seen).text


def test_nothing_is_told_twice_and_no_sentence_ends_twice() -> None:
    views = tuple(view({"state": "running"}, name=name, findings=(finding(name),)) for name in ("a", "b"))
    text = compose_fleet(understand("is anything unhealthy? what is wrong?"), views, host({})).text
    assert text.count("2 of 2 containers are not well") == 1
    assert ".." not in text


@pytest.mark.parametrize("text", ["don't restart", "why don't you answer the healthcheck?", "stop the container"])
def test_what_is_more_than_that_is_read_as_it_is(text: str) -> None:
    assert understand(text).out_of_scope != "cancel"


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("how many requests did you serve?", "Single requests I do not count"),
        ("what is your request rate?", "Single requests I do not count"),
        ("what's the p95 latency?", "How long answers take I do not measure."),
        ("how is your response time?", "How long answers take I do not measure."),
    ],
)
def test_what_is_not_measured_is_said_before_what_is_known(question: str, first: str) -> None:
    text = compose(understand(question), view({"state": "running", "memory_working_set": 9 * MIB})).text
    assert text.startswith(first)
    many = (view({"state": "running"}, name="a"), view({"state": "running"}, name="b"))
    assert compose_fleet(understand(question), many, host({})).text.count(first) == 1


@pytest.mark.parametrize("question", ["what is your healthcheck?", "what does your healthcheck do?"])
def test_what_the_healthcheck_is(question: str) -> None:
    text = compose(understand(question), view(HEALTH)).text
    assert "“CMD curl -f http://127.0.0.1:9099/up” every 15 s, for 4 s at most; 6 failures in a row" in text


def test_who_asks_how_it_stands_is_spared_the_command() -> None:
    assert "curl" not in compose(understand("are you healthy?"), view(HEALTH)).text


def test_the_last_lines_are_told_in_the_order_they_came_and_the_latest_kinds_first() -> None:
    ledger = Ledger()
    for age, text in ((30, "b first"), (20, "c second"), (10, "a third")):
        ledger.add([reading(Ref("web"), "log_template", 1, key=text, at=NOW - age, source="api:logs")])
    ledger.add([reading(Ref("web"), "log_lines", 3, at=NOW, source="api:logs")])
    ledger.add([reading(Ref("web"), "state", "running", at=NOW, source="api:inspect")])
    seen = View(Ref("web"), Speaker(ci_name="web-ci"), ledger, NOW)
    last = compose(understand("show me your last 3 log lines"), seen).text
    assert last.index("b first") < last.index("c second") < last.index("a third")
    told = compose(understand("show me your logs"), seen).text
    assert told.index("a third") < told.index("c second") < told.index("b first")


def test_who_asks_how_to_connect_is_told_the_name_others_use_and_no_port_of_the_loopback() -> None:
    facts = {
        "state": "running", "serving nginx:8081": "listening", "serving redis:6379": "listening",
        "listener 0.0.0.0:8081/tcp": "nginx", "listener 127.0.0.1:6379/tcp": "redis-server", "network shop": "10.0.0.3",
    }  # fmt: skip
    assert "Containers on shop reach me as web:8081." in compose(understand("how do I reach you?"), view(facts)).text
    assert "reach me" not in compose(understand("which ports do you publish?"), view(facts)).text
    alone = view({**facts, "network bridge": "172.17.0.2"} | {"network shop": None})
    assert "Containers on bridge" not in compose(understand("how do I reach you?"), alone).text
