"""The loop of the chat: a line, a turn, again. Ctrl-C stops the turn, Ctrl-D or /exit ends the chat."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.plain_text import PlainTextOutput

from ergon_ops.errors import ErgonError
from ergon_ops.interfaces.commands.program import notice, say
from ergon_ops.interfaces.render.width import terminal_width, visible
from ergon_ops.interfaces.repl.chat import Chat, state_words
from ergon_ops.interfaces.repl.completion import Names
from ergon_ops.interfaces.repl.history import open_history
from ergon_ops.interfaces.repl.keys import Pasted, bindings
from ergon_ops.interfaces.repl.news import listen
from ergon_ops.interfaces.repl.person import Seated
from ergon_ops.interfaces.repl.presence import attend
from ergon_ops.settings import dumb_terminal

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

MENU_LINES = 6
WELCOME = "Ask in plain English. Tab completes names, /help shows the commands, Ctrl-D leaves."
COLORS = {
    "healthy": "ansigreen",
    "unhealthy": "ansired bold",
    "restarting": "ansired bold",
    "dead": "ansired bold",
    "unwell": "ansired bold",
    "exited": "ansiyellow",
    "paused": "ansiyellow",
    "starting": "ansiyellow",
    "created": "ansiyellow",
    "gone": "ansiyellow",
    "engine": "ansired",
}


async def talk(chat: Chat, *, input: Input | None = None, output: Output | None = None) -> int:
    """Reads lines until the end; what fails is one line, and the chat goes on."""
    if output is None and dumb_terminal():
        with create_app_session(output=PlainTextOutput(sys.stdout)):  # its prompt is plain, and so is all it draws
            return await _talk(chat, input, output)
    return await _talk(chat, input, output)


async def _talk(chat: Chat, input: Input | None, output: Output | None) -> int:
    pasted, names = Pasted(), Names(chat, asyncio.ensure_future(chat.greet()))
    prompt: PromptSession[str] = PromptSession(
        history=open_history(chat.settings.state_dir),
        completer=names,
        complete_while_typing=True,
        key_bindings=bindings(pasted),
        prompt_continuation="… ",
        reserve_space_for_menu=MENU_LINES,
        color_depth=ColorDepth.DEPTH_1_BIT if chat.settings.no_color else None,
        input=input,
        output=output,
    )
    chat.person = Seated(input, output)
    attending = asyncio.ensure_future(attend(chat, prompt.app.invalidate))
    loading, listening = asyncio.ensure_future(preload(chat)), asyncio.ensure_future(listen(chat))
    say(WELCOME)
    try:
        await _lines(chat, prompt, pasted)
    finally:
        names.close()
        for task in (attending, loading, listening):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    return 0


async def preload(chat: Chat) -> None:
    """What a model needs is imported while a person types; what is wrong with it the first turn tells."""
    with contextlib.suppress(ErgonError, ImportError):
        await chat.assistant.preload(chat.model or None)


async def _lines(chat: Chat, prompt: PromptSession[str], pasted: Pasted) -> None:
    """Line by line. Ctrl-C drops what was typed; where nothing was, the second one leaves."""
    leaving = False
    while True:
        pasted.begin()
        try:
            line = await prompt.prompt_async(lambda: prompt_of(chat))
        except KeyboardInterrupt:
            empty = not prompt.default_buffer.text
            if empty and leaving:
                return
            leaving = empty
            if empty:
                notice("Ctrl-C again leaves, Ctrl-D does too")
            continue
        except EOFError:
            return
        leaving = False
        if not await safely(chat, line, pasted.of(line)):
            return
        while chat.instead:
            line, chat.instead = chat.instead, ""
            if not await safely(chat, line):
                return


def prompt_of(chat: Chat) -> StyleAndTextTuples:
    """`webapp healthy> `: short enough to leave room for a question."""
    name, room = visible(chat.name or "all"), max(8, terminal_width() // 2 - 2)
    state = state_words(chat.presence).removeprefix("running, ")
    if len(name) + len(state) + 1 > room:
        name = name[: max(4, room - len(state) - 2)] + "…"
    shown: StyleAndTextTuples = [("bold", name)]
    if state:
        shown += [("", " "), (COLORS.get(state.split()[-1], ""), state)]
    return [*shown, ("", "> ")]


async def safely(chat: Chat, line: str, pasted: tuple[str, ...] = ()) -> bool:
    """One turn that Ctrl-C stops and that never ends the chat by failing."""
    task = asyncio.ensure_future(chat.turn(line, pasted))
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
        loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        if (running := asyncio.current_task()) is not None and running.cancelling():
            raise
        notice("stopped")
    except ErgonError as error:
        notice(f"ergon-ops: {error}")
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 the edge: one line, and the conversation is not lost
        notice(f"ergon-ops: internal error: {type(error).__name__}: {error}; please report it")
    finally:
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.remove_signal_handler(signal.SIGINT)
    return True
