"""Not everybody is root: somebody without the docker group, and somebody in it for whom much of /proc is closed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scenarios.containers import Yard
from tests.scenarios.program import ERGON_OPS, Program
from tests.scenarios.weather import Weather

USER, GROUP = 65534, 64321


@pytest.fixture
def somebody(program: Program, engine: Weather) -> Iterator[Program]:
    """The program as an ordinary user in no group that matters, with a home and a socket that can be reached."""
    if not shutil.which("setpriv"):
        pytest.skip("no setpriv here")
    reach = subprocess.run([*become(), str(ERGON_OPS), "--version"], capture_output=True, timeout=60, check=False)
    if reach.returncode:
        pytest.skip("the program lies where only root may look")
    home = Path(tempfile.mkdtemp(prefix="scenarios-"))  # not below pytest's own folder, which nobody else may enter
    (home / "own").mkdir()
    os.chown(home / "own", USER, USER)
    home.chmod(0o755)
    yield replace(program, home=home / "own", prefix=become())
    os.chown(engine.socket, 0, 0)
    shutil.rmtree(home)


def become(*groups: int) -> tuple[str, ...]:
    more = ("--groups", ",".join(map(str, groups))) if groups else ("--clear-groups",)
    return ("setpriv", "--reuid", str(USER), "--regid", str(USER), *more)


def in_the_group(somebody: Program, engine: Weather) -> Program:
    os.chown(engine.socket, 0, GROUP)
    return replace(somebody, prefix=become(GROUP))


def test_without_permission_on_the_socket_one_line_says_how_to_get_it(somebody: Program, yard: Yard) -> None:
    yard.run("till")
    for words in (["list"], ["diagnose"]):
        complaint = somebody(*words, code=3).complaint
        assert "You may not open unix://" in complaint
        assert "docker group" in complaint
    asked = somebody("ask", "all", "what is wrong?", code=3)
    assert "docker group" in asked.err
    assert asked.err.count("\n") == 1
    assert "Nothing is wrong" not in asked.out
    assert somebody("ask", "all", "what is wrong?", "--json", code=3).json["error"]["code"] == "engine_permission"
    assert "docker group" in somebody("doctor", code=3).out


def test_in_the_docker_group_answers_are_true_and_no_less(somebody: Program, engine: Weather, yard: Yard) -> None:
    user = in_the_group(somebody, engine)
    yard.run("shop", "exec httpd -f -p 8080", host={"Memory": 64 << 20})
    yard.run("broken", "echo boom >&2; exit 3")
    yard.until("broken", lambda state: state["Status"] == "exited")
    document = user("ask", "shop", "what's your status?", "--json").json
    assert document["answer"].startswith("Running busybox-httpd (port 8080). Memory at "), document["answer"]
    assert "all services up (no healthcheck)" in document["answer"]
    sources = {fact["name"]: fact["source"] for fact in document["facts"]}
    assert sources["memory_usage"].startswith("cgroup:")
    state = {fact["key"]: fact["value"] for fact in document["facts"] if fact["name"] == "serving"}
    assert state == {"busybox-httpd:8080": "listening"}
    rows = {row["name"]: row for row in user("list", "--json").json["containers"]}
    assert rows["shop"]["serving"] == [{"program": "busybox-httpd", "port": 8080, "state": "listening"}]
    assert re.search(r"^- broken: .*I exited with code 3", user("ask", "is anything wrong?").out, re.MULTILINE)
    verdicts = user("diagnose", "--json", code=1).json["containers"]
    assert {row["container"]: row["verdict"] for row in verdicts}["broken"] == "fault"
    asked = user("ask", "shop", "how much cpu do you use, which processes do you run, how full are your disks?")
    assert "httpd" in asked.out, asked


def test_what_such_a_user_may_not_see_is_not_made_up(somebody: Program, engine: Weather, yard: Yard) -> None:
    """Two programs, one of another user: sockets are seen by network namespace, their owner is not."""
    user = in_the_group(somebody, engine)
    yard.run("two", "httpd -p 8081; exec httpd -f -p 8080")
    as_root = replace(user, prefix=(), home=user.home.parent)("ask", "two", "status?", "--json").json
    as_user = user("ask", "two", "status?", "--json").json
    for document in (as_root, as_user):
        ports = {f["key"].rpartition(":")[2] for f in document["facts"] if f["name"] == "serving"}
        assert ports == {"8080", "8081"}, document["answer"]
