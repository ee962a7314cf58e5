"""A turn as a person reads it: sentences as they are checked, and quiet lines for what else happened."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from ergon_ops.errors import ErgonError
from ergon_ops.events import Event
from ergon_ops.interfaces.render.proposal import proposal_line
from ergon_ops.interfaces.render.width import Wrapping, cells, terminal_width, visible, wrapped

Document = dict[str, Any]
TOLD = frozenset({"text", "answer", "notice", "error"})  # what `Telling.show` has words for


class Telling:
    """Text to stdout, everything else as lines on stderr. At a terminal text is wrapped at words and the answer
    followed by its evidence; a pipe gets the sentences as they are. `chat` names the chat's own commands."""

    def __init__(self, *, color: bool = True, evidence: bool = True, chat: bool = False) -> None:
        self._person = sys.stdout.isatty()
        self._dim = color and sys.stderr.isatty()
        self._evidence = evidence and self._person and sys.stderr.isatty()
        self._chat = chat
        self._wrapping = Wrapping(terminal_width()) if self._person else None
        self._open = False  # a line was begun

    def show(self, event: Event) -> None:
        """One event of a question's turn."""
        match event.type:
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
        if self._open:
            self._text("\n")

    def _text(self, text: str) -> None:
        sys.stdout.write(self._wrapping.feed(text) if self._wrapping else visible(text))
        sys.stdout.flush()
        self._open = not text.endswith("\n")

    def _answer(self, document: Document) -> None:
        self.end_line()
        for proposal in document.get("proposals", ()):
            approve = "/approve" if self._chat else "ergon-ops approve"
            self._text(f"{proposal_line(proposal)}\n")
            self._text(f"waiting for approval: {approve} {proposal['id']}\n")
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
    line = " · ".join([str(document["ci"]), str(mind), f"{count} ({', '.join(sources)})" if sources else count, took])
    return line if cells(line) <= terminal_width() else " · ".join([str(document["ci"]), str(mind), count, took])
