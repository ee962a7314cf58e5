"""`session list|show|export|delete`: conversations that were stored; showing one needs neither engine nor model."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from typing import Any

from ergon_ops.errors import UsageError
from ergon_ops.interfaces.commands.program import Program, print_json, say
from ergon_ops.interfaces.commands.spec import Argument, Command

Document = dict[str, Any]
DOINGS = ("list", "show", "export", "delete")
FORMATS = ("markdown", "json")


async def session(program: Program, arguments: Namespace) -> int:
    if arguments.doing != "list" and not arguments.name:
        raise UsageError(f"session {arguments.doing} needs the name of a session", next="ergon-ops session list")
    async with program.assistant() as assistant:
        match arguments.doing:
            case "list":
                return _list(program, assistant.sessions())
            case "show":
                return _show(program, assistant.session(arguments.name))
            case "export":
                return _export(program, assistant.session(arguments.name), arguments.format or FORMATS[0])
            case _:
                return _deleted(program, assistant.delete_session(arguments.name))


def _list(program: Program, document: Document) -> int:
    if program.as_json:
        print_json(document)
        return 0
    from ergon_ops.interfaces.render.transcript import show_sessions

    show_sessions(program.settings, document)
    return 0


def _show(program: Program, document: Document) -> int:
    """The conversation as it was told."""
    if program.as_json:
        print_json(document)
        return 0
    from ergon_ops.interfaces.render.transcript import replay

    for piece in replay(document, person=sys.stdout.isatty(), color=not program.settings.no_color):
        sys.stdout.write(piece)
    sys.stdout.flush()
    return 0


def _export(program: Program, document: Document, form: str) -> int:
    """For a file: Markdown, or one JSON document. With `--json` the document that carries it."""
    from ergon_ops.interfaces.render.transcript import markdown

    if form == "json":
        text = json.dumps(document, ensure_ascii=False, indent=None if program.as_json else 2)
        print(text, flush=True)
        return 0
    text = markdown(document)
    print_json({"session": document["session"], "format": form, "text": text}) if program.as_json else print(text)
    return 0


def _deleted(program: Program, document: Document) -> int:
    if program.as_json:
        print_json(document)
    else:
        row = document["deleted"]
        say(f"Deleted the session {row['name']} with its {row['messages']} messages and the facts read in it.")
    return 0


COMMANDS = (
    Command(
        "session",
        "list|show|export|delete [NAME]",
        "conversations that were stored",
        session,
        (
            ("session list", "which there are, the newest first"),
            ("session show outage", "the conversation as it was told, also without an engine"),
            ("session export outage --format markdown > outage.md", "for a report; --format json for programs"),
            ("session delete outage", "with its facts; the journal of changes stays"),
        ),
        "`ask --session NAME` and `chat --session NAME` begin one or go on with it.",
        (
            Argument("doing", "what to do", choices=DOINGS),
            Argument("name", "its name, its id, or the beginning of its id", "NAME", "?", completes="sessions"),
            Argument("--format", "of an export", choices=FORMATS),
        ),
    ),
)
