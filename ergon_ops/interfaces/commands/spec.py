"""How a command is declared: its words, its help with examples, and what runs."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from ergon_ops.dataclass import dataclass

if TYPE_CHECKING:
    from ergon_ops.interfaces.commands.program import Program

Run = Callable[["Program", Namespace], "int | Coroutine[Any, Any, int]"]


@dataclass(frozen=True, slots=True)
class Argument:
    """`--name` is an option (a flag, unless `metavar` names its value); anything else a word of the line."""

    name: str
    help: str
    metavar: str = ""
    count: str = ""  # argparse's nargs: ? * +
    choices: tuple[str, ...] = ()
    completes: str = ""  # for shells: containers proposals sessions models files

    @property
    def option(self) -> bool:
        return self.name.startswith("-")

    @property
    def shown(self) -> str:
        """As the help spells it."""
        if not self.option:
            return self.metavar or "|".join(self.choices) or self.name.upper()
        value = self.metavar or "|".join(self.choices)
        return f"{self.name} {value}".strip()


@dataclass(frozen=True, slots=True)
class Command:
    """`usage` is the line after `ergon-ops NAME`; `examples` are (what is typed after `ergon-ops`, what it does)."""

    name: str
    usage: str
    summary: str
    run: Run
    examples: tuple[tuple[str, str], ...]
    about: str = ""
    arguments: tuple[Argument, ...] = ()
