"""The SDK's own client speaks to the server: in memory over the fake engine, and as a process over stdio."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.assistant.wiring import assemble
from ergon_ops.engine.fake import demo
from ergon_ops.interfaces.mcp_server import server_of
from ergon_ops.settings import load


@pytest.fixture
async def assistant(tmp_path: Path) -> AsyncIterator[LocalAssistant]:
    engine = demo()
    settings = load({}, {"HOME": str(tmp_path)}, cwd=tmp_path)
    made = assemble(settings, {"local": engine}, lambda _: engine)
    yield made
    await made.close()


async def test_tools_are_few_and_small_and_each_takes_a_container(assistant: LocalAssistant) -> None:
    async with Client(server_of(assistant)) as client:
        tools = (await client.list_tools()).tools
        assert {"ask", "inspect", "metrics", "logs", "events", "topology", "diagnose", "restart"} <= {
            t.name for t in tools
        }
        sizes = [json.dumps([t.name, t.description, t.input_schema], separators=(",", ":")) for t in tools]
        assert sum(map(len, sizes)) / 4 <= 900
        assert all("container" in tool.input_schema["properties"] for tool in tools)


async def test_questions_and_reads_are_answered_and_a_change_is_only_proposed(assistant: LocalAssistant) -> None:
    async with Client(server_of(assistant)) as client:
        found = await client.call_tool("ask", {"question": "What's your status?", "container": "webapp"})
        assert found.content[0].text.startswith("Running nginx (port 80)")  # type: ignore[union-attr]
        found = await client.call_tool("metrics", {"container": "webapp"})
        assert "memory_working_set" in found.content[0].text  # type: ignore[union-attr]
        found = await client.call_tool("restart", {"container": "webapp"})
        text = found.content[0].text  # type: ignore[union-attr]
        (proposal,) = (await assistant.proposals())["proposals"]
        assert text.splitlines()[-1] == f"waiting for approval: ergon-ops approve {proposal['id']}"
        assert proposal["state"] == "open"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("metrics", {}),
        ("metrics", {"container": ""}),
        ("metrics", {"container": "nobody"}),
        ("metrics", {"container": "webapp", "window_s": "long"}),
        ("approve", {"container": "webapp"}),
        ("ask", {"container": "webapp"}),
    ],
)
async def test_what_makes_no_sense_is_an_error_in_words(
    assistant: LocalAssistant, tool: str, arguments: dict[str, str]
) -> None:
    async with Client(server_of(assistant)) as client:
        found = await client.call_tool(tool, arguments)
        assert found.is_error
        assert found.content[0].text  # type: ignore[union-attr]


async def test_each_container_is_a_resource(assistant: LocalAssistant) -> None:
    async with Client(server_of(assistant)) as client:
        uris = [str(item.uri) for item in (await client.list_resources()).resources]
        assert "ergon-ops://webapp" in uris
        body = await client.read_resource("ergon-ops://webapp")
        assert json.loads(body.contents[0].text)["state"] == "running"  # type: ignore[union-attr]


async def test_as_a_process_it_lists_its_tools_without_an_engine(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    server = StdioServerParameters(command=sys.executable, args=["-m", "ergon_ops", "mcp"], env=environ)
    async with Client(stdio_client(server)) as client:
        assert "ask" in {tool.name for tool in (await client.list_tools()).tools}
        found = await client.call_tool("ask", {"question": "is anything wrong?"})
        assert "ngine" in found.content[0].text  # type: ignore[union-attr]
