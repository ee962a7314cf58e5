"""The words of a command line → the command they mean and its arguments."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.interfaces.commands.registry import HIDDEN, HOMES, command
from ergon_ops.interfaces.commands.spec import Argument, Command

# What argparse says → what we say.
_PLAINLY = (
    (r"^the following arguments are required: (.+)$", r"\1 is missing"),
    (r"^unrecognized arguments: (-\S*)(.*)$", r"there is no option \1"),
    (r"^unrecognized arguments: (.+)$", r"too many words: \1"),
    (r"^argument (\S+): expected one argument$", r"\1 needs a value"),
    (r"^argument (\S+): invalid choice: (.+) \(choose from (.+)\)$", r"\2 is not one of \3"),
)
# What other tools call it → what does it here.
ELSEWHERE: dict[str, str] = {
    "ps": "list",
    "ls": "list",
    "status": "list",
    "stats": "list --watch",
    "top": "list --watch",
    "logs": 'ask NAME "show me your logs"',
    "inspect": 'ask NAME "tell me about yourself"',
    "restart": 'ask NAME "restart yourself"',
    "events": 'ask NAME "what happened?"',
    "health": "diagnose",
    "check": "diagnose",
    "info": "doctor",
    "history": "journal",
    "version": "--version",
}
_QUOTE = "'"
HELP = ("-h", "--help")
_HELD = "\N{NULL}"  # cannot be part of a real argument


@dataclass(frozen=True, slots=True)
class Line:
    """A command line with what holds for every command taken out: `--json`, `--help`, and what follows `--`."""

    words: tuple[str, ...]
    verbatim: tuple[str, ...] = ()
    as_json: bool = False
    help: bool = False

    @classmethod
    def of(cls, words: Sequence[str]) -> Line:
        end = words.index("--") if "--" in words else len(words)
        before = list(words[:end])
        if before[:1] == ["help"]:
            before = [*before[1:], "--help"]
        return cls(
            tuple(word for word in before if word not in ("--json", *HELP)),
            tuple(words[end + 1 :]),
            "--json" in before,
            any(word in HELP for word in before),
        )

    @property
    def name(self) -> str:
        return self.words[0] if self.words else ""


class Parser(argparse.ArgumentParser):
    """Errors are one line with the next step, and exit 2."""

    def error(self, message: str) -> NoReturn:
        step = f"ergon-ops {self.prog} --help"
        for pattern, said in _PLAINLY:
            message, changed = re.subn(pattern, said, message)
            if changed and "there is no option" in message:
                step += "; what begins with a dash and is no option goes after --"
        raise UsageError(f"{self.prog}: {message.replace(_QUOTE, '')}", next=step)


def chosen(line: Line) -> Command:
    """The command meant. Raises UsageError naming the nearest one."""
    if line.name in HOMES or line.name in HIDDEN:
        return command(line.name)
    if not line.name:
        if line.verbatim:
            raise UsageError("there is no command before --", next='for example: ergon-ops ask -- "-v?"')
        return command("")
    if line.name.startswith("-"):
        raise UsageError(f"there is no option {line.name}", next="ergon-ops --help")
    raise UsageError(f"there is no command {line.name!r}", next=nearest(line))


def nearest(line: Line) -> str:
    """What was perhaps meant: a command spelled alike, what others call it, or a question without `ask`."""
    from difflib import get_close_matches
    from shlex import join

    if line.name in ELSEWHERE:
        return f"that is `ergon-ops {ELSEWHERE[line.name]}` here"
    near = get_close_matches(line.name.lower(), HOMES, n=1)
    if near:
        return f"did you mean `ergon-ops {near[0]}`?"
    if len(line.words) > 1 or " " in line.name:
        return f"a question begins with ask: ergon-ops ask {join(line.words)}"
    return f'a question begins with ask: ergon-ops ask {join(line.words)} "…"; --help shows the commands'


def arguments(line: Line, spec: Command) -> argparse.Namespace:
    """Options and words may come in any order. Raises UsageError."""
    parser = Parser(prog=spec.name, add_help=False, allow_abbrev=False)
    for item in spec.arguments:
        parser.add_argument(item.name, **_details(item))
    # argparse would stumble over words after `--`: it is shown place holders, and they are put back.
    held = {f"{_HELD}{number}": word for number, word in enumerate(line.verbatim)}
    found = parser.parse_intermixed_args([*line.words[1:], *held])
    for key, value in vars(found).items():
        if isinstance(value, list):
            setattr(found, key, [held.get(word, word) for word in value])
        elif isinstance(value, str):
            setattr(found, key, held.get(value, value))
    found.json = line.as_json
    return found


def _details(item: Argument) -> dict[str, Any]:
    details: dict[str, Any] = {"help": item.help}
    if item.option and not item.metavar and not item.choices:
        return {**details, "action": "store_true"}
    if item.metavar:
        details["metavar"] = item.metavar
    if item.choices:
        details["choices"] = item.choices
    if item.count:
        details |= {"nargs": item.count, "default": "" if item.count == "?" else None}
    return details
