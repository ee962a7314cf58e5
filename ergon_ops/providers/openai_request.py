"""The body of a Chat Completions request, as OpenAI and every compatible server takes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.messages import Message, Prompt
from ergon_ops.providers.conversation import Said, Turn, encodable, turns_of
from ergon_ops.tool import Tool

# At OpenAI these call tools over Chat Completions only without reasoning (its refusal says so).
WITHOUT_REASONING = ("gpt-5.4", "gpt-5.6", "gpt-6-luna", "gpt-6-sol", "gpt-6.1-terra")
# Facts are told, not drawn: small models, which such endpoints serve, make up more the higher it is.
TEMPERATURE = 0.2


@dataclass(slots=True)
class Dialect:
    """What an endpoint understands; refusals teach more."""

    limit: str = "max_tokens"
    usage: bool = True
    effort: str = ""
    temperature: float | None = None  # the vendor's own models take none beside reasoning
    keeps: bool = False  # the endpoint keeps what it is asked unless told not to
    tried: frozenset[str] = frozenset()

    @classmethod
    def of(cls, model: str, *, vendors_own: bool) -> Dialect:
        if not vendors_own:
            return cls(temperature=TEMPERATURE)
        effort = "none" if model.startswith(WITHOUT_REASONING) else ""
        return cls("max_completion_tokens", effort=effort, keeps=True)

    def learn(self, said: str) -> bool:
        """Changes what a refusal names. True if the request will be another one, which has not been tried yet."""
        said = said.lower()
        lesson = ""
        if "max_completion_tokens" in said or "max_tokens" in said:
            lesson = "limit"
        elif "stream_options" in said or "include_usage" in said:
            lesson = "usage"
        elif "reasoning_effort" in said:
            lesson = "no effort" if self.effort else "effort"
        elif "temperature" in said and self.temperature is not None:
            lesson = "temperature"
        if not lesson or lesson in self.tried:
            return False
        self.tried |= {lesson}
        if lesson == "limit":
            self.limit = "max_completion_tokens" if self.limit == "max_tokens" else "max_tokens"
        elif lesson == "usage":
            self.usage = False
        elif lesson == "temperature":
            self.temperature = None
        else:
            self.effort = "none" if lesson == "effort" else ""
        return True


def body_of(
    model: str,
    system: Prompt,
    messages: Sequence[Message],
    tools: Sequence[Tool],
    *,
    max_tokens: int,
    dialect: Dialect,
) -> dict[str, Any]:
    body: dict[str, Any] = {"model": model, "messages": [*_system(system), *_messages(turns_of(messages))]}
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
    body[dialect.limit] = max_tokens
    if dialect.usage:
        body["stream_options"] = {"include_usage": True}
    if dialect.temperature is not None:
        body["temperature"] = dialect.temperature
    if dialect.keeps:
        body["store"] = False
    if dialect.effort and tools:
        body["reasoning_effort"] = dialect.effort
    return body


def _system(system: Prompt) -> list[dict[str, Any]]:
    """One message: many chat templates know no second."""
    text = "\n\n".join(encodable(part) for part in (system.shared, system.persona) if part.strip())
    return [{"role": "system", "content": text}] if text else []


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.schema}
    return {"type": "function", "function": function}


def _messages(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for turn in turns:
        if isinstance(turn, Said):
            messages.append(_said(turn))
            continue
        for result in turn.results:
            messages.append({"role": "tool", "tool_call_id": result.call_id, "content": result.text})
        if turn.text:
            messages.append({"role": "user", "content": turn.text})
    return messages


def _said(turn: Said) -> dict[str, Any]:
    """Content is never null: some servers refuse it beside tool calls."""
    message: dict[str, Any] = {"role": "assistant", "content": turn.text}
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.tool, "arguments": json.dumps(dict(call.arguments))},
        }
        for call in turn.calls
    ]
    return {**message, "tool_calls": calls} if calls else message
