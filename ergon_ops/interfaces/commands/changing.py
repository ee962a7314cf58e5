"""`propose proposals approve reject journal`: where a person decides."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from ergon_ops.events import Event
from ergon_ops.interfaces.commands.program import Program, conclude, notice, print_json
from ergon_ops.interfaces.commands.spec import Argument, Command
from ergon_ops.interfaces.render.answer import Telling
from ergon_ops.interfaces.render.waiting import waiting

if TYPE_CHECKING:
    from ergon_ops.assistant.protocol import Assistant


async def propose(program: Program, arguments: Namespace) -> int:
    with waiting():
        async with program.assistant() as assistant:
            document = await assistant.propose(arguments.name.removeprefix("@"))
    status = conclude(document)
    if program.as_json:
        print_json(document)
        return status
    from ergon_ops.interfaces.render.improvements import show_improvements

    show_improvements(program.settings, document)
    return status


async def proposals(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        document = await assistant.proposals(everything=arguments.all)
    if program.as_json:
        print_json(document)
        return 0
    from ergon_ops.interfaces.render.tables import show_proposals

    show_proposals(program.settings, document, everything=arguments.all)
    return 0


async def approve(program: Program, arguments: Namespace) -> int:
    return await _followed(program, lambda assistant: assistant.approve(arguments.id, actor=program.actor()))


async def rollback(program: Program, arguments: Namespace) -> int:
    return await _followed(program, lambda assistant: assistant.rollback(arguments.change, actor=program.actor()))


async def _followed(program: Program, begin: Callable[[Assistant], AsyncGenerator[Event, None]]) -> int:
    """A change told step by step, with `--json` its last document alone."""
    telling = Telling(color=not program.settings.no_color)
    last = None
    async with program.assistant() as assistant:
        steps = begin(assistant)
        try:
            async with aclosing(steps):
                async for event in steps:
                    last = event
                    if not program.as_json:
                        telling.show_step(event)
        except asyncio.CancelledError:
            _left(program, last)
            raise
    if last is None:
        return 1
    document = dict(last.data)
    status = int(document["error"]["exit"] if last.type == "error" else document.pop("exit", 0))
    if program.as_json:
        print_json(document)
    return status


def _left(program: Program, last: Event | None) -> None:
    """What Ctrl-C leaves behind, where something was begun."""
    change = last.data.get("change") if last is not None and last.type == "change" else None
    if change and not program.as_json:
        start = "\n" if sys.stderr.isatty() else ""  # ^C stands on the line
        notice(
            f"{start}Stopped watching; what was done is not undone. `ergon-ops approve {change}` goes on,"
            f" `ergon-ops rollback {change}` puts back what was."
        )


async def reject(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        document = await assistant.reject(arguments.id, actor=program.actor())
    if program.as_json:
        print_json(document)
    else:
        print(f"Rejected {document['id']}: {document['kind']} {document['container']}. Nothing was done.")
    return 0


async def journal(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        document = await assistant.journal(verify=arguments.verify)
    problems = document.get("problems", [])
    if program.as_json:
        print_json(document)
        return 1 if problems else 0
    from ergon_ops.interfaces.render.tables import show_journal

    show_journal(program.settings, document)
    for problem in problems:
        notice(f"ergon-ops: {problem}")
    if arguments.verify and not problems:
        print("The journal is whole: nothing was edited, reordered or cut off.")
    return 1 if problems else 0


ID = Argument("id", "p-… as `ergon-ops proposals` shows it; a unique beginning is enough", "ID", completes="proposals")
CHANGE = Argument("change", "c-… as `ergon-ops journal` shows it; a unique beginning is enough", "CHANGE")

COMMANDS = (
    Command(
        "propose",
        "NAME",
        "what would be better for a container, as proposals with numbers",
        propose,
        (
            ("propose worker", "cures of what is wrong, then what else would be better; nothing is done"),
            ("propose worker --json | jq '.proposals[].formula'", "the formulas with their numbers"),
        ),
        "It looks for five seconds: what raises a limit wants two looks. Performance promises something that can be"
        " measured, hygiene does not. What was withheld is told with the reason: too little history, a role that no"
        " manifest names, a capability that is not granted. Exit 5 if all there was is forbidden.",
        (Argument("name", "one container", "NAME", completes="containers"),),
    ),
    Command(
        "proposals",
        "[--all]",
        "changes that wait for approval",
        proposals,
        (("proposals", "what is open"), ("proposals --all", "also what was decided or has expired")),
        arguments=(Argument("--all", "also those that were decided or have expired"),),
    ),
    Command(
        "approve",
        "ID",
        "approve a proposal: it is applied and verified",
        approve,
        (("approve p-6d2hfk3nqa", "shown step by step, with the state before and after"),),
        "An approval is used once, and refused when the container moved since the proposal or its time is over."
        " What was done is watched, at least 30 seconds: if something is worse then, or what was expected does not"
        " show, it is rolled back (exit 6). After Ctrl-C it stays applied and unverified, and the next start takes it"
        " up; so does the id of the change (c-…).",
        (ID,),
    ),
    Command(
        "rollback",
        "CHANGE",
        "put back what was before a change",
        rollback,
        (("rollback c-3nq7kd2v5a", "limits as they were, or the former container in its place"),),
        "Refused when somebody changed the container since: then there is no former state to go back to. A restart"
        " cannot be undone.",
        (CHANGE,),
    ),
    Command(
        "reject", "ID", "reject a proposal", reject, (("reject p-6d2h", "a unique beginning is enough"),), "", (ID,)
    ),
    Command(
        "journal",
        "[--verify]",
        "what was changed, by whom, and whether the record is whole",
        journal,
        (("journal", "every step of every change"), ("journal --verify", "exit 1 if the record was tampered with")),
        arguments=(Argument("--verify", "check the chain for edits, reordering and truncation"),),
    ),
)
