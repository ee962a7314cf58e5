"""Messages in the order every API accepts: turns alternate, a person begins and ends, every tool call has exactly one
result right after it, ids are unique, nothing is empty.

The same messages always give the same turns, and appended messages never change earlier turns: what a provider keeps
of a conversation (caches, signed thinking) stays valid.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import field, replace

from ergon_ops.dataclass import dataclass
from ergon_ops.messages import Message, Native, Text, ToolCall, ToolResult

LEFT_OUT = "(The beginning of this conversation is left out.)"
GO_ON = "Go on."
NOT_RUN = "No result: this call was not carried out."
NO_OUTPUT = "(no output)"
_ID, _NAME = re.compile(r"[A-Za-z0-9_-]{1,40}\Z"), re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


@dataclass(slots=True)
class Said:
    """What the model said: text, calls, its own parts."""

    parts: list[Text | ToolCall | Native] = field(default_factory=list)

    @property
    def calls(self) -> list[ToolCall]:
        return [part for part in self.parts if isinstance(part, ToolCall)]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(slots=True)
class Given:
    """What the model is given: the results of the calls before, in their order, then text."""

    results: list[ToolResult] = field(default_factory=list)
    text: str = ""


Turn = Said | Given


def turns_of(messages: Iterable[Message]) -> list[Turn]:
    """The conversation as alternating turns, beginning and ending with what the model is given."""
    builder = _Builder()
    for message in messages:
        if message.role == "assistant":
            builder.said(message)
        else:
            builder.given(message)
    return builder.finished()


def encodable(text: str) -> str:
    """Without lone surrogates, which no JSON body can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


@dataclass(slots=True)
class _Builder:
    turns: list[Turn] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)
    open: list[tuple[str, str]] = field(default_factory=list)  # (id as it was given, id as it is sent) without a result

    def said(self, message: Message) -> None:
        parts = [part for part in message.parts if not isinstance(part, ToolResult)]
        parts = [part for part in parts if not isinstance(part, Text) or part.text.strip()]
        if all(isinstance(part, Native) for part in parts):
            return
        self._close()
        if not self.turns:
            self.turns.append(Given(text=LEFT_OUT))
        last = self.turns[-1]
        if not isinstance(last, Said):
            last = Said()
            self.turns.append(last)
        elif any(isinstance(part, Text) for part in parts) and last.text:
            last.parts.append(Text("\n"))
        last.parts += [self._part(part) for part in parts]

    def _part(self, part: Text | ToolCall | Native) -> Text | ToolCall | Native:
        if isinstance(part, Text):
            return Text(encodable(part.text))
        if isinstance(part, Native):
            return part
        sent = self._unique(part.id)
        self.open.append((part.id, sent))
        return replace(part, id=sent, tool=_name(part.tool))

    def _unique(self, given: str) -> str:
        """An id that every API accepts and that was not used before in this conversation."""
        key = given if _ID.match(given) else "call_" + _digest(given)
        count = self.taken.get(key, 0) + 1
        self.taken[key] = count
        return key if count == 1 else self._unique(f"{key[:34]}_{count}")

    def given(self, message: Message) -> None:
        for part in message.parts:
            if isinstance(part, ToolResult):
                self._result(part)
        text = encodable("\n".join(part.text for part in message.parts if isinstance(part, Text) and part.text.strip()))
        if text.strip():
            self._close()
            last = self._given()
            last.text = f"{last.text}\n\n{text}" if last.text else text

    def _result(self, result: ToolResult) -> None:
        """The first call of that id that still waits gets it; a result that nobody waits for is left out."""
        waiting = next((pair for pair in self.open if pair[0] == result.call_id), None)
        if waiting is None:
            return
        self.open.remove(waiting)
        self._given().results.append(ToolResult(waiting[1], encodable(result.text).strip() or NO_OUTPUT, result.ok))

    def _given(self) -> Given:
        if not self.turns or not isinstance(self.turns[-1], Given):
            self.turns.append(Given())
        last = self.turns[-1]
        assert isinstance(last, Given)
        return last

    def _close(self) -> None:
        """Calls that never got a result are answered for, and results stand in the order of their calls."""
        if self.open:
            self._given().results += [ToolResult(sent, NOT_RUN, False) for _, sent in self.open]
            self.open.clear()
        if len(self.turns) > 1 and isinstance(self.turns[-1], Given) and isinstance(before := self.turns[-2], Said):
            order = [call.id for call in before.calls]
            self.turns[-1].results.sort(key=lambda result: order.index(result.call_id))

    def finished(self) -> list[Turn]:
        self._close()
        if not self.turns or isinstance(self.turns[-1], Said):
            self.turns.append(Given(text=GO_ON))
        return self.turns


def _name(name: str) -> str:
    """A tool's name as APIs take it; a model may have called one that nobody could have offered."""
    return name if _NAME.match(name) else (re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:64] or "unnamed")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def called_tools(turns: Sequence[Turn]) -> list[str]:
    """Names of the tools that were called, each once, in order."""
    calls = (call for turn in turns if isinstance(turn, Said) for call in turn.calls)
    return list(dict.fromkeys(call.tool for call in calls))
