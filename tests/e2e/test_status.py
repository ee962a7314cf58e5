"""A status question to a model: one call, with the evidence in it, and an answer of true numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import STATUS, Box, Server, ended, everything_kept, reaching, spec_of, started
from tests.providers.servers import AnthropicServer, OpenAIServer

pytestmark = pytest.mark.engine
KEYS = {
    *("question", "ci", "containers", "answer", "parts", "provider", "model", "facts", "findings", "proposals"),
    *("tool_calls", "grounding", "usage", "elapsed_ms", "session"),
}
FIRST_REQUEST = 10_000


def told(document: Any) -> set[tuple[str, str]]:
    return {(row["name"], row["key"]) for row in document["facts"]}


def test_one_call_carries_the_evidence_and_the_answer_its_true_numbers(
    server: Server, box: Box, own_home: Path
) -> None:
    said = ended(started("ask", box.name, STATUS, "--model", spec_of(server), "--json", **reaching(server)))
    assert (said.exit, said.err) == (0, "")
    assert len(server.requests) == 1, server.requests[-1]
    first = next(seen.body for seen in server.seen if seen.method == "POST")
    assert len(first) <= FIRST_REQUEST
    answer = said.document["answer"]
    for number in (f"{box.memory_mib} MiB", *(f":{port}" for port in box.ports), "busybox-httpd", "running"):
        assert number in first.decode(), number
        assert number in answer, number
    assert "[e" not in answer
    assert server.key not in said.out
    assert server.key.encode() not in everything_kept(own_home) + first
    complete(said.document, server, box)


def complete(document: Any, server: Server, box: Box) -> None:
    assert set(document) == KEYS
    assert (document["provider"], document["model"]) == (server.provider, server.models[0])
    assert document["grounding"]["checked"] > 3
    assert document["grounding"]["replaced"] == document["grounding"]["unsupported"] == 0
    usage = document["usage"]
    assert usage["input_tokens"] + usage["cache_read_tokens"] > 500
    assert usage["output_tokens"] > 10
    assert usage["cost_usd"] is None or 0 < usage["cost_usd"] < 0.1
    limit = next(row for row in document["facts"] if row["name"] == "memory_limit")
    assert (limit["value"], limit["unit"], limit["container"]) == (box.memory_mib * 2**20, "bytes", box.name)
    assert {row["name"] for row in document["facts"]} >= {"state", "serving", "memory_working_set"}


def test_every_mind_gives_the_same_facts_and_findings(box: Box) -> None:
    with AnthropicServer() as one, OpenAIServer() as other:
        environ = reaching(one) | reaching(other)
        minds = (spec_of(one), spec_of(other), "offline")
        asked = [started("ask", box.name, STATUS, "--model", mind, "--json", **environ) for mind in minds]
        documents = [ended(process).document for process in asked]
        evidence = [json.dumps(server.requests[0]) for server in (one, other)]
    assert [document["provider"] for document in documents] == ["anthropic", "openai", "offline"]
    by_one, by_other, offline = documents
    assert told(by_one) == told(by_other) >= told(offline)
    assert by_one["findings"] == by_other["findings"] == offline["findings"]
    assert [row["tool"] for row in by_one["tool_calls"]] == [row["tool"] for row in offline["tool_calls"]]
    for name, key in told(offline) - {("name", "")}:
        assert all(re.search(rf"\] {name}(?: {re.escape(key)})?: ", sent) for sent in evidence), (name, key)
