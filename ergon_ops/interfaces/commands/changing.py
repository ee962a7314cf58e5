"""`proposals approve reject journal`: where a person decides."""

from __future__ import annotations

from argparse import Namespace
from contextlib import aclosing

from ergon_ops.interfaces.commands.program import Program, notice, print_json
from ergon_ops.interfaces.commands.spec import Argument, Command
from ergon_ops.interfaces.render.answer import Telling


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
    telling = Telling(color=not program.settings.no_color)
    last = None
    async with program.assistant() as assistant:
        steps = assistant.approve(arguments.id, actor=program.actor())
        async with aclosing(steps):
            async for event in steps:
                last = event
                if not program.as_json:
                    telling.show_step(event)
    if last is None:
        return 1
    document = dict(last.data)
    status = int(document["error"]["exit"] if last.type == "error" else document.pop("exit", 0))
    if program.as_json:
        print_json(document)
    return status


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

COMMANDS = (
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
        " The id of a change that was left unverified (c-…) looks at it again.",
        (ID,),
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
