"""A turn as a person reads it: sentences as they are checked, and quiet lines for what else happened."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import field
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError
from ergon_ops.events import Event
from ergon_ops.interfaces.render.markdown import Markdown
from ergon_ops.interfaces.render.proposal import proposal_line
from ergon_ops.interfaces.render.width import cells, terminal_width, visible, wrapped
from ergon_ops.settings import dumb_terminal

Document = dict[str, Any]
TOLD = frozenset({"text", "answer", "notice", "error"})  # what `Telling.show` has words for


@dataclass(slots=True)
class Called:
    """Calls of one tool, on however many containers, for one quiet line."""

    containers: list[str] = field(default_factory=list)
    facts: int = 0
    ms: float = 0.0
    failed: int = 0


class Telling:
    """Text to stdout, everything else as lines on stderr. At a terminal the text is rendered and wrapped at words, and
    the answer followed by its evidence; a pipe gets the sentences as they are.

    `chat` names the chat's own commands and shows tool calls. Of a text longer than `most` lines the rest is in `rest`.
    """

    def __init__(self, *, color: bool = True, evidence: bool = True, chat: bool = False, most: int = 0) -> None:
        self._person = sys.stdout.isatty()
        color = color and not dumb_terminal()
        self._dim = color and sys.stderr.isatty()
        self._evidence = evidence and self._person and sys.stderr.isatty()
        self._chat = chat
        self._markdown = Markdown(terminal_width, color=color) if self._person else None
        self._open = False  # a line was begun
        self._calls: dict[str, Called] = {}
        self._left = most or 1 << 60
        self.rest: list[str] = []

    def show(self, event: Event) -> None:
        """One event of a question's turn."""
        if event.type not in ("tool_started", "tool_done"):
            self._tell_calls()
        match event.type:
            case "tool_done":
                self._called(event.data)
            case "text":
                self._text(str(event.data["text"]))
            case "answer":
                self._answer(dict(event.data))
            case "notice":
                self._aside(f"ergon-ops: {event.data['text']}")
            case "error":
                self._error(event)
            case _:
                pass

    def _called(self, data: Any) -> None:
        call = self._calls.setdefault(str(data["tool"]), Called())
        call.containers.append(str(data.get("container", "")))
        call.facts += len(data.get("fact_ids") or ())
        call.ms = max(call.ms, float(data.get("ms") or 0))
        call.failed += not data.get("ok", True)

    def _tell_calls(self) -> None:
        """What was looked at, one quiet line a tool, however many were asked."""
        calls, self._calls = self._calls, {}
        if self._chat and self._evidence:
            for tool, call in calls.items():
                self._aside(call_line(tool, call), dim=True)

    def show_step(self, event: Event) -> None:
        """One event of a change on its way."""
        if event.type == "error":
            self._error(event)
        elif event.type == "notice":
            self._aside(f"ergon-ops: {event.data['text']}")
        elif event.type in ("change", "answer") and event.data.get("text"):
            self._text(f"{event.data['text']}\n")

    def end_line(self) -> None:
        """Before anything else is said: what was begun gets its end."""
        if self._markdown is not None:
            self._write(self._markdown.end())
        if self._open:
            self._write("\n")

    def _text(self, text: str) -> None:
        self._write(self._markdown.feed(text) if self._markdown else visible(text))

    def _write(self, text: str) -> None:
        """No more lines than a person can read; the rest is kept."""
        if not text:
            return
        if self._left <= 0:
            self.rest += text.splitlines()
            return
        lines = text.splitlines(keepends=True)
        sys.stdout.write("".join(lines[: self._left]))
        sys.stdout.flush()
        self.rest += [line.rstrip("\n") for line in lines[self._left :]]
        self._left -= text.count("\n")
        self._open = not text.endswith("\n") and not self.rest

    def _answer(self, document: Document) -> None:
        self.end_line()
        for proposal in document.get("proposals", ()):
            if self._chat:
                continue  # the chat shows it in full, and asks
            self._text(f"{proposal_line(proposal)}\n")
            self._text(f"waiting for approval: ergon-ops approve {proposal['id']}\n")
        if self._evidence and document.get("ci"):
            self._aside(evidence(document), dim=True)

    def _error(self, event: Event) -> None:
        body = event.data["error"]
        self._aside(f"ergon-ops: {failure_line(body)}")

    def _aside(self, text: str, *, dim: bool = False) -> None:
        self.end_line()
        line = wrapped(" ".join(text.split()), sys.stderr)
        with contextlib.suppress(OSError):
            print(f"\x1b[2m{line}\x1b[0m" if dim and self._dim else line, file=sys.stderr, flush=True)


def call_line(tool: str, call: Called) -> str:
    """`· metrics webapp — 12 facts, 3 ms`."""
    names = list(dict.fromkeys(call.containers))
    who = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    failed = f", {call.failed} failed" if call.failed and len(call.containers) > 1 else ", failed" * bool(call.failed)
    read = f"{call.facts} fact{'' if call.facts == 1 else 's'}, " if call.facts else ""
    return f"· {tool} {who} — {read}{call.ms:.0f} ms{failed}"


def failure_line(error: Document) -> str:
    """What is wrong and the next step, of an error's document."""
    return str(ErgonError(str(error["message"]), next=str(error.get("next") or "")))


def evidence(document: Document) -> str:
    """Who answered, how, on what and how fast: `webapp-container-ci · offline · 7 facts (cgroup, api) · 0.21 s`."""
    facts = document.get("facts") or []
    sources = sorted({str(fact["source"]).partition(":")[0] for fact in facts if fact.get("source")})
    count = f"{len(facts)} fact{'' if len(facts) == 1 else 's'}"
    mind = document.get("model") or document.get("provider") or "offline"
    took = f"{float(document.get('elapsed_ms', 0)) / 1000:.2f} s"
    who = [str(document["ci"]), str(mind)]
    longest = [*who, f"{count} ({', '.join(sources)})" if sources else count, took]
    shorter = (" · ".join(parts) for parts in (longest, [*who, count, took], [*who, count], who))
    return next((line for line in shorter if cells(line) <= terminal_width()), str(document["ci"]))
