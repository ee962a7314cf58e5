"""The person at the terminal: is asked a question of one line, and watches numbers move."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import AnyFormattedText
from prompt_toolkit.input.typeahead import clear_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, Layout, Window

from ergon_ops.errors import ErgonError
from ergon_ops.interfaces.render.sparks import Curves
from ergon_ops.interfaces.render.width import terminal_width
from ergon_ops.settings import dumb_terminal

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

Document = dict[str, Any]
SNAPSHOT = 3


class Seated:
    """`input` and `output` are those the chat was given; without any the terminal's, and a dumb one is known as such
    only then."""

    def __init__(self, input: Input | None, output: Output | None) -> None:
        self._input, self._output = input, output

    async def choose(self, question: str) -> str:
        """What is typed now: keys pressed before the question was there do not answer it. '' for Ctrl-C and Ctrl-D."""
        prompt: PromptSession[str] = PromptSession(input=self._input, output=self._output)
        forget_typed(prompt.app.input)
        try:
            return await prompt.prompt_async(question)
        except (KeyboardInterrupt, EOFError):
            return ""

    async def watch(self, samples: AsyncGenerator[Document, None], curves: Curves) -> None:
        """Until a key is pressed; the last look stays on the screen. Raises what the samples raise."""
        if dumb_terminal():
            await snapshot(samples, curves)
            return
        plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
        name = ""

        def page() -> AnyFormattedText:
            lines = list(curves.lines(app.output.get_size().columns, plain=plain)) or ["looking …"]
            return "\n".join([*([name] if name else []), *lines, *([] if app.is_done else ["any key ends this"])])

        app: Application[None] = Application(
            Layout(Window(FormattedTextControl(page), dont_extend_height=True)),
            key_bindings=any_key(),
            input=self._input,
            output=self._output,
        )

        async def feed() -> None:
            nonlocal name
            async with aclosing(samples) as coming:
                async for sample in coming:
                    name = str(sample["container"])
                    curves.add(sample["values"])
                    app.invalidate()

        failure: list[ErgonError] = []

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and isinstance(error := task.exception(), ErgonError):
                failure.append(error)
            if app.is_running:
                app.exit()

        forget_typed(app.input)
        feeding = asyncio.ensure_future(feed())
        feeding.add_done_callback(ended)
        try:
            await app.run_async()
        finally:
            feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError, ErgonError):
                await feeding
        if failure:
            raise failure[0]


def any_key() -> KeyBindings:
    keys = KeyBindings()

    @keys.add(Keys.Any)
    @keys.add("c-c")
    @keys.add("c-d")
    @keys.add("enter")
    @keys.add("escape", eager=True)
    def _(event: KeyPressEvent) -> None:
        if event.key_sequence[0].key != Keys.CPRResponse:
            event.app.exit()

    return keys


async def snapshot(samples: AsyncGenerator[Document, None], curves: Curves) -> None:
    """A few samples, then one look: for a terminal that cannot repaint."""
    async with aclosing(samples) as coming:
        async for sample in coming:
            curves.add(sample["values"])
            if len(curves.seen["cpu_usage"]) >= SNAPSHOT:
                break
    print("\n".join(curves.lines(terminal_width(), plain=True)), flush=True)


def forget_typed(source: Input) -> None:
    """Drops what was typed and not read yet: here, and in the terminal itself."""
    clear_typeahead(source)
    with contextlib.suppress(OSError, NotImplementedError, ValueError, AttributeError):
        import termios

        descriptor = source.fileno()
        if sys.stdin.isatty() and descriptor == sys.stdin.fileno():
            with contextlib.suppress(termios.error):
                termios.tcflush(descriptor, termios.TCIFLUSH)
