"""What a model said in a run, kept so that later runs check the same words without the model."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from ergon_ops.errors import ProviderError
from ergon_ops.messages import Cut, Message, Prompt, Text, ToolCall, Usage
from ergon_ops.providers import Piece, Provider
from ergon_ops.tool import Tool

FIRST = "first"


@dataclass(slots=True)
class Record:
    """One line of JSON a reply. The first reply to a question is found by the question, later ones by what was asked
    of the model last, which depends on what was made of its first."""

    path: Path
    replies: dict[str, list[Any]] = field(default_factory=dict)
    missed: int = 0

    def __post_init__(self) -> None:
        if self.path.exists():
            for line in self.path.read_text("utf-8").splitlines():
                row = json.loads(line)
                self.replies[row["key"]] = row["reply"]

    @staticmethod
    def key(question: str, names: Sequence[str], messages: Sequence[Message], first: bool) -> str:
        last = FIRST if first else sha256(messages[-1].text.encode()).hexdigest()[:12]
        return f"{question} | {', '.join(names)} | {last}"

    def keep(self, key: str, pieces: Sequence[Piece]) -> None:
        """Several deltas of text become one."""
        reply: list[Any] = []
        for piece in pieces:
            match piece:
                case Text() if reply and "text" in reply[-1]:
                    reply[-1]["text"] += piece.text
                case Text():
                    reply.append({"text": piece.text})
                case ToolCall():
                    reply.append({"tool": piece.tool, "arguments": dict(piece.arguments), "problem": piece.problem})
                case Cut():
                    reply.append({"cut": True})
                case Usage():
                    reply.append({"usage": [piece.input_tokens, piece.output_tokens]})
                case _:
                    pass
        self.replies[key] = reply
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "reply": reply}, ensure_ascii=False) + "\n")

    def pieces(self, key: str) -> list[Piece] | None:
        if key not in self.replies:
            return None
        found: list[Piece] = []
        for number, row in enumerate(self.replies[key]):
            if "text" in row:
                found.append(Text(row["text"]))
            elif "tool" in row:
                found.append(ToolCall(f"call-{number}", row["tool"], row["arguments"], row["problem"]))
            elif "cut" in row:
                found.append(Cut())
            elif "usage" in row:
                found.append(Usage(*row["usage"]))
        return found


@dataclass(slots=True)
class Overheard:
    """A provider whose words are kept as they come, before anything checks them. Without `inner` the record answers;
    what is not in it was never asked of the model: no answer, which repairs nothing."""

    inner: Provider | None
    heard: list[str]
    record: Record | None
    question: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.inner.name if self.inner else "openai"

    @property
    def model(self) -> str:
        return self.inner.model if self.inner else "smollm2"

    async def reply(
        self, system: Prompt, messages: Sequence[Message], tools: Sequence[Tool], *, max_tokens: int, deadline_s: float
    ) -> AsyncGenerator[Piece, None]:
        said: list[Piece] = []
        key = Record.key(self.question, self.names, messages, not self.heard)
        known = self.record.pieces(key) if self.record else None
        if known is not None:
            said = known
            for piece in said:
                yield piece
        elif self.inner is not None:
            async for piece in self.inner.reply(system, messages, tools, max_tokens=max_tokens, deadline_s=deadline_s):
                said.append(piece)
                yield piece
            if self.record is not None:
                self.record.keep(key, said)
        else:
            self.heard.append("")
            if self.record is not None:
                self.record.missed += 1
            raise ProviderError("not in the record", reason="empty", next="record anew")
        self.heard.append("".join(piece.text for piece in said if isinstance(piece, Text)))

    def body(
        self, system: Prompt, messages: Sequence[Message], tools: Sequence[Tool], *, max_tokens: int
    ) -> dict[str, Any]:
        return self.inner.body(system, messages, tools, max_tokens=max_tokens) if self.inner else {}

    async def close(self) -> None:
        if self.inner is not None:
            await self.inner.close()
