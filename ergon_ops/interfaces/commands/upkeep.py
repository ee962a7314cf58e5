"""`doctor`, `config`, `state`: what works here, what is set, what is stored."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ergon_ops.interfaces.commands.program import Program, notice, print_json
from ergon_ops.interfaces.commands.spec import Argument, Command


async def doctor(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.checkup import examine

    checks = await examine(program.settings)
    status = max((check.exit for check in checks), default=0)
    if program.as_json:
        print_json({"ok": status == 0, "checks": [check.to_json() for check in checks]})
        return status
    from ergon_ops.interfaces.render.checks import show_checks

    show_checks(program.settings, checks)
    return status


def config(program: Program, arguments: Namespace) -> int:
    rows = program.settings.rows()
    if program.as_json:
        print_json({"settings": [{"key": key, "value": value, "source": source} for key, value, source in rows]})
        return 0
    from ergon_ops.interfaces.render.tables import show_settings

    show_settings(program.settings, [(key, plain(value), source) for key, value, source in rows])
    return 0


def plain(value: Any) -> str:
    """A value as `ergon-ops.toml` would spell it, without the quotes."""
    if value is None or value in ("", [], ()):
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


async def state(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        document = await assistant.state(prune=arguments.prune)
    if program.as_json:
        print_json(document)
        return 0
    from ergon_ops.interfaces.render.tables import show_state

    show_state(program.settings, document)
    if document["notice"]:
        notice(f"ergon-ops: {document['notice']}")
    return 0


COMMANDS = (
    Command(
        "doctor",
        "",
        "what works here, and what to do about the rest",
        doctor,
        (("doctor", "exit 3 if no engine answers, 1 if anything else fails"),),
        "Looks at the Docker engine (socket, permission, context, version), how facts are read, the state folder,"
        " tools, prompts and the mind.",
    ),
    Command(
        "config",
        "",
        "every setting, its value and where it comes from",
        config,
        (("config", ""), ("config --json | jq '.settings[] | select(.source != \"default\")'", "only what was set")),
        "Defaults, then ergon-ops.toml in your config folder, then the one in the working directory (which may only"
        " narrow), then ERGON_OPS_*, then options.",
    ),
    Command(
        "state",
        "[--prune]",
        "what is stored, and how much",
        state,
        (("state", ""), ("state --prune", "the journal and the changes it tells of always stay")),
        "The state folder, and the cache of packaging: images and layers that were built, packages that were fetched. A"
        " daemon prunes both, and `package` the cache.",
        (Argument("--prune", "drop what nobody used for 30 days, or beyond 500 MB of state and 5 GB of cache"),),
    ),
)
