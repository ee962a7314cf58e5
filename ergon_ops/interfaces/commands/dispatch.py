"""Words → a parsed command → its exit status. The only place at a terminal where anything may be caught broadly."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import importlib
import json
import sys
from collections.abc import Coroutine, Sequence
from typing import Any, NoReturn

from ergon_ops import __version__
from ergon_ops.errors import ErgonError, UsageError
from ergon_ops.interfaces.commands.program import Program

# Name → the module that has it. Modules are imported only for the command that runs, or for the whole help.
COMMANDS: dict[str, tuple[str, str]] = {
    "ask": ("talking", "ask one container, several or all of them"),
    "chat": ("talking", "a conversation; without a name about the whole host"),
    "list": ("looking", "every container, its CI and how it is"),
    "diagnose": ("looking", "what the rules find wrong"),
    "proposals": ("changing", "changes that wait for approval"),
    "approve": ("changing", "approve a proposal: it is applied and verified"),
    "reject": ("changing", "reject a proposal"),
    "journal": ("changing", "what was changed, by whom, and whether the record is whole"),
    "doctor": ("upkeep", "what works here, and what to do about the rest"),
    "config": ("upkeep", "every setting, its value and where it comes from"),
    "state": ("upkeep", "what is stored, and how much"),
    "demo": ("stacks", "start or remove the demo containers"),
    "up": ("stacks", "start the containers of a manifest, in order"),
    "down": ("stacks", "remove what `up` made, in reverse order"),
}


class Parser(argparse.ArgumentParser):
    """Errors are one line with the next step, and exit 2."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, next=f"{self.prog} --help")


def build_parser(only: str = "") -> Parser:
    """The parser of one command, or of all of them for the help."""
    parser = Parser(prog="ergon-ops", description="Talk to your containers.", allow_abbrev=False)
    parser.add_argument("-V", "--version", action="version", version=f"ergon-ops {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for name, (family, help) in COMMANDS.items():
        if only and name != only:
            continue
        module = importlib.import_module(f"ergon_ops.interfaces.commands.{family}")
        sub = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".", allow_abbrev=False)
        sub.add_argument("--json", action="store_true", help="exactly one JSON document on stdout")
        module.ARGUMENTS[name](sub)
        sub.set_defaults(run=module.RUN[name])
    return parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Raises UsageError. No words at all is the overview."""
    if not words or words == ["--json"]:
        module = importlib.import_module("ergon_ops.interfaces.commands.talking")
        return argparse.Namespace(command="", json="--json" in words, run=module.overview)
    first = words[0]
    if not first.startswith("-") and first not in COMMANDS:
        near = difflib.get_close_matches(first, COMMANDS, n=1)
        step = f"did you mean `ergon-ops {near[0]}`?" if near else f'`ergon-ops ask "{first} …"`, or --help'
        raise UsageError(f"there is no command {first!r}", next=step)
    return build_parser("" if first.startswith("-") else first).parse_args(words)


def run(words: Sequence[str]) -> int:
    """Runs one command and returns its exit status; whatever goes wrong becomes one line on stderr."""
    as_json = "--json" in words
    try:
        arguments = parse(words)
        return _finish(arguments.run(Program.open(), arguments))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except ErgonError as error:
        return fail(error, as_json=as_json)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 the edge: a person sees one line, and how to get the rest
        return fail(_defect(error), as_json=as_json)


def _finish(work: int | Coroutine[Any, Any, int]) -> int:
    return work if isinstance(work, int) else asyncio.run(work)


def _defect(error: Exception) -> ErgonError:
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
    return ErgonError(
        f"internal error: {type(error).__name__}: {error} ({where})",
        next="this is a defect of ergon-ops; please report it",
    )


def fail(error: ErgonError, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(error.to_json(), ensure_ascii=False))
    else:
        print(f"ergon-ops: {error}", file=sys.stderr)
    return error.exit
