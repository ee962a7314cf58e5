"""The Messages API: as strict with requests as the real one, and with replies of its own making."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from typing import Any

from tests.providers.servers.faults import Fault
from tests.providers.servers.mind import Asked, Reply, ToolSeen, question_in
from tests.providers.servers.schemas import known, need, refuse, valid_tools
from tests.providers.servers.wire import Refused, Seen, Server, count, words

FIELDS = {
    "model", "max_tokens", "messages", "system", "tools", "tool_choice", "stream", "stop_sequences", "metadata",
    "thinking", "output_config", "cache_control", "service_tier", "container", "inference_geo",
}  # fmt: skip
BLOCKS = {
    "text": {"type", "text", "cache_control", "citations"},
    "tool_use": {"type", "id", "name", "input", "cache_control"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
    "thinking": {"type", "thinking", "signature"},
    "redacted_thinking": {"type", "data"},
}
MODELS = ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-4-5-20251001")


class AnthropicServer(Server):
    """`thinks`: replies begin with a signed thinking block, bound to the model and to everything before it."""

    provider = "anthropic"

    def __init__(self, *, thinks: bool = False, models: Sequence[str] = MODELS, **rest: Any) -> None:
        super().__init__(models=models, **rest)
        self.thinks = thinks
        self._cached: set[str] = set()
        self._number = 0

    def listing(self) -> Any:
        data = [
            {"type": "model", "id": m, "display_name": m, "created_at": "2026-10-07T00:00:00Z"} for m in self.models
        ]
        return {"data": data, "has_more": False, "first_id": self.models[0], "last_id": self.models[-1]}

    def refusal(self, error: Refused) -> Any:
        return {"type": "error", "error": {"type": error.kind, "message": error.message}, "request_id": "req_1"}

    def error_event(self, kind: str) -> bytes:
        return event("error", {"type": "error", "error": {"type": kind, "message": "Overloaded"}})

    def filler(self) -> bytes:
        return event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "blah " * 200}})

    def answer(self, seen: Seen, fault: Fault | None) -> list[bytes]:
        if seen.path.partition("?")[0] != "/v1/messages":
            raise Refused(404, "not_found_error", "Not Found")
        headers = seen.headers
        given = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        if given != self.key:
            raise Refused(401, "authentication_error", f"invalid x-api-key {given}")
        need(
            re.fullmatch(r"\d{4}-\d\d-\d\d", headers.get("anthropic-version", "")),
            "anthropic-version: header is required",
        )
        need(headers.get("content-type", "").startswith("application/json"), "content-type must be application/json")
        body = seen.json
        self.validate(body)
        asked = self.asked(body)
        reply = Reply() if fault and fault.kind == "empty" else self.mind(asked)
        return self.events(body, reply, fault)

    # -- requests

    def validate(self, body: Any) -> None:
        known(body, FIELDS, "body")
        if body.get("model") not in self.models:
            raise Refused(404, "not_found_error", f"model: {body.get('model')}")
        limit = body.get("max_tokens")
        need(isinstance(limit, int) and 1 <= limit <= 128_000, "max_tokens: Field required")
        need(body.get("stream") is True, "stream: this server only streams")
        self._system(body.get("system", []))
        self._tools(body)
        marks = json.dumps(body).count('"cache_control"')
        need(marks <= 4, f"A maximum of 4 blocks with cache_control may be provided. Found {marks}.")
        if "output_config" in body:
            known(body["output_config"], {"effort", "format"}, "output_config")
            need(
                body["model"].startswith(("claude-haiku-5", "claude-sonnet-5", "claude-opus-5")),
                "This model does not support the effort parameter.",
            )
        self._messages(body)

    def _system(self, system: Any) -> None:
        for at, block in enumerate([] if isinstance(system, str) else system):
            known(block, BLOCKS["text"], f"system.{at}")
            need(
                block.get("type") == "text" and str(block.get("text", "")).strip(),
                f"system.{at}: text content blocks must be non-empty",
            )
            _mark(block, f"system.{at}")

    def _tools(self, body: Any) -> None:
        tools = body.get("tools", [])
        for at, tool in enumerate(tools):
            known(tool, {"name", "description", "input_schema", "cache_control", "type"}, f"tools.{at}")
        valid_tools([(tool.get("name"), tool.get("description"), tool.get("input_schema")) for tool in tools])
        choice = body.get("tool_choice", {"type": "auto"})
        need(choice.get("type") in ("auto", "none"), "tool_choice: forced tool use is not supported")
        need("tool_choice" not in body or tools, "tool_choice may only be specified while providing tools")

    def _messages(self, body: Any) -> None:
        messages = body.get("messages")
        need(isinstance(messages, list) and messages, "messages: at least one message is required")
        need(messages[0].get("role") == "user", 'messages: first message must use the "user" role')
        need(messages[-1].get("role") == "user", "This model does not support assistant message prefill.")
        used: set[str] = set()
        waiting: list[str] = []
        before = ""
        for at, message in enumerate(messages):
            known(message, {"role", "content"}, f"messages.{at}")
            role, blocks = message.get("role"), _blocks(message, at)
            need(role in ("user", "assistant") and role != before, f"messages.{at}: roles must alternate")
            results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
            missing = [key for key in waiting if key not in results]
            need(
                not missing,
                f"messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {missing}",
            )
            need(
                sorted(results) == sorted(waiting),
                f"messages.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {results}",
            )
            kinds = [block["type"] for block in blocks]
            need(
                kinds[: len(results)] == ["tool_result"] * len(results),
                f"messages.{at}: tool_result blocks must come first",
            )
            waiting = self._uses(blocks, used, at)
            need(role == "assistant" or not waiting, f"messages.{at}: tool_use blocks only in assistant messages")
            need(
                not (waiting or results) or body.get("tools"),
                "Requests which include `tool_use` or `tool_result` blocks must define tools",
            )
            self._thoughts(body, at, blocks)
            before = role

    def _uses(self, blocks: list[Any], used: set[str], at: int) -> list[str]:
        uses = [block for block in blocks if block["type"] == "tool_use"]
        for block in uses:
            need(
                re.fullmatch(r"[a-zA-Z0-9_-]+", block["id"]), f"messages.{at}: tool_use.id: String should match pattern"
            )
            need(
                re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", block["name"]),
                f"messages.{at}: tool_use.name: String should match pattern",
            )
            need(isinstance(block["input"], dict), f"messages.{at}: tool_use.input: Input should be a valid dictionary")
            need(block["id"] not in used, f"messages.{at}: `tool_use` ids must be unique")
            used.add(block["id"])
        return [block["id"] for block in uses]

    def _thoughts(self, body: Any, at: int, blocks: list[Any]) -> None:
        for number, block in enumerate(blocks):
            if block["type"] == "thinking" and block["signature"] != self.signature(body, at, block["thinking"]):
                raise refuse(
                    f"messages.{at}.content.{number}: Invalid `signature` in `thinking` block. The block is bound to a "
                    "different conversation. Remove the block."
                )

    def signature(self, body: Any, before: int, thinking: str) -> str:
        """Bound to the model, the instructions, the tools and the messages before."""
        prefix = _unmarked([body["model"], body.get("system"), body.get("tools"), body["messages"][:before], thinking])
        return base64.b64encode(hmac.digest(b"server", json.dumps(prefix, sort_keys=True).encode(), "sha256")).decode()

    def asked(self, body: Any) -> Asked:
        system = body.get("system", [])
        instructions = system if isinstance(system, str) else "\n".join(block["text"] for block in system)
        offered = body.get("tools", []) if body.get("tool_choice", {}).get("type") != "none" else []
        tools = [ToolSeen(tool["name"], tool.get("description", ""), tool["input_schema"]) for tool in offered]
        said: list[str] = []
        called: list[str] = []
        question = ""
        for at, message in enumerate(body["messages"]):
            for block in _blocks(message, at):
                if block["type"] == "text" and message["role"] == "user":
                    question, said, called = question_in(block["text"]), [block["text"]], []
                elif block["type"] == "tool_use":
                    called.append(block["name"])
                elif block["type"] == "tool_result":
                    said.append(str(block["content"]))
        return Asked(body["model"], instructions, tools, question, said, called, body["max_tokens"])

    # -- replies

    def events(self, body: Any, reply: Reply, fault: Fault | None) -> list[bytes]:
        kind = fault.kind if fault else ""
        usage = self._usage(body)
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": []}
        start = {
            "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1}}
        }
        events = [event("message_start", start), event("ping", {})]
        index = 0
        if self.thinks and (reply.text or reply.calls):
            events += self._thinking(index, body, reply.thinking)
            index += 1
        if reply.text:
            events += _text(index, reply.text, kind == "cut")
            index += 1
        for call in reply.calls:
            self._number += 1
            key = "toolu_same" if kind == "duplicate_ids" else f"toolu_{self._number:06d}"
            name = fault.name if fault and kind == "unknown_tool" else call.tool
            written = json.dumps(call.arguments)
            written = '{"window_s": 1' if kind in ("malformed_arguments", "cut") else written
            events += _use(index, key, name, written, unended=kind == "cut")
            index += 1
        stop = {"cut": "max_tokens", "refusal": "refusal"}.get(kind, "tool_use" if reply.calls else "end_turn")
        said = count(reply.text) + sum(count(call.arguments) for call in reply.calls)
        done = {"delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": said + 1}}
        return [*events, event("message_delta", done), event("message_stop", {})]

    def _thinking(self, index: int, body: Any, thinking: str) -> list[bytes]:
        signature = self.signature(body, len(body["messages"]), thinking)
        block = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in words(thinking)]
        deltas.append({"type": "signature_delta", "signature": signature})
        return _block(index, block, deltas)

    def _usage(self, body: Any) -> dict[str, int]:
        """Prefixes that were marked before are read; those marked now are written."""
        blocks = [*body.get("tools", []), *body.get("system", [])]
        blocks += [block for at, message in enumerate(body["messages"]) for block in _blocks(message, at)]
        total = read = marked = 0
        digest = hashlib.sha256()
        for block in blocks:
            digest.update(json.dumps(_unmarked(block), sort_keys=True).encode())
            total += count(_unmarked(block))
            if "cache_control" in block:
                marked = total
                read = total if digest.hexdigest() in self._cached else read
                self._cached.add(digest.hexdigest())
        return {
            "input_tokens": total - max(read, marked),
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": max(marked - read, 0),
        }


def event(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def _block(index: int, block: Any, deltas: list[Any], *, unended: bool = False) -> list[bytes]:
    return [
        event("content_block_start", {"index": index, "content_block": block}),
        *(event("content_block_delta", {"index": index, "delta": delta}) for delta in deltas),
        *([] if unended else [event("content_block_stop", {"index": index})]),
    ]


def _text(index: int, text: str, cut: bool) -> list[bytes]:
    pieces = words(text)
    pieces = pieces[: len(pieces) // 2] if cut else pieces
    return _block(index, {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces])


def _use(index: int, key: str, name: str, written: str, *, unended: bool) -> list[bytes]:
    block = {"type": "tool_use", "id": key, "name": name, "input": {}}
    pieces = ["", *(written[at : at + 5] for at in range(0, len(written), 5))]
    return _block(
        index, block, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces], unended=unended
    )


def _blocks(message: Any, at: int) -> list[Any]:
    given = message.get("content")
    content: Any = [{"type": "text", "text": given}] if isinstance(given, str) else given
    need(isinstance(content, list) and content, f"messages.{at}: content must be non-empty")
    for number, block in enumerate(content):
        where = f"messages.{at}.content.{number}"
        kind = block.get("type")
        need(kind in BLOCKS, f"{where}: Input tag {kind!r} does not match any of the expected tags")
        known(block, BLOCKS[kind], where)
        need(BLOCKS[kind] - {"cache_control", "citations", "is_error"} <= set(block), f"{where}: Field required")
        need(kind != "text" or block["text"].strip(), f"{where}: text content blocks must contain non-whitespace text")
        _mark(block, where)
    return list(content)


def _mark(block: Any, where: str) -> None:
    mark = block.get("cache_control", {"type": "ephemeral"})
    need(mark in ({"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}), f"{where}.cache_control: bad")


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(item) for key, item in value.items() if key != "cache_control"}
    return [_unmarked(item) for item in value] if isinstance(value, list) else value
