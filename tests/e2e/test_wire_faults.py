"""Whatever the wire does, there is an answer: the model's after another try, else the offline one and one line why."""

from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Box, Desk, Server, ended, everything_kept, reaching, spec_of, started
from tests.interfaces.conftest import lines
from tests.providers.servers import Fault

pytestmark = pytest.mark.timeout(90)
QUESTION = "What's your status, and how much memory do you use?"
WORDY = 6  # events: some text of the answer has passed by then
FOREVER = 9  # requests
# What it does → what the one line says.
FAULTS: dict[str, tuple[Fault, str]] = {
    "unauthorized": (Fault.status(401), "refused the API key.*set [A-Z]+_API_KEY"),
    "forbidden": (Fault.status(403), "refused the API key"),
    "limited": (Fault.status(429), "429.*ask again"),
    "limited for long": (Fault.status(429, retry_after="3600"), "429.*ask again in 3600 s"),
    "limited for a moment": (Fault.status(429, retry_after="1"), "429.*ask again"),
    "broken": (Fault.status(500), "failed .500."),
    "overloaded": (Fault.status(529), "overloaded"),
    "reset at once": (Fault.reset(), "broke the connection off"),
    "reset in the middle": (Fault.reset(after=WORDY), "broke the connection off"),
    "silent at once": (Fault.stall(), "sent nothing|nothing for|silent|within"),
    "silent in the middle": (Fault.stall(after=WORDY), "sent nothing|nothing for|silent|within"),
    "truncated": (Fault.truncated(after=WORDY), "broke"),
    "half an event": (Fault.half_event(after=WORDY), "broke|no model's reply"),
    "no JSON": (Fault.garbage(after=WORDY), "no model's reply"),
    "error in the stream": (Fault.error_event(after=WORDY), "overloaded|failed"),
    "empty": (Fault.empty(), "nothing"),
    "no body": (Fault.no_body(), "broke|nothing"),
    "a web page": (Fault.html(), "web page.*BASE_URL"),
    "an error as success": (Fault.json_error(), "failed|no model's reply|something"),
    "ten megabytes of text": (Fault.huge(), "grew past|far more than"),
    "ten megabytes of JSON": (Fault.huge_json(), "grew past|far more than"),
}


def alike(text: str) -> str:
    """Without the numbers that move."""
    return re.sub(r"[\d.]+", "#", " ".join(text.split()))


def answered_offline(desk: Desk, server: Server, said: Callable[[], object] | None = None) -> tuple[str, str]:
    """Asks in a session; gives stdout and the one line on stderr."""
    plain = desk("ask", "webapp", QUESTION, "--model", "offline")
    told = desk("ask", "webapp", QUESTION, "--model", spec_of(server), "--session", "night")
    assert (told.exit, len(lines(told.err))) == (0, 1), told.err
    assert told.err.startswith("ergon-ops: answered offline: ")
    assert alike(told.out).endswith(alike(plain.out))
    assert "Traceback" not in told.out + told.err
    return told.out, told.err


@pytest.fixture(autouse=True)
def reached(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in reaching(server).items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_stays_is_answered_offline_with_one_line_and_the_session_goes_on(
    desk: Desk, server: Server, name: str, own_home: Path
) -> None:
    fault, why = FAULTS[name]
    server.faults.next(fault, times=FOREVER)
    _, err = answered_offline(desk, server)
    assert re.search(why, err, re.IGNORECASE), err
    tries = len(server.requests)
    assert 1 <= tries <= 3
    assert sum(desk.waited) <= 30
    while server.faults.take():
        pass
    again = desk("ask", "webapp", QUESTION, "--model", spec_of(server), "--session", "night", "--json")
    assert (again.exit, again.err) == (0, "")
    assert again.document["provider"] == server.provider
    assert len(server.requests) == tries + 1
    assert again.document["session"]
    assert json.dumps(server.requests[-1]["messages"]).count(QUESTION) == 2
    assert server.key.encode() not in everything_kept(own_home)


@pytest.mark.parametrize(
    "name", ["limited", "limited for a moment", "broken", "overloaded", "reset at once", "no body"]
)
def test_a_fault_that_passes_is_not_even_noticed(desk: Desk, server: Server, name: str) -> None:
    server.faults.next(FAULTS[name][0])
    said = desk("ask", "webapp", QUESTION, "--model", spec_of(server), "--json")
    assert (said.exit, said.err) == (0, "")
    assert said.document["provider"] == server.provider
    assert len(server.requests) == 2
    assert len(desk.waited) == 1


def test_an_answer_that_never_ends_is_ended(
    desk: Desk, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ergon-ops.toml").write_text("[limits]\nseconds = 1.5\n")
    monkeypatch.chdir(tmp_path)
    server.faults.next(Fault.drip(), times=FOREVER)
    _, err = answered_offline(desk, server)
    assert "within 1.5 s" in err


def test_a_model_that_is_not_there_is_answered_with_those_that_are(desk: Desk, server: Server) -> None:
    said = desk("ask", "webapp", QUESTION, "--model", f"{server.provider}:nothing-9")
    assert (said.exit, len(lines(said.err))) == (0, 1)
    assert "has no model 'nothing-9'" in said.err
    assert all(model in said.err for model in server.models)
    assert f"--model {server.provider}:" in said.err


def test_nobody_at_the_address_is_said_in_one_line(desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:  # bound and not listening: nobody else gets it meanwhile
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv(f"{server.provider.upper()}_BASE_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        _, err = answered_offline(desk, server)
    assert "connection refused" in err
    assert "BASE_URL" in err


@pytest.mark.parametrize("fault", [Fault.duplicate_ids(), Fault.malformed_arguments(), Fault.unknown_tool()])
def test_calls_that_make_no_sense_do_not_end_the_turn(desk: Desk, server: Server, fault: Fault) -> None:
    server.faults.next(fault)
    said = desk(
        "ask", "webapp", "any errors in your logs? what do you depend on?", "--model", spec_of(server), "--json"
    )
    assert said.exit == 0
    assert said.document["provider"] == server.provider
    assert server.refused == []


@pytest.mark.engine
def test_ctrl_c_ends_with_130_and_the_session_can_go_on(server: Server, box: Box) -> None:
    server.faults.next(Fault.stall(after=WORDY))
    words = ("ask", box.name, QUESTION, "--model", spec_of(server), "--session", "night")
    process = started(*words, **reaching(server))
    assert server.arrived.wait(30)
    process.send_signal(signal.SIGINT)
    said = ended(process)
    assert said.exit == 130
    assert "Traceback" not in said.out + said.err
    assert lines(said.err) == []
    assert server.hung_up.wait(10)
    again = ended(started(*words[:-2], "--session", "night", "--json", **reaching(server)))
    assert (again.exit, again.err) == (0, "")
    assert again.document["provider"] == server.provider


def test_a_program_that_asks_for_the_document_is_told_too(desk: Desk, server: Server) -> None:
    server.faults.next(Fault.status(401), times=FOREVER)
    told = desk("ask", "webapp", QUESTION, "--model", spec_of(server), "--json")
    assert json.loads(told.out)["provider"] == "offline"
    assert [line.startswith("ergon-ops: answered offline: ") for line in lines(told.err)] == [True]
