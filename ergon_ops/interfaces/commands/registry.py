"""Which commands there are and which module has each. A module is imported only when its command runs."""

from __future__ import annotations

import importlib

from ergon_ops.interfaces.commands.spec import Command

_HERE = "ergon_ops.interfaces.commands"
# In the order of the help. The chat is named, not imported: it is built upon the commands.
HOMES: dict[str, str] = {
    "ask": f"{_HERE}.asking",
    "chat": "ergon_ops.interfaces.repl.command",
    "list": f"{_HERE}.looking",
    "diagnose": f"{_HERE}.looking",
    "propose": f"{_HERE}.changing",
    "proposals": f"{_HERE}.changing",
    "approve": f"{_HERE}.changing",
    "reject": f"{_HERE}.changing",
    "rollback": f"{_HERE}.changing",
    "journal": f"{_HERE}.changing",
    "session": f"{_HERE}.talks",
    "prompt": f"{_HERE}.prompting",
    "doctor": f"{_HERE}.upkeep",
    "config": f"{_HERE}.upkeep",
    "state": f"{_HERE}.upkeep",
    "serve": f"{_HERE}.serving",
    "mcp": f"{_HERE}.serving",
    "aish": f"{_HERE}.aish",
    "demo": f"{_HERE}.stacks",
    "up": f"{_HERE}.stacks",
    "down": f"{_HERE}.stacks",
    "manifest": f"{_HERE}.manifests",
    "project": f"{_HERE}.projects",
    "package": f"{_HERE}.packages",
    "registry": f"{_HERE}.packages",
    "completion": f"{_HERE}.completion",
    "uninstall": f"{_HERE}.uninstalling",
}
# Spoken by scripts of ours, not shown to people.
HIDDEN: dict[str, str] = {"__complete": f"{_HERE}.completion"}
OVERVIEW_HOME = "ergon_ops.interfaces.repl.command"


def command(name: str) -> Command:
    """The command of that name; '' is the overview."""
    if not name:
        overview: Command = importlib.import_module(OVERVIEW_HOME).OVERVIEW
        return overview
    if name in HIDDEN:
        hidden: Command = importlib.import_module(HIDDEN[name]).COMPLETE
        return hidden
    family: tuple[Command, ...] = importlib.import_module(HOMES[name]).COMMANDS
    return next(item for item in family if item.name == name)
