"""`list` and `diagnose`: the whole host at a glance."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace

from ergon_ops.interfaces.commands.program import Program, notice, print_json

REFRESH_S = 2.0


def list_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--watch", action="store_true", help=f"again every {REFRESH_S:.0f} s; with --json one document a line"
    )


def diagnose_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="one container; default all")


async def list_(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        while True:
            document = await assistant.listing()
            if arguments.json:
                print_json(document)
            else:
                _show(program, document, clear=arguments.watch)
            if not arguments.watch:
                return int(document["exit"])
            await asyncio.sleep(REFRESH_S)


def _show(program: Program, document: dict[str, object], *, clear: bool) -> None:
    from ergon_ops.interfaces.render.console import console
    from ergon_ops.interfaces.render.tables import show_listing

    if clear and program.terminal:
        console().clear()
    show_listing(program.settings, document)


async def diagnose(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        document = await assistant.diagnose(arguments.name)
    if arguments.json:
        status = int(document.pop("exit"))
        print_json(document)
        return status
    for finding in document["findings"]:
        print(f"{finding['container']}: {finding['summary']} [{finding['cause']}]")
    for host, failure in document["failures"].items():
        notice(f"ergon-ops: {host}: {failure['message']} — {failure['next']}")
    if not document["findings"] and not document["failures"]:
        checked = len(document["containers"])
        print(f"Nothing wrong that the rules know, in {checked} container{'s' if checked != 1 else ''}.")
    return int(document["exit"])


ARGUMENTS = {"list": list_arguments, "diagnose": diagnose_arguments}
RUN = {"list": list_, "diagnose": diagnose}
