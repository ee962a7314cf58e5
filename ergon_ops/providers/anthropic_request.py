"""The body of a Messages request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.messages import Message, Native, Prompt, Text, ToolCall
from ergon_ops.providers.conversation import Given, Said, Turn, called_tools, encodable, turns_of
from ergon_ops.providers.thinking import Behind, block_of
from ergon_ops.tool import Tool

MARK = {"type": "ephemeral"}
# A prefix below the vendor's minimum (512 to 4,096 tokens) is not kept, and writing one costs a quarter more than
# reading it once: history is marked when it is long enough to be asked about again.
LONG_HISTORY = 8_000  # characters
QUICK = ("claude-haiku-5", "claude-sonnet-5", "claude-opus-5")


@dataclass(frozen=True, slots=True)
class Request:
    body: dict[str, Any]
    behind: str  # what thinking in the reply is bound to


def request_of(
    model: str,
    system: Prompt,
    messages: Sequence[Message],
    tools: Sequence[Tool],
    *,
    max_tokens: int,
    thinking: bool = True,
    effort: bool = True,
) -> Request:
    """`thinking` False leaves thinking of earlier replies out; `effort` False leaves the model at its own effort."""
    turns = turns_of(messages)
    body: dict[str, Any] = {"model": model, "max_tokens": max_tokens, "system": _system(system)}
    if tools:
        body["tools"] = [_tool(tool.name, tool.description, tool.schema) for tool in tools]
    elif called := called_tools(turns):
        # History with tool calls needs tools; none may be called.
        body["tools"] = [_tool(name, "Not offered any more.", {"type": "object", "properties": {}}) for name in called]
        body["tool_choice"] = {"type": "none"}
    behind = Behind(model, [body["system"], body.get("tools")])
    body["messages"] = _messages(turns, behind, thinking)
    if body["system"]:
        body["system"][0]["cache_control"] = MARK
    else:
        del body["system"]
    _mark(body["messages"])
    if effort and model.startswith(QUICK):
        body["output_config"] = {"effort": "low"}
    return Request(body, behind.digest)


def _system(system: Prompt) -> list[dict[str, Any]]:
    texts = [encodable(text) for text in (system.shared, system.persona)]
    return [{"type": "text", "text": text} for text in texts if text.strip()]


def _tool(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "description": description, "input_schema": schema}


def _messages(turns: Sequence[Turn], behind: Behind, thinking: bool) -> list[dict[str, Any]]:
    messages = []
    for turn in turns:
        said = isinstance(turn, Said)
        content = _said(turn, behind, thinking) if isinstance(turn, Said) else _given(turn)
        message = {"role": "assistant" if said else "user", "content": content}
        behind.add(message)
        messages.append(message)
    return messages


def _said(turn: Said, behind: Behind, thinking: bool) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = []
    for part in turn.parts:
        match part:
            case Text() if content and content[-1]["type"] == "text":
                content[-1] = {"type": "text", "text": content[-1]["text"] + part.text}
            case Text():
                content.append({"type": "text", "text": part.text})
            case ToolCall():
                content.append({"type": "tool_use", "id": part.id, "name": part.tool, "input": dict(part.arguments)})
            case Native():
                block = block_of(part, behind) if thinking else None
                content += [block] if block else []
    return content


def _given(turn: Given) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = []
    for result in turn.results:
        block = {"type": "tool_result", "tool_use_id": result.call_id, "content": result.text}
        content.append(block if result.ok else {**block, "is_error": True})
    return [*content, {"type": "text", "text": turn.text}] if turn.text else content


def _mark(messages: list[dict[str, Any]]) -> None:
    """Marks the end of the history, and of what the request before this one ended with, once it is long."""
    if sum(len(str(message["content"])) for message in messages) < LONG_HISTORY:
        return
    given = [message for message in messages if message["role"] == "user"]
    for message in given[-2:]:
        message["content"][-1] = {**message["content"][-1], "cache_control": MARK}
