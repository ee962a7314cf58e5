"""`demo up|down`, `up` and `down`: containers from a manifest."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ergon_ops.interfaces.commands.program import Program, print_json


def demo_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=("up", "down"))


def manifest_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("manifest", type=Path, metavar="MANIFEST", help="a manifest 1.0 in JSON")


def progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


async def demo(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.stacks import demo_down, demo_up

    work = demo_up if arguments.action == "up" else demo_down
    return _said(await work(program.settings, progress), arguments)


async def up(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.stacks import stack_up

    return _said(await stack_up(program.settings, arguments.manifest, progress), arguments)


async def down(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.stacks import stack_down

    return _said(await stack_down(program.settings, arguments.manifest, progress), arguments)


def _said(document: dict[str, object], arguments: Namespace) -> int:
    if arguments.json:
        print_json(document)
    else:
        print(document["text"])
    return 0


ARGUMENTS = {"demo": demo_arguments, "up": manifest_arguments, "down": manifest_arguments}
RUN = {"demo": demo, "up": up, "down": down}
