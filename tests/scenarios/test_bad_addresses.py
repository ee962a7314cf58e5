"""Engines that are not there: one clear line with the next step, exit 3; words that make no sense: exit 2."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scenarios.program import Program

NO_ENGINE = 3
NO_SENSE = 2


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("unix:///nonexistent/docker.sock", NO_ENGINE),
        ("unix:///etc/passwd", NO_ENGINE),
        ("unix:///tmp", NO_ENGINE),
        ("tcp://127.0.0.1:1", NO_ENGINE),
        ("tcp://no-such-host.invalid:2375", NO_ENGINE),
        ("ssh://op@127.0.0.1:1", NO_ENGINE),
        ("ssh://op@no-such-host.invalid", NO_ENGINE),
        ("garbage", NO_ENGINE),
        ("tcp://", NO_SENSE),
        ("ftp://example.com", NO_SENSE),
        ("tcp://127.0.0.1:99999999", NO_SENSE),
        ("unix://", NO_SENSE),
        ("://", NO_SENSE),
        ("\x1b[31mred", NO_SENSE),
    ],
)
def test_an_address_without_an_engine_is_one_clear_line(
    program: Program, address: str, code: int, within: Callable[[float, float], bool]
) -> None:
    lost = replace(program, engine=address)
    done, document = lost.together(("list",), ("list", "--json"), code=code)
    assert " — " in done.complaint, "it names the next step"
    assert within(done.seconds, 6.0), done
    assert document.json["error"]["exit"] == code


def test_a_question_without_an_engine_gets_the_hosts_own_facts_and_exit_3(program: Program) -> None:
    lost = replace(program, engine="unix:///nonexistent/docker.sock")
    done = lost("ask", "all", "what is wrong?", code=NO_ENGINE)
    assert "no Docker engine" in done.err.lower() or "No Docker engine" in done.err
    assert done.err.count("\n") == 1
    assert "Host " in done.out


def test_a_context_that_is_not_there_is_exit_2_with_the_nearest(program: Program, tmp_path: Path) -> None:
    lost = replace(program, engine="", environment={"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "produktion"})
    assert "There is no Docker context named 'produktion'" in lost("list", code=NO_SENSE).complaint
    lost = replace(program, environment={"ERGON_OPS_HOSTS": "default,elsewhere"})
    assert "elsewhere" in lost("list", code=NO_SENSE).complaint


def test_something_that_is_no_engine_is_not_taken_for_one(program: Program) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # accepts, and never says a word
        port = listening.getsockname()[1]
        done = replace(program, engine=f"tcp://127.0.0.1:{port}")("list", code=NO_ENGINE)
    assert done.complaint
