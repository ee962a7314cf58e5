"""The servers hold requests to the APIs' rules: what the real ones refuse, they refuse."""

from __future__ import annotations

import copy
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from .asking import AnyServer, server_of

FACT = "[e1] memory_usage: 5 MiB"
NO_ARGUMENTS = {"type": "object", "properties": {}}
ANTHROPIC: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "max_tokens": 100,
    "stream": True,
    "system": [{"type": "text", "text": "Cite ids."}],
    "tools": [{"name": "metrics", "description": "memory", "input_schema": NO_ARGUMENTS}],
    "messages": [
        {"role": "user", "content": "memory?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "metrics", "input": {}}]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t1", "content": FACT}],
        },
    ],
}
OPENAI: dict[str, Any] = {
    "model": "gpt-6-luna",
    "max_tokens": 100,
    "stream": True,
    "tools": [{"type": "function", "function": {"name": "metrics", "parameters": NO_ARGUMENTS}}],
    "messages": [
        {"role": "system", "content": "Cite ids."},
        {"role": "user", "content": "memory?"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "metrics", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": FACT},
    ],
}


def post(server: AnyServer, body: Any, **headers: str) -> tuple[int, str]:
    path = "/v1/messages" if server.provider == "anthropic" else "/chat/completions"
    told = {"content-type": "application/json", "anthropic-version": "2026-10-21"}
    told |= {"authorization": f"Bearer {server.key}", **headers}
    request = urllib.request.Request(server.base_url + path, json.dumps(body).encode(), told)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def change(path: str, value: Any = ...) -> Callable[[Any], None]:
    """Sets what stands at `a.0.b`, or takes it away."""

    def work(body: Any) -> None:
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for step in way:
            body = body[step]
        if value is ...:
            del body[last]
        elif isinstance(last, int) and last == len(body):
            body.append(value)
        else:
            body[last] = value

    return work


MARK = {"type": "ephemeral"}
WRONG = {
    "anthropic": [
        change("max_tokens"),
        change("max_tokens", 0),
        change("surprise", 1),
        change("temperature", 0.2),
        change("messages", []),
        change("messages.0.role", "assistant"),
        change("messages.1.role", "user"),
        change("messages.2"),
        change("messages.2.content.0.tool_use_id", "t2"),
        change("messages.2.content.0.surprise", 1),
        change("messages.2.content", [{"type": "text", "text": "late"}, *ANTHROPIC["messages"][2]["content"]]),
        change("messages.2.content", []),
        change("messages.0.content", " "),
        change("messages.1.content.0.id", "t 1"),
        change("messages.1.content.0.input", "{}"),
        change("messages.1.content.1", ANTHROPIC["messages"][1]["content"][0]),
        change("messages.1.content.1", {"type": "thinking", "thinking": "x", "signature": "forged"}),
        change("tools"),
        change("tools.0.name", "a b"),
        change("tools.1", ANTHROPIC["tools"][0]),
        change("tools.0.input_schema", {"type": "string"}),
        change("tools.0.input_schema.properties", {"a": {"type": "text"}}),
        change("tools.0.input_schema.required", ["b"]),
        change("tool_choice", {"type": "any"}),
        change("system.0.text", ""),
        change("system", [{"type": "text", "text": "x", "cache_control": MARK}] * 5),
        change("system.0.cache_control", {"type": "forever"}),
    ],
    "openai": [
        change("max_tokens"),
        change("surprise", 1),
        change("max_completion_tokens", 5),
        change("messages", []),
        change("messages.0.role", "user"),
        change("messages.1.content", ""),
        change("messages.2.role", "user"),
        change("messages.2.content", None),
        change("messages.3"),
        change("messages.3.tool_call_id", "c2"),
        change("messages.3.content", ""),
        change("messages.4", {"role": "tool", "tool_call_id": "c1", "content": "again"}),
        change("messages.4", {"role": "system", "content": "late"}),
        change("messages.2.tool_calls", []),
        change("messages.2.tool_calls.0.id", "c" * 41),
        change("messages.2.tool_calls.0.function.arguments", "{"),
        change("messages.2.tool_calls.1", OPENAI["messages"][2]["tool_calls"][0]),
        change("tools.0.function.parameters.type", "list"),
        change("tools.0.function.name", "ü"),
        change("reasoning_effort", "none"),
        change("stream", False),
    ],
}


def whole(name: str) -> Any:
    return copy.deepcopy(ANTHROPIC if name == "anthropic" else OPENAI)


def test_wrong_requests_are_refused_and_right_ones_are_not() -> None:
    for name in WRONG:
        with server_of(name) as server:
            status, text = post(server, whole(name))
            assert status == 200, text
            assert "MiB" in text
            for number, work in enumerate(WRONG[name]):
                body = whole(name)
                work(body)
                status, text = post(server, body)
                assert status == 400, (name, number, text)
                assert "error" in json.loads(text)


@pytest.mark.parametrize("name", ["anthropic", "openai"])
def test_keys_and_models_are_looked_at(name: str) -> None:
    with server_of(name) as server:
        assert post(server, whole(name), authorization="Bearer wrong")[0] == 401
        assert post(server, {**whole(name), "model": "other"})[0] == 404
        if name == "anthropic":
            assert post(server, whole(name), **{"anthropic-version": ""})[0] == 400


@pytest.mark.parametrize("name", ["anthropic", "openai"])
def test_answers_follow_the_request_alone(name: str) -> None:
    with server_of(name) as server:
        body = whole(name)
        first = post(server, body)[1]
        changed = json.loads(json.dumps(body).replace("5 MiB", "7 MiB").replace("e1]", "e4]"))
        second = post(server, changed)[1]
    assert said(first) == "Memory usage is 5 MiB [e1]."
    assert said(second) == "Memory usage is 7 MiB [e4]."


def said(stream: str) -> str:
    """The text of a stream, of either kind."""
    text = ""
    for line in stream.splitlines():
        if line.startswith("data: {"):
            data = json.loads(line.removeprefix("data: "))
            deltas = [data.get("delta", {}), *(choice["delta"] for choice in data.get("choices", ()))]
            text += "".join(delta.get("text") or delta.get("content") or "" for delta in deltas)
    return text


@pytest.mark.parametrize("name", ["anthropic", "openai"])
def test_a_server_leaves_no_thread(name: str) -> None:
    before = set(threading.enumerate())
    with server_of(name) as server:
        post(server, whole(name))
    assert set(threading.enumerate()) <= before
