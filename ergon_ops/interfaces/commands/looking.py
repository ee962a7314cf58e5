"""`list` and `diagnose`: the whole host at a glance."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace

from ergon_ops.assistant import Assistant
from ergon_ops.errors import EngineError
from ergon_ops.interfaces.commands.asking import NO_DAEMON
from ergon_ops.interfaces.commands.program import Program, conclude, notice, notice_failures, print_json
from ergon_ops.interfaces.commands.spec import Argument, Command
from ergon_ops.interfaces.render.waiting import waiting

REFRESH_S = 2.0


async def list_(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        if arguments.watch:
            return await _watch(program, assistant)
        with waiting():
            document = await assistant.listing()
        status = conclude(document)
        if program.as_json:
            print_json(document)
            return status
        from ergon_ops.interfaces.render.listing import show_listing

        show_listing(program.settings, document)
        notice_failures(document)
        return status


async def _watch(program: Program, assistant: Assistant) -> int:
    """Until Ctrl-C. An engine that stops answering is shown, and looked for again."""
    if program.as_json or not sys.stdout.isatty():
        return await _watch_lines(program, assistant)
    from ergon_ops.interfaces.render.listing import watching

    with watching(program.settings) as show:
        while True:
            show(await _listing(assistant))
            await pause()


async def _watch_lines(program: Program, assistant: Assistant) -> int:
    from ergon_ops.interfaces.render.listing import below

    while True:
        document = await _listing(assistant)
        conclude(document)
        if program.as_json:
            print_json(document)
        else:
            below(program.settings, document)
        await pause()


async def pause() -> None:
    await asyncio.sleep(REFRESH_S)


async def _listing(assistant: Assistant) -> dict[str, object]:
    try:
        return await assistant.listing()
    except EngineError as error:
        return {"containers": [], "failures": {"engine": error.to_json()["error"]}, "exit": error.exit}


async def diagnose(program: Program, arguments: Namespace) -> int:
    name = "" if arguments.name == "all" else arguments.name.removeprefix("@")
    with waiting():
        async with program.assistant() as assistant:
            document = await assistant.diagnose(name)
    status = conclude(document)
    if program.as_json:
        print_json(document)
        return status
    from ergon_ops.interfaces.render.findings import show_diagnosis

    show_diagnosis(program.settings, document)
    notice_failures(document)
    if status == 7:
        notice("ergon-ops: this is not the whole truth")
    return status


COMMANDS = (
    Command(
        "list",
        "[--watch]",
        "every container, its CI and how it is",
        list_,
        (
            ("list", "a table; a narrow terminal gets fewer columns"),
            ("list --watch", "the same, again and again, until Ctrl-C"),
            ("list --json | jq -r '.containers[].name'", "for programs: bytes, cores, states"),
        ),
        arguments=(
            Argument("--watch", f"again every {REFRESH_S:.0f} s; with --json one document a line"),
            NO_DAEMON,
        ),
    ),
    Command(
        "diagnose",
        "[NAME|all]",
        "what the rules find wrong",
        diagnose,
        (
            ("diagnose", "all containers"),
            ("diagnose webapp --json", "with the facts each finding rests on"),
        ),
        "Exit 0 where nothing is wrong that the rules know, 1 with findings, 7 if evidence could not be read.",
        (Argument("name", "one container", "NAME", "?", completes="containers"), NO_DAEMON),
    ),
)
