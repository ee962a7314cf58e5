"""Stored conversations: as a table, replayed at a terminal, and as a Markdown page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ergon_ops.interfaces.render.console import console, put
from ergon_ops.interfaces.render.grid import Column, grid
from ergon_ops.interfaces.render.markdown import BOLD, Markdown, sgr
from ergon_ops.interfaces.render.values import ago, clock, fact_name, value_words
from ergon_ops.interfaces.render.width import terminal_width, visible
from ergon_ops.settings import Settings, dumb_terminal

Document = dict[str, Any]
COLUMNS = (
    Column("SESSION", least=12),
    Column("ABOUT", drop=2, least=10),
    Column("MESSAGES", drop=3, right=True),
    Column("LAST", drop=1),
)


def show_sessions(settings: Settings, document: Document) -> None:
    rows = document["sessions"]
    if not rows:
        print('No session was stored yet. `ergon-ops chat --session NAME` or `ask --session NAME "…"` begins one.')
        return
    cells = [[r["name"], ", ".join(r["about"]) or "-", str(r["messages"]), ago(r["updated_at"])] for r in rows]
    put(settings, grid(COLUMNS, cells, console(settings).width))


def replay(document: Document, *, person: bool, color: bool) -> Iterator[str]:
    """Piece by piece, rendered where a person reads it."""
    color = color and person and not dumb_terminal()
    for message in document["messages"]:
        if message["role"] == "user" and message["text"]:
            question = visible(message["text"]).strip()
            line = f"{clock(message['at'])} > {question}"
            yield f"{sgr(line, BOLD) if color else line}\n"
        elif message["role"] == "assistant":
            for call in message["tool_calls"]:
                yield f"· {call['tool']} {_arguments(call['arguments'])}".rstrip() + "\n"
            yield from _told(message["text"], person=person, color=color)
    facts = len(document["facts"])
    name = document["session"]["name"]
    yield f"Session {name}: {len(document['messages'])} messages, {facts} facts.\n"


def _told(text: str, *, person: bool, color: bool) -> Iterator[str]:
    if not text.strip():
        return
    if person:
        rendered = Markdown(terminal_width, color=color)
        yield rendered.feed(text)
        yield rendered.end()
    else:
        yield f"{visible(text).rstrip()}\n"
    yield "\n"


def _arguments(arguments: Document) -> str:
    return " ".join(f"{key}={value}" for key, value in arguments.items())


def markdown(document: Document) -> str:
    """A page: every question a heading, its answer below, the facts in a table at the end."""
    row = document["session"]
    about = f" about {', '.join(row['about'])}" if row["about"] else ""
    lines = [f"# Session {row['name']}", "", f"{row['created_at']} to {row['updated_at']}{about}.", ""]
    for message in document["messages"]:
        text = visible(message["text"]).strip()
        if message["role"] == "user" and text:
            lines += [f"## {' '.join(text.split())}", "", f"_{message['at']}_", ""]
        elif message["role"] == "assistant":
            calls = [
                f"`{call['tool']} {_arguments(call['arguments'])}`".replace(" `", "`") for call in message["tool_calls"]
            ]
            lines += [f"Looked at: {', '.join(calls)}.", ""] if calls else []
            lines += [text, ""] if text else []
    if document["facts"]:
        lines += ["## Facts", "", "| id | container | fact | value | source | read |", "|---|---|---|---|---|---|"]
        lines += [_row(fact) for fact in document["facts"]]
    return "\n".join(lines).rstrip()


def _row(fact: Document) -> str:
    # A page is read later: how long ago something was depends on when that is.
    value = fact["value"] if fact.get("unit") == "time" and isinstance(fact["value"], str) else value_words(fact)
    cells = [fact["id"], fact["container"], fact_name(fact), value, fact["source"], fact["at"]]
    return "| " + " | ".join(" ".join(visible(str(cell)).split()).replace("|", "\\|") for cell in cells) + " |"
