"""The help: of the program, of each command, and the same as a page of the documentation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from ergon_ops.interfaces.commands.registry import HOMES, command
from ergon_ops.interfaces.commands.spec import Command

WIDEST = 100
PAGE_WIDTH = 100
COMMON = (
    ("--json", "exactly one JSON document on stdout, also for errors"),
    ("-h, --help", "this help"),
    ("--", "what follows are words, even if they begin with a dash"),
)
EXITS = (
    ("0", "ok"),
    ("1", "findings (diagnose), or it failed"),
    ("2", "words, settings or a manifest that make no sense"),
    ("3", "no Docker engine answers"),
    ("4", "no such container"),
    ("5", "refused: policy, capability, or the container moved since the proposal"),
    ("6", "a change was applied, made things worse and was undone"),
    ("7", "unknown: evidence could not be read (diagnose)"),
    ("130", "Ctrl-C"),
)
EXAMPLES = (
    ("", "this host at a glance, then a chat"),
    ('ask webapp "What\'s your status?"', "ask one container"),
    ('ask "which container uses the most memory?"', "ask without a name: the question says who is meant"),
    ('docker logs webapp 2>&1 | ergon-ops ask webapp "what is this?"', ""),
    ("demo up", "three containers to try it on"),
)


def program_help(width: int = PAGE_WIDTH) -> str:
    rows = [(name, command(name).summary) for name in HOMES]
    parts = [
        "usage: ergon-ops [COMMAND] [--json] [--help]",
        _wrap("Talk to your containers: they answer from live facts, with no API key needed.", width),
        section("Commands", rows, width),
        section("Every command takes", COMMON, width),
        section("Exit status", EXITS, width),
        _examples(EXAMPLES, width),
        _wrap("`ergon-ops COMMAND --help` shows one command, `ergon-ops --version` the version.", width),
    ]
    return "\n\n".join(parts)


def command_help(spec: Command, width: int = PAGE_WIDTH) -> str:
    rows = [(item.shown, item.help) for item in spec.arguments]
    parts = [
        f"usage: ergon-ops {spec.name} {spec.usage}".rstrip(),
        *(_wrap(text, width) for text in (sentence(spec.summary), spec.about) if text),
        section("Arguments", [*rows, *COMMON[:2]], width),
        _examples(spec.examples, width),
    ]
    return "\n\n".join(parts)


def page() -> str:
    """`docs/commands.md`."""
    head = (
        "# Commands\n\nGenerated from the program: `python -m ergon_ops.interfaces.commands.help > docs/commands.md`."
    )
    blocks = [("ergon-ops", program_help())] + [(f"ergon-ops {name}", command_help(command(name))) for name in HOMES]
    return "\n\n".join([head, *(f"## {title}\n\n```text\n{text}\n```" for title, text in blocks)]) + "\n"


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def section(title: str, rows: Iterable[tuple[str, str]], width: int) -> str:
    rows = list(rows)
    left = min(max(len(name) for name, _ in rows), 24, max(8, width // 3))
    """Names, and what each means, in two columns."""
    return "\n".join([title, *(line for row in rows for line in _row(*row, left, min(width, WIDEST)))])


def _row(name: str, text: str, left: int, width: int) -> Iterator[str]:
    indent = " " * (left + 4)
    head = f"  {name:<{left}}  "
    if len(name) > left:
        yield f"  {name}"
        head = indent
    yield from textwrap.wrap(head + text, max(width, 40), subsequent_indent=indent, drop_whitespace=True)


def _examples(examples: Iterable[tuple[str, str]], width: int) -> str:
    """What is typed stays on one line, to be copied."""
    lines = ["Examples"]
    for typed, what in examples:
        line = typed if typed.startswith(("ergon-ops", "docker")) else f"ergon-ops {typed}".rstrip()
        lines.append(f"  {line}")
        if what:
            lines += textwrap.wrap(what, max(40, width), initial_indent=" " * 6, subsequent_indent=" " * 6)
    return "\n".join(lines)


def _wrap(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, max(40, min(width, WIDEST))))


if __name__ == "__main__":
    print(page(), end="")
