"""`ask`, `chat` and the bare `ergon-ops`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from ergon_ops.errors import UsageError
from ergon_ops.events import Event
from ergon_ops.interfaces.commands.piped import read_piped
from ergon_ops.interfaces.commands.program import Program, notice, print_json
from ergon_ops.interfaces.render.answer import footer, show_event
from ergon_ops.messages import Question


def ask_arguments(parser: ArgumentParser) -> None:
    parser.usage = 'ergon-ops ask [NAME|all|project:P] "QUESTION" [options]'
    parser.add_argument("words", nargs="+", metavar="WORD", help="the question, after a name if you like")
    _mind_arguments(parser)


def chat_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="the container to talk to")
    _mind_arguments(parser)


def _mind_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--model", help="`offline`, or provider:model")
    parser.add_argument("--mode", choices=("strict", "balanced", "restricted"), help="what may happen without asking")
    parser.add_argument(
        "--session", metavar="NAME", help="go on with this session, so that `and its memory?` is understood"
    )
    parser.add_argument("--no-daemon", action="store_true", help="do not use a running daemon")


def question_of(words: list[str]) -> tuple[tuple[str, ...], str]:
    """`ask NAME Q` names whom; one word, or more than two, is the question alone."""
    if len(words) != 2:
        return (), " ".join(words)
    return tuple(name for name in words[0].split(",") if name), words[1]


async def ask(program: Program, arguments: Namespace) -> int:
    names, text = question_of(arguments.words)
    if not text.strip():
        raise UsageError("the question is empty", next='for example: ergon-ops ask "is anything wrong?"')
    question = Question(
        text=text,
        actor=program.actor(),
        names=names,
        session=arguments.session,
        model=arguments.model,
        mode=arguments.mode,
        context=read_piped(sys.stdin),
    )
    last: Event | None = None
    async with program.assistant() as assistant:
        async for event in assistant.ask(question):
            last = event
            if not arguments.json:
                show_event(event)
    return _finish(program, last, as_json=arguments.json)


def _finish(program: Program, last: Event | None, *, as_json: bool) -> int:
    if last is None:
        raise UsageError("the question had no answer")
    if as_json:
        document = dict(last.data)
        document.pop("exit", None)
        print_json(document)
    elif last.type == "answer" and program.terminal:
        notice(footer(last))
    return int(last.data.get("exit", 0)) if last.type == "answer" else int(last.data["error"]["exit"])


async def chat(program: Program, arguments: Namespace) -> int:
    from ergon_ops.interfaces.repl import talk

    if not program.terminal:
        raise UsageError("chat needs a terminal", next='through a pipe: ergon-ops ask "…"')
    async with program.assistant() as assistant:
        return await talk(assistant, program.actor(), name=arguments.name, session=arguments.session)


async def overview(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        document = await assistant.overview()
        if arguments.json:
            print_json(document)
            return int(document["exit"])
        from ergon_ops.interfaces.render.overview import show_overview

        show_overview(program.settings, document)
        if not program.terminal or document["exit"]:
            return int(document["exit"])
        from ergon_ops.interfaces.repl import talk

        return await talk(assistant, program.actor(), name="", session=None)


ARGUMENTS = {"ask": ask_arguments, "chat": chat_arguments}
RUN = {"ask": ask, "chat": chat}
