"""Chat Completions: strict with requests as OpenAI is, and answering in the manner of this or that server."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.providers.servers.faults import Fault
from tests.providers.servers.mind import Asked, Reply, ToolSeen, question_in
from tests.providers.servers.schemas import known, need, valid_tools
from tests.providers.servers.wire import Refused, Seen, Server, count, words

FIELDS = {
    "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "stream", "stream_options", "max_tokens",
    "max_completion_tokens", "reasoning_effort", "temperature", "top_p", "stop", "seed", "user", "store",
    "prompt_cache_key",
}  # fmt: skip
MODELS = ("gpt-6-luna", "gpt-6.2-sol", "gpt-6-sol")


@dataclass(frozen=True)
class Style:
    """How a server answers. `vendor`: with OpenAI's own refusals; `frugal`: refuses what small servers do not know."""

    vendor: bool = False
    frugal: bool = False
    usage: bool = True
    ids: bool = True
    index: bool = True
    same_index: bool = False
    role: bool = True
    null_content: bool = False
    whole_arguments: bool = False
    object_arguments: bool = False
    reasoning: bool = False
    think_tags: bool = False
    finish: bool = True
    done: bool = True
    streams: bool = True


class OpenAIServer(Server):
    provider = "openai"
    prefix = "/v1"

    def __init__(self, *, style: Style | None = None, models: Sequence[str] = MODELS, **rest: Any) -> None:
        super().__init__(models=models, **rest)
        self.style = style or Style()
        self._number = 0
        self._before: list[str] = []

    def listing(self) -> Any:
        return {
            "object": "list",
            "data": [{"id": m, "object": "model", "created": 1, "owned_by": "me"} for m in self.models],
        }

    def refusal(self, error: Refused) -> Any:
        code = error.kind if error.status == 404 else None
        return {"error": {"message": error.message, "type": error.kind, "param": error.param or None, "code": code}}

    def error_event(self, kind: str) -> bytes:
        return event({"error": {"message": "The server had an error", "type": kind}})

    def filler(self) -> bytes:
        return event(
            {
                "id": "c",
                "object": "chat.completion.chunk",
                "choices": [{"index": 0, "delta": {"content": "blah " * 200}}],
            }
        )

    def answer(self, seen: Seen, fault: Fault | None) -> list[bytes] | bytes:
        if seen.path.partition("?")[0] != "/v1/chat/completions":
            raise Refused(404, "not_found", "Not Found")
        given = seen.headers.get("authorization", "").removeprefix("Bearer ")
        if given != self.key:
            raise Refused(401, "invalid_request_error", f"Incorrect API key provided: {given}.")
        body = seen.json
        self.validate(body)
        reply = Reply() if fault and fault.kind == "empty" else self.mind(self.asked(body))
        return self.events(body, reply, fault)

    # -- requests

    def validate(self, body: Any) -> None:
        known(body, FIELDS, "body")
        if body.get("model") not in self.models:
            raise Refused(
                404,
                "model_not_found",
                f"The model `{body.get('model')}` does not exist or you do not have access to it.",
            )
        self._limits(body)
        need(
            "stream_options" not in body or body.get("stream"),
            "stream_options is only allowed with stream",
            "stream_options",
        )
        need(not (self.style.frugal and "stream_options" in body), "Unknown field: stream_options", "stream_options")
        need(body.get("stream") is True, "this server only streams")
        tools = body.get("tools", [])
        need("tools" not in body or tools, "[] is too short - 'tools'", "tools")
        for at, tool in enumerate(tools):
            known(tool, {"type", "function"}, f"tools[{at}]")
            known(tool["function"], {"name", "description", "parameters", "strict"}, f"tools[{at}].function")
        functions = [tool["function"] for tool in tools]
        valid_tools([(f.get("name"), f.get("description"), f.get("parameters")) for f in functions])
        effort = body.get("reasoning_effort")
        if self.style.vendor and tools and effort != "none":
            raise Refused(
                400,
                "invalid_request_error",
                f"Function tools with reasoning_effort are not supported for {body['model']} in /v1/chat/completions."
                " To use function tools, use /v1/responses or set reasoning_effort to 'none'.",
                "reasoning_effort",
            )
        need(
            self.style.vendor or effort is None,
            "Unrecognized request argument supplied: reasoning_effort",
            "reasoning_effort",
        )
        need(self.style.vendor or "store" not in body, "Unrecognized request argument supplied: store", "store")
        self._messages(body.get("messages"))

    def _limits(self, body: Any) -> None:
        right, wrong = (
            ("max_completion_tokens", "max_tokens") if self.style.vendor else ("max_tokens", "max_completion_tokens")
        )
        need(
            wrong not in body,
            f"Unsupported parameter: '{wrong}' is not supported with this model. Use '{right}' instead.",
            wrong,
        )
        need(isinstance(body.get(right), int) and body[right] > 0, f"{right} is required here", right)
        need(
            not self.style.vendor or body.get("temperature", 1) == 1,
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is"
            " supported.",
            "temperature",
        )

    def _messages(self, messages: Any) -> None:
        need(isinstance(messages, list) and messages, "messages: at least one")
        used: set[str] = set()
        waiting: list[str] = []
        before = ""
        for at, message in enumerate(messages):
            role, where = message.get("role"), f"messages[{at}]"
            if role == "tool":
                known(message, {"role", "tool_call_id", "content"}, where)
                need(
                    message["tool_call_id"] in waiting,
                    f"{where}: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
                )
                need(isinstance(message["content"], str) and message["content"], f"{where}.content: empty")
                waiting.remove(message["tool_call_id"])
                before = role
                continue
            need(
                not waiting,
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. Missing: {waiting}",
            )
            need(role in ("system", "user", "assistant"), f"{where}.role: {role!r}")
            need(role != "system" or at == 0, f"{where}: system message must be at the beginning.")
            need(
                role != before and not (role == "assistant" and before in ("", "system")),
                f"{where}: Conversation roles must alternate user/assistant",
            )
            need(isinstance(message.get("content"), str), f"{where}.content: invalid message content type: <nil>")
            need(role == "assistant" or message["content"].strip(), f"{where}.content: empty")
            if role == "assistant":
                waiting = self._calls(message, used, where)
                need(waiting or message["content"].strip(), f"{where}: content or tool_calls")
            before = role
        need(before in ("user", "tool") and not waiting, "the last message must be of a user or a tool")

    def _calls(self, message: Any, used: set[str], where: str) -> list[str]:
        known(message, {"role", "content", "tool_calls"}, where)
        calls = message.get("tool_calls", [])
        need("tool_calls" not in message or calls, f"{where}.tool_calls: empty array")
        for call in calls:
            known(call, {"id", "type", "function"}, where)
            known(call["function"], {"name", "arguments"}, where)
            need(isinstance(call["id"], str) and 0 < len(call["id"]) <= 40, f"{where}: tool_calls.id: string too long")
            need(call["id"] not in used, f"{where}: duplicate tool call id {call['id']}")
            need(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", call["function"]["name"]), f"{where}: function.name: bad")
            need(isinstance(json.loads(call["function"]["arguments"]), dict), f"{where}: arguments")
            used.add(call["id"])
        return [call["id"] for call in calls]

    def asked(self, body: Any) -> Asked:
        functions = [tool["function"] for tool in body.get("tools", [])]
        tools = [ToolSeen(f["name"], f.get("description", ""), f["parameters"]) for f in functions]
        instructions, question = "", ""
        said: list[str] = []
        called: list[str] = []
        for message in body["messages"]:
            match message["role"]:
                case "system":
                    instructions = message["content"]
                case "user":
                    question, said, called = question_in(message["content"]), [message["content"]], []
                case "tool":
                    said.append(message["content"])
                case _:
                    called += [call["function"]["name"] for call in message.get("tool_calls", [])]
        limit = body.get("max_tokens") or body.get("max_completion_tokens")
        return Asked(body["model"], instructions, tools, question, said, called, limit)

    # -- replies

    def events(self, body: Any, reply: Reply, fault: Fault | None) -> list[bytes] | bytes:
        kind, style = fault.kind if fault else "", self.style
        calls = self._made(reply, fault)
        stop = {"cut": "length", "refusal": "content_filter"}.get(kind, "tool_calls" if calls else "stop")
        usage = self._usage(body, reply)
        if not style.streams:
            message = {"role": "assistant", "content": reply.text or None, **({"tool_calls": calls} if calls else {})}
            whole = {
                "id": "c",
                "object": "chat.completion",
                "choices": [{"index": 0, "message": message, "finish_reason": stop}],
                "usage": usage,
            }
            return json.dumps(whole).encode()
        deltas: list[dict[str, Any]] = [{"role": "assistant"} if style.role else {}]
        deltas[0] |= {"content": None if style.null_content or calls else ""}
        if style.reasoning:
            deltas += [
                {"reasoning_content": piece, "content": None} for piece in words("Let me see. " + reply.thinking)
            ]
        text = f"<think>\n{reply.thinking}\n</think>\n\n{reply.text}" if style.think_tags else reply.text
        pieces = words(text)
        deltas += [{"content": piece} for piece in (pieces[: len(pieces) // 2] if kind == "cut" else pieces)]
        for at, call in enumerate(calls):
            deltas += self._pieces(at, call)
        choices: list[Any] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        if style.finish:
            choices.append({"index": 0, "delta": {}, "finish_reason": stop})
        events = [event(_chunk(body, [choice])) for choice in choices]
        if style.usage and body.get("stream_options", {}).get("include_usage"):
            events.append(event({**_chunk(body, []), "usage": usage}))
        return [*events, b"data: [DONE]\n\n"] if style.done else events

    def _made(self, reply: Reply, fault: Fault | None) -> list[Any]:
        kind, calls = fault.kind if fault else "", []
        for call in reply.calls:
            self._number += 1
            written = '{"window_s": 1' if kind in ("malformed_arguments", "cut") else json.dumps(call.arguments)
            function = {"name": fault.name if fault and kind == "unknown_tool" else call.tool, "arguments": written}
            key = "call_same" if kind == "duplicate_ids" else f"call_{self._number}"
            calls.append({"id": key, "type": "function", "function": function})
        return calls

    def _pieces(self, at: int, call: Any) -> list[dict[str, Any]]:
        style = self.style
        place = {"index": 0 if style.same_index else at} if style.index else {}
        head = {**place, "type": "function", **({"id": call["id"]} if style.ids else {})}
        name, written = call["function"]["name"], call["function"]["arguments"]
        if style.object_arguments:
            return [{"tool_calls": [{**head, "function": {"name": name, "arguments": json.loads(written)}}]}]
        if style.whole_arguments:
            return [{"tool_calls": [{**head, "function": {"name": name, "arguments": written}}]}]
        parts = [written[start : start + 5] for start in range(0, len(written), 5)]
        first = {"tool_calls": [{**head, "function": {"name": name, "arguments": ""}}]}
        return [first, *({"tool_calls": [{**place, "function": {"arguments": part}}]} for part in parts)]

    def _usage(self, body: Any, reply: Reply) -> dict[str, Any]:
        """The longest beginning that an earlier request had too is read from a cache."""
        now = json.dumps([body.get("tools"), *body["messages"]])
        shared = max((_common(now, before) for before in self._before), default=0)
        self._before.append(now)
        said = count(reply.text) + sum(count(call.arguments) for call in reply.calls)
        cached = shared // 4 if shared >= 4096 else 0
        return {
            "prompt_tokens": count(now),
            "completion_tokens": said,
            "total_tokens": count(now) + said,
            "prompt_tokens_details": {"cached_tokens": cached},
        }


def event(data: Any) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


def _chunk(body: Any, choices: list[Any]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": body["model"],
        "choices": choices,
    }


def _common(one: str, other: str) -> int:
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        same += 1
    return same
