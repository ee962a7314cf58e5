"""`demo up|down`, `up` and `down`: containers from a manifest."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ergon_ops.interfaces.commands.program import Program, notice, print_json
from ergon_ops.interfaces.commands.spec import Argument, Command


async def demo(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.stacks import demo_down, demo_up

    work = demo_up if arguments.action == "up" else demo_down
    return _said(program, await work(program.settings, notice))


async def up(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.stacks import stack_up

    return _said(program, await stack_up(program.settings, Path(arguments.manifest), notice))


async def down(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.stacks import stack_down

    return _said(program, await stack_down(program.settings, Path(arguments.manifest), notice))


def _said(program: Program, document: dict[str, object]) -> int:
    if program.as_json:
        print_json(document)
    else:
        print(document["text"])
    return 0


MANIFEST = Argument("manifest", "a manifest 1.0 in JSON", "MANIFEST", completes="files")

COMMANDS = (
    Command(
        "demo",
        "up|down",
        "start or remove the demo containers",
        demo,
        (("demo up", "webapp, orders-db and a worker with too little CPU"), ("demo down", "removes exactly those")),
        "Images are pulled where a registry answers, else made from Debian packages.",
        (Argument("action", "start or remove", choices=("up", "down")),),
    ),
    Command(
        "up",
        "MANIFEST",
        "start the containers of a manifest, in order",
        up,
        (("up ergon.json", "twice is as good as once: what runs already stays"),),
        "Starting a manifest registers it: its containers then have the role and the capabilities it gives them.",
        (MANIFEST,),
    ),
    Command(
        "down",
        "MANIFEST",
        "remove what `up` made, in reverse order",
        down,
        (("down ergon.json", "containers and networks; named volumes stay"),),
        "",
        (MANIFEST,),
    ),
)
