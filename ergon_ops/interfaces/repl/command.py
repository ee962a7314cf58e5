"""`chat`, and the bare `ergon-ops`: a look at the host, then the chat if a person is there."""

from __future__ import annotations

from argparse import Namespace

from ergon_ops.assistant import Assistant
from ergon_ops.errors import UsageError
from ergon_ops.interfaces.commands.asking import MIND
from ergon_ops.interfaces.commands.program import Program, conclude, notice_failures, print_json, say
from ergon_ops.interfaces.commands.spec import Argument, Command
from ergon_ops.interfaces.render.waiting import waiting
from ergon_ops.interfaces.repl.chat import Chat
from ergon_ops.interfaces.repl.sitting import resumed
from ergon_ops.interfaces.repl.slash import SLASHES


async def chat(program: Program, arguments: Namespace) -> int:
    if program.as_json:
        raise UsageError("a chat has no single document", next='for programs: ergon-ops ask "…" --json')
    if not program.terminal:
        raise UsageError("chat needs a terminal", next='through a pipe: ergon-ops ask "…"')
    async with program.assistant() as assistant:
        return await _talk(program, assistant, arguments.name, arguments.session)


async def overview(program: Program, arguments: Namespace) -> int:
    async with program.assistant() as assistant:
        mind = assistant.mind()
        with waiting():
            seen = await assistant.overview()
        document = {**seen, "mind": mind.name, "mind_why": mind.why}
        status = conclude(document)
        if program.as_json:
            print_json(document)
            return status
        from ergon_ops.interfaces.render.overview import show_overview

        stays = program.terminal and not status
        show_overview(program.settings, document, chat=stays)
        notice_failures(document)
        return await _talk(program, assistant, "", None) if stays else status


async def _talk(program: Program, assistant: Assistant, name: str, session: str | None) -> int:
    from ergon_ops.interfaces.repl.loop import talk

    made = Chat(assistant, program.actor(), program.settings)
    if name:
        await made.switch(name)
    if session:
        made.session = session
        say(resumed(made))
    return await talk(made)


OVERVIEW = Command("", "", "this host at a glance, then a chat", overview, ())

COMMANDS = (
    Command(
        "chat",
        "[NAME] [options]",
        "a conversation with one container, or about the whole host",
        chat,
        (
            ("chat", "about the whole host"),
            ("chat webapp", "with one; `and its memory?` is understood"),
            ("chat webapp --session outage", "a conversation that can be gone on with, replayed and exported"),
        ),
        "The prompt shows how the container is, and changes with it. A proposal asks approve, reject or later; Enter"
        " alone is later. Ctrl-C stops a turn, Ctrl-D leaves. Alt-Enter begins a new line; what is pasted beside a"
        " question is read along as data. "
        + ("Commands in the chat: " + " ".join(slash.name for slash in SLASHES) + "; /help tells what they do."),
        (Argument("name", "whom to talk to", "NAME", "?", completes="containers"), *MIND),
    ),
)
