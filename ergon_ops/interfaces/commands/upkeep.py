"""`doctor`, `config`, `state`: what works here, what is set, what is stored."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ergon_ops.interfaces.commands.program import Program, print_json


def nothing(parser: ArgumentParser) -> None:
    """No arguments of its own."""


def state_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--prune", action="store_true", help="drop what is older than 30 days, or beyond 500 MB")


async def doctor(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.checkup import examine

    checks = await examine(program.settings)
    worst = max((check.exit for check in checks), default=0)
    if arguments.json:
        print_json({"ok": worst == 0, "checks": [check.to_json() for check in checks]})
        return worst
    from ergon_ops.interfaces.render.tables import show_pairs

    show_pairs(("what", "how", "detail"), [(check.name, check.result, check.text) for check in checks])
    return worst


def config(program: Program, arguments: Namespace) -> int:
    rows = program.settings.rows()
    if arguments.json:
        print_json({"settings": [{"key": key, "value": value, "source": source} for key, value, source in rows]})
        return 0
    from ergon_ops.interfaces.render.tables import show_pairs

    show_pairs(("setting", "value", "from"), [(key, plain(value), source) for key, value, source in rows])
    return 0


def plain(value: object) -> str:
    if value is None or value == "" or value == [] or value == ():
        return "-"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


async def state(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        document = await assistant.state(prune=arguments.prune)
    if arguments.json:
        print_json(document)
        return 0
    from ergon_ops.interfaces.render.tables import show_pairs

    print(f"{document['path']}  {document['bytes'] / 1024:.0f} KiB")
    show_pairs(("what", "rows"), [(name, str(count)) for name, count in document["rows"].items()])
    return 0


ARGUMENTS = {"doctor": nothing, "config": nothing, "state": state_arguments}
RUN = {"doctor": doctor, "config": config, "state": state}
