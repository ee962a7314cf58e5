"""The conversation with a model in one turn: reply, tool calls, reply, until an answer or a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError, ProviderError
from ergon_ops.events import EventType
from ergon_ops.grounding import Checked
from ergon_ops.messages import Cut, Message, Native, Part, Prompt, Text, ToolCall, ToolResult, Usage
from ergon_ops.offline import Sentence
from ergon_ops.providers import Provider
from ergon_ops.tool import Tool
from ergon_ops.turn.budget import Budget
from ergon_ops.turn.checking import Checker, read_repairs, repair_request
from ergon_ops.turn.rendering import tokens

AT_MOST_AT_ONCE = 8
REPAIR_TOKENS, A_REPAIR = 600, 80  # in all, and for one sentence
CHARACTERS_A_TOKEN = 16  # more than any language needs: who says more does not keep to `max_tokens`
Run = Callable[[ToolCall], Awaitable[ToolResult]]
Replace = Callable[[Checked], Sentence | None]
Look = Callable[[Sequence[Checked]], Awaitable[None]]
Notice = Callable[[str, str], None]


@dataclass(slots=True)
class Talk:
    """One model, one question. `run` makes a tool call and never raises for what the call does wrong; `look` reads what
    `replacement` needs to know; `record` stores each message before the next step; `failure` says why the model gave
    up, after which the offline mind answers."""

    provider: Provider
    prompt: Prompt
    tools: Sequence[Tool]
    messages: list[Message]
    budget: Budget
    checker: Checker
    run: Run
    look: Look
    replacement: Replace
    record: Callable[[Message], None]
    max_tokens: int
    deadline_s: float
    clock: Callable[[], float]
    failure: ErgonError | None = None
    cut: bool = False  # the last reply reached its `max_tokens`
    ends: float = 0.0  # on the loop's clock

    async def hold(self) -> None:
        """Talks until there is an answer. Afterwards `checker.told` are its sentences; `failure` is None if they are
        whole. Cancellation passes."""
        self.ends = asyncio.get_running_loop().time() + self.deadline_s
        try:
            async with asyncio.timeout(self.deadline_s):
                while await self._reply():
                    pass
                await self._settle()
        except TimeoutError:
            self.failure = ProviderError(
                f"the model had no answer within {self.deadline_s:g} s",
                reason="deadline",
                next="limits.seconds sets how long",
            )
        except ErgonError as error:
            self.failure = error
        if self.failure is not None:
            self.checker.give_up()

    async def _reply(self) -> bool:
        """One reply of the model. True if it called tools and wants to go on."""
        message = await self._one(self.tools, self.max_tokens, self.checker.feed)
        calls = [part for part in message.parts if isinstance(part, ToolCall)]
        self.checker.end_of_reply(calls=bool(calls), cut=self.cut)
        if not calls:
            if (not self.checker.told and not self.checker.waiting) or self.checker.hopeless:
                raise self._nothing()
            return False
        self.messages.append(message)
        self.record(message)
        self.budget.before_calls(len(calls))
        results = await asyncio.gather(*(self.run(call) for call in calls[:AT_MOST_AT_ONCE]))
        said = Message("tool", tuple(results))
        self.messages.append(said)
        self.record(said)
        return True

    async def _one(self, tools: Sequence[Tool], max_tokens: int, heard: Callable[[str], None]) -> Message:
        self.budget.before_reply(self.estimate())
        parts: list[Part] = []
        said, self.cut = 0, False
        left = max(1.0, self.ends - asyncio.get_running_loop().time())
        stream = self.provider.reply(self.prompt, self.messages, tools, max_tokens=max_tokens, deadline_s=left)
        async with aclosing(stream) as pieces:
            async for part in pieces:
                match part:
                    case Text():
                        said += len(part.text)
                        if said > CHARACTERS_A_TOKEN * max_tokens:
                            raise self._too_long(max_tokens)
                        add_text(parts, part.text)
                        heard(part.text)
                    case Cut():
                        self.cut = True
                    case Usage():
                        self.budget.spend(part)
                    case ToolCall() | Native():
                        parts.append(part)
        return Message("assistant", tuple(parts))

    def _nothing(self, how_much: str = "nothing") -> ProviderError:
        nothing = f"{self.provider.model} said {how_much} that a fact carries"
        return ProviderError(nothing, reason="empty", next="ask again, or another model")

    def _too_long(self, max_tokens: int) -> ProviderError:
        return ProviderError(
            f"{self.provider.model} answered far more than the {max_tokens} tokens it was asked for",
            reason="too_big",
            next="ask again, or another model",
        )

    def estimate(self) -> int:
        """Tokens of the next request."""
        said = sum(
            tokens(part.text) if isinstance(part, (Text, ToolResult)) else 40
            for message in self.messages
            for part in message.parts
        )
        schemas = sum(tokens(f"{tool.name}{tool.description}{tool.schema}") for tool in self.tools)
        return tokens(self.prompt.shared) + tokens(self.prompt.persona) + said + schemas

    async def _settle(self) -> None:
        """Asks once for what was not supported, then tells everything that waits."""
        doubtful = self.checker.repairable()
        repaired: dict[int, str] = {}
        if doubtful:
            said = "".join(item.text for item in self.checker.waiting).strip()
            self.messages.append(Message("assistant", (Text(said),)))
            self.messages.append(Message("user", (Text(repair_request(doubtful)),)))
            limit, cut = min(REPAIR_TOKENS, A_REPAIR * len(doubtful), self.max_tokens), self.cut
            try:
                answer = await self._one(self.tools, limit, lambda _: None)
                whole = answer.text.rpartition("\n")[0] if self.cut else answer.text
                repaired = read_repairs(whole)
            except ProviderError:
                repaired = {}  # what is supported stands; the rest is replaced
            self.cut = cut
        self.checker.mend(repaired)
        if self.checker.mostly_unfounded or self.checker.nothing_holds:
            raise self._nothing("little")
        await self.look(self.checker.unsupported)
        self.checker.settle(self.replacement)
        if self.checker.beside_the_question:
            raise self._nothing("little")


def add_text(parts: list[Part], text: str) -> None:
    """Deltas become one text, in its place among the other parts."""
    if parts and isinstance(last := parts[-1], Text):
        parts[-1] = Text(last.text + text)
    else:
        parts.append(Text(text))


def telling(happened: Callable[[tuple[EventType, dict[str, object]]], None]) -> Callable[[Sentence], None]:
    """Puts each sentence on the stream of events."""

    def tell(sentence: Sentence) -> None:
        happened(("text", {"text": sentence.text}))

    return tell
