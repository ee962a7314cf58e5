"""Conversations that were stored: which there are, what was said in one, and letting one go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ergon_ops.errors import UsageError
from ergon_ops.events import timestamp
from ergon_ops.messages import Message, Text, ToolCall
from ergon_ops.refs import Ref
from ergon_ops.store import Session, Store

Document = dict[str, Any]
MOST = 200


def listed(store: Store) -> Document:
    """Newest first."""
    return {"sessions": [session_json(row) for row in store.sessions.list(MOST)]}


def told(store: Store, name: str) -> Document:
    """The session, its messages in order and the facts that were read in it. Raises UsageError."""
    row = find(store, name)
    facts = [fact.to_json() for fact in store.facts.of(row.id)]
    messages = [message_json(at, message) for at, message in store.sessions.transcript(row.id)]
    return {"session": session_json(row), "messages": messages, "facts": facts}


def forgotten(store: Store, name: str) -> Document:
    """What was deleted. Raises UsageError if there is none of that name."""
    row = find(store, name)
    store.sessions.delete(row.id)
    return {"deleted": session_json(row)}


def facts_of(store: Store, name: str) -> list[Document]:
    """The facts of a session; none of one that was never spoken in."""
    row = store.sessions.resume(name) if name else None
    return [fact.to_json() for fact in store.facts.of(row.id)] if row else []


def find(store: Store, name: str) -> Session:
    row = store.sessions.resume(name)
    if row is not None:
        return row
    from difflib import get_close_matches

    known = [item.name for item in store.sessions.list(MOST)]
    near = get_close_matches(name, known, n=3, cutoff=0.4)
    step = f"did you mean {', '.join(near)}?" if near else "ergon-ops session list"
    raise UsageError(f"there is no session {name[:80]!r}", next=step, details={"nearest": near})


def session_json(row: Session) -> Document:
    return {
        "id": row.id,
        "name": row.name,
        "about": [ref.short for ref in subjects(row.subject)],
        "messages": row.messages,
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
    }


def subjects(subject: str) -> Iterator[Ref]:
    """Whom it was about last, as the memory of the conversation stores it."""
    if subject:
        yield from (Ref(*parts) for parts in json.loads(subject).get("refs", ()))


def message_json(at: float, message: Message) -> Document:
    """What a model said on the way to its calls was not checked as it stands: what of it was told is in the answer."""
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    text = "" if calls else "".join(part.text for part in message.parts if isinstance(part, Text))
    return {
        "at": timestamp(at),
        "role": message.role,
        "text": text,
        "tool_calls": [{"tool": call.tool, "arguments": dict(call.arguments)} for call in calls],
    }
