"""`ask`: one question, one answer."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import aclosing
from typing import Any

from ergon_ops.errors import EngineError, UsageError
from ergon_ops.events import Event
from ergon_ops.interfaces.commands.consent import ask_consent
from ergon_ops.interfaces.commands.piped import read_piped
from ergon_ops.interfaces.commands.program import Program, notice, print_json
from ergon_ops.interfaces.commands.spec import Argument, Command
from ergon_ops.interfaces.render.answer import TOLD, Telling
from ergon_ops.interfaces.render.waiting import waiting
from ergon_ops.messages import Question

MODES = ("strict", "balanced", "restricted")
NO_DAEMON = Argument("--no-daemon", "do not use a running daemon")
MIND = (
    Argument("--model", "offline, or provider:model", "MODEL", completes="models"),
    Argument("--mode", "what may happen without asking; never more than your settings allow", choices=MODES),
    Argument(
        "--session",
        "go on with the session of this name: “and its memory?” is understood",
        "NAME",
        completes="sessions",
    ),
    Argument("--max-cost", "dollars a model may cost; then rules answer", "USD"),
    NO_DAEMON,
)
# Two bare words are a name and a question, unless the first can only be the beginning of a question.
QUESTION_WORDS = frozenset(
    [
        *("what", "what's", "whats", "who", "who's", "whos", "whose", "why", "how", "how's", "hows", "when", "where"),
        *("which", "is", "are", "am", "was", "were", "do", "does", "did", "can", "could", "should", "would", "will"),
        *("has", "have", "any", "anything", "something", "everything", "show", "list", "tell", "give", "compare"),
        "and",
    ]
)


def addressed(words: list[str]) -> tuple[tuple[str, ...], str]:
    """Whom, and what: `NAME "Q"`, or a question alone (quoted or not, who is meant is then up to the router)."""
    first, rest = words[0], words[1:]
    if not rest:
        return (), first
    marked = first.startswith(("@", "project:")) or first.lower() in ("all", "fleet")
    quoted = len(rest) == 1 and (" " in rest[0].strip() or first.lower().rstrip("?") not in QUESTION_WORDS)
    if (marked or quoted) and not any(char.isspace() for char in first):
        return tuple(name.removeprefix("@") for name in first.split(",") if name), " ".join(rest)
    return (), " ".join(words)


def readable(text: str) -> str:
    """What the terminal could not decode is replaced: it must be stored and printed again."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


async def ask(program: Program, arguments: Namespace) -> int:
    names, text = addressed([readable(word) for word in arguments.words])
    if not text.strip():
        raise UsageError("the question is empty", next='for example: ergon-ops ask "is anything wrong?"')
    piped = read_piped(sys.stdin)
    if piped.notice:
        notice(f"ergon-ops: {piped.notice}")
    question = Question(
        text=text,
        actor=program.actor(),
        names=names,
        session=readable(arguments.session) if arguments.session else None,
        model=program.settings.model or None,
        mode=program.settings.mode,
        context=piped.text,
    )
    telling = Telling(color=not program.settings.no_color, evidence=not program.as_json)
    events: list[Event] = []
    gone: BrokenPipeError | None = None
    async with program.assistant() as assistant:
        await ask_consent(program, assistant, question.model)
        with waiting() as waits:
            async with aclosing(assistant.ask(question)) as turn:
                async for event in turn:
                    events.append(event)
                    if event.type in TOLD:
                        waits.done()
                    if not program.as_json and gone is None:
                        try:
                            telling.show(event)
                        except BrokenPipeError as error:  # `| head`: a session has the whole answer all the same
                            gone = error
                            if question.session is None:
                                raise
    if gone is not None:
        raise gone
    if piped.text and not _used(events):
        notice('ergon-ops: what came through stdin is not part of this answer — for that: ask NAME "what is this?"')
    return _finish(events, as_json=program.as_json)


def _used(events: list[Event]) -> bool:
    """Whether the answer rests on the piped text; an error has its own line."""
    last = events[-1] if events else None
    return last is None or last.type != "answer" or any(fact["source"] == "stdin" for fact in last.data["facts"])


def _finish(events: list[Event], *, as_json: bool) -> int:
    if not events:
        raise UsageError("the question had no answer")
    last = events[-1]
    document = dict(last.data)
    if last.type == "error":
        if as_json:
            print_json(document)
        return int(document["error"]["exit"])
    status = int(document.pop("exit", 0))
    if status and "error" not in document:
        document["error"] = _failure(events, status)
    if as_json:
        for event in events:
            if event.type == "notice" and event.data["text"] != document.get("error", {}).get("message"):
                notice(f"ergon-ops: {event.data['text']}")
        print_json(document)
    return status


def _failure(events: list[Event], status: int) -> dict[str, Any]:
    """Why an answer has an exit status: the host that did not answer, as its notice told."""
    told = next((event.data for event in events if event.type == "notice"), {})
    message, code = str(told.get("text", "no engine answers")), str(told.get("code", EngineError.code))
    return {"code": code, "message": message, "next": "ergon-ops doctor", "exit": status, "details": {}}


COMMANDS = (
    Command(
        "ask",
        '[NAME|all|project:P] "QUESTION" [options]',
        "ask one container, several or all of them",
        ask,
        (
            ('ask webapp "What\'s your status?"', "a container, a Compose service or a CI, by name"),
            ('ask "which container uses the most memory?"', "who is meant is in the question"),
            ('ask project:shop "is anything wrong?"', "everything of a Compose project; `all` is everything"),
            ('ask webapp,worker "compare your memory"', "several"),
            (
                'docker logs webapp 2>&1 | ergon-ops ask webapp "what is this?"',
                "with text that belongs to the question",
            ),
            (
                'ergon-ops ask --session s1 webapp "status?" && ergon-ops ask --session s1 "and its memory?"',
                "a conversation",
            ),
            ('ask webapp "restart yourself"', "changes are proposed only: `ergon-ops approve ID` makes them"),
            ('ask -- "-v?"', "a question that begins with a dash"),
        ),
        "Without a name the question itself says who is meant. Text on stdin is read along as untrusted data.",
        (
            Argument(
                "words", "whom (if you like), and the question; quotes are a good idea", "WORD", "+", (), "containers"
            ),
            *MIND,
        ),
    ),
)
