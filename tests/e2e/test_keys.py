"""Where a model is and whether it may be asked: base URLs, keys that merely lie about, and keys that never show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Desk, Server, everything_kept, reaching, spec_of
from tests.interfaces.conftest import lines

QUESTION = "What's your status?"


@pytest.mark.parametrize(("prefix", "ending"), [("", ""), ("ERGON_OPS_", "/")])
def test_both_base_urls_lead_to_the_server_alike(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch, prefix: str, ending: str
) -> None:
    name = server.provider.upper()
    monkeypatch.setenv(f"{prefix}{name}_BASE_URL", server.base_url + ending)
    monkeypatch.setenv(f"{prefix}{name}_API_KEY", server.key)
    said = desk("ask", "webapp", QUESTION, "--model", spec_of(server), "--json")
    assert (said.exit, said.err) == (0, "")
    assert said.document["provider"] == server.provider
    assert len(server.requests) == 1


def test_a_key_in_the_environment_alone_is_not_used_by_a_pipe(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in reaching(server).items():
        monkeypatch.setenv(name, value)
    said = desk("ask", "webapp", QUESTION)
    assert (said.exit, len(lines(said.err))) == (0, 1)
    assert "answered offline" in said.err
    assert "ERGON_OPS_MODEL" in said.err
    assert said.out.strip()
    assert server.seen == []


def test_a_key_is_in_nothing_that_is_shown_sent_or_kept(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    """The server of 401 repeats the key it was given."""
    wrong = "sk-wrong-0123456789abcdef"
    monkeypatch.setenv(f"{server.provider.upper()}_BASE_URL", server.base_url)
    monkeypatch.setenv(f"{server.provider.upper()}_API_KEY", wrong)
    spec = spec_of(server)
    words = (
        ("ask", "webapp", QUESTION, "--model", spec, "--session", "s", "--json"),
        ("ask", "webapp", QUESTION, "--model", spec, "--session", "s"),
        ("prompt", "webapp", "--model", spec, "--json"),
        ("session", "show", "s", "--json"),
        ("config", "--json"),
    )
    for command in words:
        said = desk(*command)
        assert said.exit == 0, said.err
        assert wrong not in said.out + said.err, command
    assert server.refused
    assert all(wrong not in seen.body.decode() for seen in server.seen)
    assert wrong.encode() not in everything_kept(own_home)


def test_what_is_sent_has_no_secret_of_a_container(desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in reaching(server).items():
        monkeypatch.setenv(name, value)
    for question in (QUESTION, "what is in your environment?", "who do you depend on?", "any errors in your logs?"):
        desk("ask", "webapp", question, "--model", spec_of(server))
    sent = json.dumps(server.requests)
    assert len(server.requests) >= 4
    assert "hunter2" not in sent
    assert "s3cr3t-value-nobody-may-see" not in sent
