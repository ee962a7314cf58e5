"""Small things that are seldom asked for are told where they are read; else the question is answered as before."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ergon_ops.offline import compose, compose_fleet, plan, understand
from tests.offline.scenes import host, view

FACTS: dict[str, Any] = {
    "state": "running", "zombies": 3, "zombie_parent 7": "node", "resolver 0": "127.0.0.11", "dns_server 0": "10.9.9.9",
    "timezone": "Asia/Tokyo", "log_clock_offset": 32400.0, "privileged": False, "user": "app",
    "capability_added NET_ADMIN": True, "capability_dropped CHOWN": True, "process 41": "python3",
    "open_files 41": 900, "open_files_limit 41": 1024, "image_platform": "linux/arm64", "machine": "amd64",
    "alias shop/api": "api", "alias shop/web": "web", "log_size": 5 * 1024 * 1024, "log_growth": 2048,
    "log_driver": "json-file", "label com.example.team": "blue",
    "env_secret DB_PASSWORD": True, "memory_peak": 50 * 2**20, "memory_working_set": 20 * 2**20, "history_span": 7200.0,
}  # fmt: skip
ASKED = [
    ("do you have zombies?", "3 processes of mine are zombies, left by node"),
    ("which dns do you use?", "127.0.0.11 .the engine's own. for names.*DNS servers 10.9.9.9"),
    ("what timezone are you in?", "Asia/Tokyo, by the variable TZ.*9 h off the engine's"),
    ("are you privileged?", "not privileged.*capabilities NET_ADMIN.*taken from me: CHOWN.*user app"),
    ("which linux capabilities do you have?", "NET_ADMIN"),
    ("how many open files?", "python3 .process 41. is nearest to its limit: 900 files open of at most 1024"),
    ("what architecture are you?", "linux/arm64; the machine is amd64"),
    ("what is your hostname?", "On shop I am called api and web"),
    ("how big is your log?", "5 MiB on the host's disk .json-file.*grows by 2 KiB a second.*Nothing bounds"),
    ("is the log growing?", "grows by 2 KiB"),
    ("what labels do you have?", "com.example.team"),
    ("what was your peak memory?", "In the 2 h on record my memory was at most 50 MiB; now it is 20 MiB"),
    ("how much did your memory grow since yesterday?", "at most 50 MiB"),
    ("which secrets are exposed?", "in plain sight in my environment: DB_PASSWORD. I never show them"),
]


@pytest.mark.parametrize(("question", "told"), ASKED)
def test_it_is_told_from_facts(question: str, told: str) -> None:
    ask = understand(question)
    assert ask.intents[:1] == ("details",), ask
    (inspect, *_) = plan(ask)
    assert inspect.tool == "inspect"
    reply = compose(ask, view(FACTS))
    assert re.search(told, reply.text), reply.text
    assert all(sentence.fact_ids for sentence in reply.sentences)
    (line,) = compose_fleet(ask, (view(FACTS), view({"state": "running"}, name="other")), host({})).sentences[:1]
    assert re.search(told, line.text)


@pytest.mark.parametrize(("question", "told"), ASKED[:-1])
def test_where_it_was_not_read_nothing_of_it_is_said(question: str, told: str) -> None:
    assert not re.search(told, compose(understand(question), view({"state": "running"})).text)


@pytest.mark.parametrize(
    "text",
    [
        "make yourself privileged", "set the timezone to UTC", "add a label", "kill the zombies",
        "what is the maximum memory you may use?",
        "why can't you resolve dns names?", "what are your capabilities?", "restart with --privileged",
    ],
)  # fmt: skip
def test_an_order_or_another_question_is_none_of_these(text: str) -> None:
    assert "details" not in understand(text).intents


def test_a_log_that_is_bounded_and_no_zombies() -> None:
    calm = view({**FACTS, "zombies": 0, "log_growth": 0, "log_option max-size": "10m"})
    assert "None of my processes is a zombie." in compose(understand("any zombies?"), calm).text
    text = compose(understand("how big is your log?"), calm).text
    assert "does not grow" in text
    assert "cut at 10m" in text
