"""Text channels: a question in, plain text out. They may look, they may propose, they never approve."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from ergon_ops.assistant import Assistant
from ergon_ops.dataclass import dataclass
from ergon_ops.events import Event
from ergon_ops.interfaces.render.answer import failure_line
from ergon_ops.interfaces.render.proposal import proposal_line
from ergon_ops.messages import Actor, Message, Question

LONGEST_QUESTION = 20_000
BEAT_S = 8.0  # callers give up after 30 s without a byte


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` for a person; `document` of `ask --json`, or its error."""

    text: str
    document: Mapping[str, Any]

    @property
    def failed(self) -> bool:
        return "error" in self.document


def question(
    text: str,
    actor: Actor,
    *,
    names: tuple[str, ...] = (),
    session: str | None = None,
    context: str = "",
    history: tuple[Message, ...] = (),
    max_tokens: int | None = None,
) -> Question:
    """A session of a caller is the caller's own: two who choose one name do not hear each other."""
    own = f"{actor.interface}:{actor.identity}:{session}" if session else None
    return Question(
        text[:LONGEST_QUESTION],
        actor,
        names=names,
        session=own,
        mode="restricted",
        context=context,
        history=history,
        max_tokens=max_tokens,
    )


async def reply(assistant: Assistant, asked: Question) -> Reply:
    """The whole turn as one text. Never raises for what goes wrong in it: that is the text then."""
    last: Event | None = None
    async with aclosing(assistant.ask(asked)) as turn:
        async for event in turn:
            last = event
    if last is None or last.type == "error":
        body = dict(last.data) if last is not None else {"error": {"message": "the question had no answer"}}
        return Reply(failure_line(body["error"]), body)
    return Reply(whole(last.data), last.data)


def whole(document: Mapping[str, Any]) -> str:
    """The answer, what it proposes, and who has to decide about that."""
    lines = [str(document["answer"])]
    for proposal in document.get("proposals", ()):
        lines += [proposal_line(proposal), f"waiting for approval: ergon-ops approve {proposal['id']}"]
    return "\n".join(line for line in lines if line)


async def beating(work: asyncio.Task[Reply], *, key: str = "response") -> AsyncIterator[bytes]:
    """The JSON document of the reply, with white space before it while it takes long: JSON may begin with that, and
    whoever waits for bytes gets some."""
    while not work.done():
        done, _ = await asyncio.wait({work}, timeout=BEAT_S)
        if not done:
            yield b" "
    found = work.result()
    yield json.dumps({key: found.text, **_about(found)}, ensure_ascii=False).encode()


def _about(found: Reply) -> dict[str, Any]:
    document = found.document
    proposals = [item["id"] for item in document.get("proposals", ())]
    return {"ci": document.get("ci"), "proposals": proposals, "session": document.get("session")}
