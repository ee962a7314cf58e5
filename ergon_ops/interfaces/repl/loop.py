"""The loop of the chat: a line, a turn, again. Ctrl-C stops the turn, Ctrl-D or /exit ends the chat."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.output import ColorDepth

from ergon_ops.errors import ErgonError
from ergon_ops.interfaces.commands.program import notice, say
from ergon_ops.interfaces.repl.chat import Chat
from ergon_ops.interfaces.repl.completion import Names
from ergon_ops.interfaces.repl.history import open_history

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

WELCOME = "Ask in plain English. Tab completes names, /help shows the commands, Ctrl-D leaves."


async def talk(chat: Chat, *, input: Input | None = None, output: Output | None = None) -> int:
    """Reads lines until the end; what fails is one line, and the chat goes on."""
    learning = asyncio.ensure_future(chat.greet())
    prompt: PromptSession[str] = PromptSession(
        history=open_history(chat.settings.state_dir),
        completer=Names(chat, learning),
        complete_while_typing=True,
        color_depth=ColorDepth.DEPTH_1_BIT if chat.settings.no_color else None,
        input=input,
        output=output,
    )
    say(WELCOME)
    try:
        while True:
            try:
                line = await prompt.prompt_async(lambda: prompt_of(chat))
            except KeyboardInterrupt:
                continue
            except EOFError:
                return 0
            if not await safely(chat, line):
                return 0
    finally:
        learning.cancel()


def prompt_of(chat: Chat) -> StyleAndTextTuples:
    return [("bold", chat.name or "all"), ("", "> ")]


async def safely(chat: Chat, line: str) -> bool:
    """One turn that Ctrl-C stops and that never ends the chat by failing."""
    task = asyncio.ensure_future(chat.turn(line))
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
