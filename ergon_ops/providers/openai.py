"""Chat Completions through the official SDK, which is imported with the first request. Lenient with what comes back:
compatible servers leave out usage, ids, indexes, roles and finish reasons, and put thinking into the text."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import field
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.messages import Cut, Message, Prompt, Text, Usage
from ergon_ops.providers.anthropic import nothing_said
from ergon_ops.providers.attempts import Deadline, tried
from ergon_ops.providers.calls import Assembly, unique_ids
from ergon_ops.providers.failures import Failure
from ergon_ops.providers.offering import or_offering
from ergon_ops.providers.openai_request import Dialect, body_of
from ergon_ops.providers.preloading import loaded
from ergon_ops.providers.protocol import Piece
from ergon_ops.providers.session import Session, estimated
from ergon_ops.providers.shapes import list_at, number_at, text_at
from ergon_ops.providers.wire import Line, Meter, answer_bound
from ergon_ops.tool import Tool


class OpenAI:
    name = "openai"

    def __init__(self, line: Line) -> None:
        self.model = line.spec.model
        self._line = line
        self._session = Session(line, self._make)
        self._dialect = Dialect.of(self.model, vendors_own=line.vendors_own)

    def __repr__(self) -> str:
        return f"OpenAI({self.model!r}, {self._line.shown!r})"

    def _make(self, meter: Meter) -> tuple[Any, tuple[type[Exception], ...]]:
        import openai

        client = openai.AsyncOpenAI(
            api_key=self._line.key or "none",
            base_url=self._line.url,
            max_retries=0,
            timeout=None,
            http_client=meter.client(),
        )
        return client, (openai.OpenAIError,)

    async def reply(
        self, system: Prompt, messages: Sequence[Message], tools: Sequence[Tool], *, max_tokens: int, deadline_s: float
    ) -> AsyncGenerator[Piece, None]:
        session = self._session
        await loaded("openai")
        deadline = Deadline(deadline_s, session.teller)

        def adapt(failure: Failure) -> bool:
            return failure.status in (400, 422) and self._dialect.learn(failure.said)

        def attempt() -> AsyncGenerator[Piece, None]:
            body = body_of(self.model, system, messages, tools, max_tokens=max_tokens, dialect=self._dialect)
            said = sum(len(str(message)) for message in body["messages"][1:])
            session.meter.bound = answer_bound(max_tokens)
            return self._attempt(body, deadline, estimated(system, tools, said, 0)[0])

        pieces = tried(attempt, deadline, sleep=self._line.sleep, adapt=adapt)
        async with aclosing(or_offering(pieces, session)) as told:
            async for piece in told:
                yield piece

    async def _attempt(self, body: dict[str, Any], deadline: Deadline, estimate: int) -> AsyncGenerator[Piece, None]:
        session = self._session
        client = session.client()
        stream = await session.asked(client.chat.completions.create(**body, stream=True), deadline)
        reading = Reading(self.model, estimate)
        try:
            while (chunk := await session.next(stream, deadline)) is not None:
                if text := reading.read(chunk):
                    yield Text(text)
            if not reading.stop and not session.meter.saw_done:
                raise session.teller.failure("reset", f"the answer of {session.teller.host} broke off", "ask again")
            for piece in reading.finished(session.teller.failure):
                yield piece
        finally:
            await stream.close()

    def body(
        self, system: Prompt, messages: Sequence[Message], tools: Sequence[Tool], *, max_tokens: int
    ) -> dict[str, Any]:
        body = body_of(self.model, system, messages, tools, max_tokens=max_tokens, dialect=self._dialect)
        return {**body, "stream": True}

    async def close(self) -> None:
        await self._session.close()


@dataclass(slots=True)
class Reading:
    """One streamed reply, chunk by chunk."""

    model: str
    estimate: int
    text: int = 0
    stop: str = ""
    usage: Usage | None = None
    calls: Assembly = field(default_factory=Assembly)
    thoughts: Thoughts = field(default_factory=lambda: Thoughts())

    def read(self, chunk: Any) -> str:
        """The text this chunk adds."""
        self._count(getattr(chunk, "usage", None))
        told = ""
        for choice in list_at(chunk, "choices")[:1]:
            self.stop = text_at(choice, "finish_reason") or self.stop
            delta = getattr(choice, "delta", None)
            for call in list_at(delta, "tool_calls"):
                self.calls.add(call)
            told += self.thoughts.without(text_at(delta, "content"))
        self.text += len(told)
        return told

    def _count(self, usage: Any) -> None:
        given = number_at(usage, "prompt_tokens")
        if not given:
            return
        cached = number_at(getattr(usage, "prompt_tokens_details", None), "cached_tokens")
        written = number_at(getattr(usage, "prompt_tokens_details", None), "cache_write_tokens")
        plain = max(given - cached, 0)
        self.usage = Usage(plain, number_at(usage, "completion_tokens"), min(cached, given), min(written, plain))

    def finished(self, failure: Callable[..., Failure]) -> list[Piece]:
        """The rest, once the reply is whole. Raises Failure for one that says nothing."""
        rest = self.thoughts.rest()
        self.text += len(rest)
        calls = self.calls.finished(cut=self.stop == "length")
        if (not self.text and not calls) or self.stop == "content_filter":
            raise nothing_said(failure, self.model, self.stop)
        usage = self.usage or Usage(self.estimate, -(-(self.text + self.calls.size) // 4))
        cut = [Cut()] if self.stop == "length" else []
        return [*([Text(rest)] if rest else []), *unique_ids(calls), *cut, usage]


@dataclass(slots=True)
class Thoughts:
    """Takes `<think>…</think>` out of the beginning of a reply: small models write it into their text."""

    inside: bool | None = None  # None = not known yet
    seen: str = ""

    def without(self, text: str) -> str:
        if self.inside is False:
            return text
        self.seen += text
        if self.inside is None:
            begun = self.seen.lstrip()
            if "<think>".startswith(begun[:7]) and len(begun) < 7:
                return ""
            self.inside = begun.startswith("<think>")
            if not self.inside:
                told, self.seen = self.seen, ""
                return told
        _, end, told = self.seen.partition("</think>")
        if not end:
            self.seen = "<think>" + self.seen[-16:]
            return ""
        self.inside, self.seen = False, ""
        return told.lstrip()

    def rest(self) -> str:
        """What was held back although it began no thought."""
        told, self.seen = self.seen, ""
        return told if self.inside is None else ""
