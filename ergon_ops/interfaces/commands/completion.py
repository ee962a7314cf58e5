"""`completion bash|zsh|fish`: a script for the shell. What may come next is asked of a hidden command: it is fast,
names come live and have a deadline, and it never fails and never says anything but words."""

from __future__ import annotations

import asyncio
import contextlib
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence

from ergon_ops.errors import ErgonError
from ergon_ops.interfaces.commands.program import Program, print_json
from ergon_ops.interfaces.commands.registry import HOMES, command
from ergon_ops.interfaces.commands.shells import SCRIPTS
from ergon_ops.interfaces.commands.spec import Argument, Command

DEADLINE_S = 1.5
EVERYWHERE = (("--json", "one JSON document"), ("--help", "help"))
FILES = ":files"
MODELS = ("offline", "anthropic", "openai")
Word = tuple[str, str]  # and what it is


def completion(program: Program, arguments: Namespace) -> int:
    script = SCRIPTS[arguments.shell]
    print_json({"shell": arguments.shell, "script": script}) if program.as_json else print(script, end="")
    return 0


async def complete(program: Program, arguments: Namespace) -> int:
    """A word a line, in the shell's own form. Whatever goes wrong: no words, and no failure."""
    shell, breaks, line = (*arguments.words, "", "", "")[:3]
    typed = split(line)
    found: list[Word] = []
    if typed is not None and len(typed) > 1:
        with contextlib.suppress(ErgonError, OSError, TimeoutError):
            found = await candidates(program, typed[1:])
        current = typed[-1]
        found = [word for word in found if word[0].startswith(current) or word[0] == FILES]
    for text in spelled(shell, breaks, typed[-1] if typed else "", found):
        print(text)
    return 0


def split(line: str) -> list[str] | None:
    """The words so far, the last being typed; None inside quotes, where only prose can follow."""
    import shlex

    try:
        words = shlex.split(line, comments=False, posix=True)
    except ValueError:
        return None
    return [*words, ""] if not words or line[-1:].isspace() else words


async def candidates(program: Program, words: Sequence[str]) -> list[Word]:
    *before, current = words
    names = [word for word in before if word in HOMES]
    if not before:
        return [*((name, command(name).summary) for name in HOMES), ("--help", "help"), ("--version", "the version")]
    if before[0] not in names:
        return []
    spec = command(before[0])
    options = {item.name: item for item in spec.arguments if item.option}
    if before[-1] in options and (options[before[-1]].metavar or options[before[-1]].choices):
        return await values(program, options[before[-1]])
    if current.startswith("-"):
        return [*((item.name, item.help) for item in options.values()), *EVERYWHERE]
    argument = positional(spec, before[1:])
    found = await values(program, argument) if argument else []
    return [(f"@{word}", what) for word, what in found] if current.startswith("@") else found


def positional(spec: Command, before: Sequence[str]) -> Argument | None:
    """The argument that is typed now. Of several words of prose only the first can be a name."""
    taking = {item.name for item in spec.arguments if item.option and (item.metavar or item.choices)}
    given = [
        word
        for number, word in enumerate(before)
        if not word.startswith("-") and not (number and before[number - 1] in taking)
    ]
    places = [item for item in spec.arguments if not item.option]
    return places[len(given)] if len(given) < len(places) else None


async def values(program: Program, argument: Argument) -> list[Word]:
    if argument.choices:
        return [(word, "") for word in argument.choices]
    match argument.completes:
        case "":
            return []
        case "files":
            return [(FILES, "")]
        case "models":
            return [(word, "") for word in MODELS]
        case kind:
            return await known(program, kind)


async def known(program: Program, kind: str) -> list[Word]:
    """Names a shell need not quote: who is called otherwise is typed by hand. The deadline is an engine's: what a busy
    machine needs to load the program is waited for, or there would be no names on the day they are needed."""
    async with program.assistant() as assistant:
        match kind:
            case "containers":
                with contextlib.suppress(ErgonError, TimeoutError):
                    roster = await asyncio.wait_for(assistant.roster(), DEADLINE_S)
                    if roster["containers"]:
                        return plain(people(roster["containers"]))
                return plain(people(assistant.last_seen()["containers"]))
            case "proposals":
                rows = (await asyncio.wait_for(assistant.proposals(), DEADLINE_S))["proposals"]
                return plain((row["id"], f"{row['kind']} {row['container']}") for row in rows)
            case "sessions":
                rows = assistant.sessions()["sessions"]
                return plain((row["name"], f"{row['messages']} messages") for row in rows)
            case _:
                return []


def people(rows: Iterable[dict[str, str]]) -> Iterator[Word]:
    """Containers and how they are, their CIs, services and projects."""
    rows = list(rows)
    for key in ("name", "service", "ci"):
        for row in rows:
            if row.get(key):
                health = f", {row['health']}" if row["health"] not in ("none", "", None) else ""
                yield row[key], f"{row['state']}{health}"
    yield from ((f"project:{name}", "project") for name in sorted({row["project"] or "" for row in rows} - {""}))
    if rows:
        yield "all", "everyone"


def plain(found: Iterable[Word]) -> list[Word]:
    safe = {word: what for word, what in reversed(list(found)) if all(c.isalnum() or c in "-_./:" for c in word)}
    return sorted(safe.items())


def spelled(shell: str, breaks: str, current: str, found: Sequence[Word]) -> Iterator[str]:
    """bash replaces only what stands after the last of its word breaks; zsh and fish show what a word is."""
    if found and found[0][0] == FILES:
        yield FILES
        return
    cut = max((current.rfind(char) + 1 for char in breaks if char in ":@="), default=0)
    for word, what in found:
        what = " ".join(what.split())
        match shell:
            case "bash":
                yield word[cut:]
            case "zsh":
                yield word.replace(":", "\\:") + (f":{what}" if what else "")
            case _:
                yield f"{word}\t{what}" if what else word


COMMANDS = (
    Command(
        "completion",
        "bash|zsh|fish",
        "a script that lets your shell complete commands and container names",
        completion,
        (
            ('eval "$(ergon-ops completion bash)"', "in ~/.bashrc; for zsh the same in ~/.zshrc, after compinit"),
            ("completion fish > ~/.config/fish/completions/ergon-ops.fish", "for fish"),
        ),
        "Names of containers, CIs, services, projects, sessions and proposals are those of the moment; of an engine"
        " that does not answer in time, those last seen.",
        (Argument("shell", "which shell", choices=tuple(SCRIPTS)),),
    ),
)
COMPLETE = Command("__complete", "", "what may come next", complete, (), "", (Argument("words", "", "WORD", "*"),))
