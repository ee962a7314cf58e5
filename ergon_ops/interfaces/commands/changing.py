"""`proposals approve reject journal`: where a person decides."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ergon_ops.interfaces.commands.program import Program, notice, print_json


def proposals_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="also those that were decided or have expired")


def id_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="p-… as `ergon-ops proposals` shows it; a unique beginning is enough")


def journal_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--verify", action="store_true", help="check the chain for edits, reordering and truncation")


async def proposals(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        document = await assistant.proposals(everything=arguments.all)
    if arguments.json:
        print_json(document)
        return 0
    from ergon_ops.interfaces.render.tables import show_proposals

    show_proposals(program.settings, document)
    return 0


async def approve(program: Program, arguments: Namespace) -> int:
    from ergon_ops.interfaces.render.answer import show_change

    last = None
    async with program.assistant() as assistant:
        async for event in assistant.approve(arguments.id, actor=program.actor()):
            last = event
            if not arguments.json:
                show_change(event)
    if arguments.json and last is not None:
        print_json(dict(last.data))
    return int(last.data.get("exit", 0)) if last is not None else 1


async def reject(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        document = await assistant.reject(arguments.id, actor=program.actor())
    if arguments.json:
        print_json(document)
    else:
        print(f"Rejected {document['id']}.")
    return 0


async def journal(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        document = await assistant.journal(verify=arguments.verify)
    problems = document.get("problems", [])
    if arguments.json:
        print_json(document)
        return 1 if problems else 0
    from ergon_ops.interfaces.render.tables import show_journal

    show_journal(program.settings, document)
    for problem in problems:
        notice(f"ergon-ops: {problem}")
    if arguments.verify and not problems:
        print("The journal is whole.")
    return 1 if problems else 0


ARGUMENTS = {
    "proposals": proposals_arguments,
    "approve": id_arguments,
    "reject": id_arguments,
    "journal": journal_arguments,
}
RUN = {"proposals": proposals, "approve": approve, "reject": reject, "journal": journal}
