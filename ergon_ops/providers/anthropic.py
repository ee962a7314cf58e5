"""The Messages API through the official SDK, which is imported with the first request."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import field
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.messages import Cut, Message, Prompt, Text, ToolCall, Usage
from ergon_ops.providers import thinking
from ergon_ops.providers.anthropic_request import Request, request_of
from ergon_ops.providers.arguments import read_arguments
from ergon_ops.providers.attempts import Deadline, tried
from ergon_ops.providers.calls import unique_ids
from ergon_ops.providers.failures import Failure
from ergon_ops.providers.offering import or_offering
from ergon_ops.providers.preloading import loaded
from ergon_ops.providers.protocol import Piece
from ergon_ops.providers.session import Session, estimated
from ergon_ops.providers.shapes import number_at, text_at
from ergon_ops.providers.wire import Line, Meter, answer_bound
from ergon_ops.tool import Tool


class Anthropic:
    name = "anthropic"

    def __init__(self, line: Line) -> None:
        self.model = line.spec.model
        self._line = line
        self._session = Session(line, self._make)
        self._effort = True

    def __repr__(self) -> str:
        return f"Anthropic({self.model!r}, {self._line.shown!r})"

    def _make(self, meter: Meter) -> tuple[Any, tuple[type[Exception], ...]]:
        import anthropic

        client = anthropic.AsyncAnthropic(
            api_key=self._line.key or "none",  # given, so that the SDK looks for no other credentials
            base_url=_without_version(self._line.url),
            max_retries=0,
            timeout=None,
            http_client=meter.client(),
            open_telemetry=False,
        )
        return client, (anthropic.AnthropicError,)

    async def reply(
        self, system: Prompt, messages: Sequence[Message], tools: Sequence[Tool], *, max_tokens: int, deadline_s: float
    ) -> AsyncGenerator[Piece, None]:
        session = self._session
        await loaded("anthropic")
        deadline = Deadline(deadline_s, session.teller)
        echo = True

        def adapt(failure: Failure) -> bool:
            """A second request without what the endpoint refused in the first."""
            nonlocal echo
            said = failure.said.lower()
            if failure.status != 400:
                return False
            if echo and "thinking" in said and any(word in said for word in ("signature", "modified", "bound")):
                echo = False
                return True
            if self._effort and ("output_config" in said or "effort" in said):
                self._effort = False
                return True
            return False

        def attempt() -> AsyncGenerator[Piece, None]:
            request = request_of(
                self.model, system, messages, tools, max_tokens=max_tokens, thinking=echo, effort=self._effort
            )
            said = sum(len(str(message["content"])) for message in request.body["messages"])
            return self._attempt(request, deadline, estimated(system, tools, said, 0)[0])

        pieces = tried(attempt, deadline, sleep=self._line.sleep, adapt=adapt)
        async with aclosing(or_offering(pieces, session)) as told:
            async for piece in told:
                yield piece

    async def _attempt(self, request: Request, deadline: Deadline, estimate: int) -> AsyncGenerator[Piece, None]:
        session = self._session
        session.meter.bound = answer_bound(request.body["max_tokens"])
        client = session.client()
        stream = await session.asked(client.messages.create(**request.body, stream=True), deadline)
        reading = Reading(self.model, request.behind, estimate)
        try:
            while not reading.ended:
                event = await session.next(stream, deadline)
                if event is None:
                    raise session.teller.failure("reset", f"the answer of {session.teller.host} broke off", "ask again")
                for piece in reading.read(event):
                    yield piece
            for piece in reading.finished(session.teller.failure):
                yield piece
            await session.drained(stream)
        finally:
            await stream.close()

    def body(
        self, system: Prompt, messages: Sequence[Message], tools: Sequence[Tool], *, max_tokens: int
    ) -> dict[str, Any]:
        request = request_of(self.model, system, messages, tools, max_tokens=max_tokens, effort=self._effort)
        return {**request.body, "stream": True}

    async def close(self) -> None:
        await self._session.close()


def _without_version(url: str) -> str:
    """The SDK adds /v1 itself."""
    return url.rstrip("/").removesuffix("/v1")


@dataclass(slots=True)
class Reading:
    """One streamed message. What comes before its first text is held back until then, and tool calls until the message
    is whole: nothing is carried out of an answer that broke off, and such an answer can be asked for again."""

    model: str
    behind: str
    estimate: int
    ended: bool = False
    stop: str = ""
    text: int = 0
    usage: dict[str, int] = field(default_factory=dict)
    held: list[Piece | dict[str, Any]] = field(default_factory=list)
    blocks: dict[int, dict[str, Any]] = field(default_factory=dict)

    def read(self, event: Any) -> list[Piece]:
        """The pieces that can be told after this event."""
        match text_at(event, "type"):
            case "message_start":
                self._count(getattr(getattr(event, "message", None), "usage", None))
            case "content_block_start":
                self._start(event)
            case "content_block_delta":
                return self._delta(event)
            case "content_block_stop":
                self._stop(self.blocks.pop(number_at(event, "index"), None))
            case "message_delta":
                self.stop = text_at(getattr(event, "delta", None), "stop_reason") or self.stop
                self._count(getattr(event, "usage", None))
            case "message_stop":
                self.ended = True
        return []

    def _start(self, event: Any) -> None:
        block = getattr(event, "content_block", None)
        kind = text_at(block, "type")
        made: dict[str, Any] = {"type": kind}
        match kind:
            case "tool_use":
                made |= {"id": text_at(block, "id"), "name": text_at(block, "name"), "json": []}
                made["input"] = getattr(block, "input", None)
            case "thinking":
                made |= {"thinking": text_at(block, "thinking"), "signature": text_at(block, "signature")}
            case "redacted_thinking":
                made["data"] = text_at(block, "data")
        self.blocks[number_at(event, "index")] = made

    def _delta(self, event: Any) -> list[Piece]:
        delta = getattr(event, "delta", None)
        block = self.blocks.get(number_at(event, "index"), {})
        match text_at(delta, "type"):
            case "text_delta":
                return self._said(text_at(delta, "text"))
            case "input_json_delta" if "json" in block:
                block["json"].append(text_at(delta, "partial_json"))
            case "thinking_delta" if "thinking" in block:
                block["thinking"] += text_at(delta, "thinking")
            case "signature_delta" if "thinking" in block:
                block["signature"] = text_at(delta, "signature")
        return []

    def _said(self, text: str) -> list[Piece]:
        if not text:
            return []
        self.text += len(text)
        told = [piece for piece in self.held if not isinstance(piece, dict)]
        self.held = [piece for piece in self.held if isinstance(piece, dict)]
        return [*told, Text(text)]

    def _stop(self, block: dict[str, Any] | None) -> None:
        if block is None:
            return
        if block["type"] == "tool_use":
            self.held.append(block)
        elif thinking.sound(block):
            names = ("type", "data") if block["type"] == "redacted_thinking" else ("type", "thinking", "signature")
            self.held.append(thinking.kept({name: block[name] for name in names}, self.model, self.behind))

    def finished(self, failure: Callable[..., Failure]) -> list[Piece]:
        """The rest, once the message is whole. Raises Failure for one that says nothing."""
        cut = self.stop in ("max_tokens", "model_context_window_exceeded")
        unended = [block for block in self.blocks.values() if block["type"] == "tool_use"]
        held = [_call(piece, cut) if isinstance(piece, dict) else piece for piece in (*self.held, *unended)]
        silent = not self.text and not any(isinstance(piece, ToolCall) for piece in held)
        if silent or self.stop == "refusal":
            raise nothing_said(failure, self.model, self.stop)
        return [*unique_ids(held), *([Cut()] if cut else []), self._usage()]

    def _count(self, usage: Any) -> None:
        """Counts are cumulative; a later one replaces an earlier."""
        for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
            self.usage[name] = number_at(usage, name) or self.usage.get(name, 0)

    def _usage(self) -> Usage:
        count = self.usage.get
        if not count("input_tokens") and not count("cache_read_input_tokens"):
            return Usage(self.estimate, count("output_tokens") or -(-self.text // 4))
        written = count("cache_creation_input_tokens", 0)
        plain = count("input_tokens", 0) + written
        return Usage(plain, count("output_tokens", 0), count("cache_read_input_tokens", 0), written)


def _call(block: dict[str, Any], cut: bool) -> ToolCall:
    """Arguments come in pieces of JSON; some servers give them whole with the block."""
    written = "".join(block["json"])
    arguments, problem = read_arguments(written, cut=cut)
    whole = block["input"] if isinstance(block["input"], dict) and not written else {}
    return ToolCall(block["id"], block["name"], arguments or whole, problem)


def nothing_said(failure: Callable[..., Failure], model: str, stop: str) -> Failure:
    if stop in ("refusal", "content_filter"):
        return failure("empty", f"{model} declined to answer", "ask in other words", stop=stop)
    if stop in ("max_tokens", "length", "model_context_window_exceeded"):
        return failure("empty", f"{model} used up its tokens before it said anything", "ask again", stop=stop)
    return failure("empty", f"{model} answered nothing", "ask again", stop=stop)
