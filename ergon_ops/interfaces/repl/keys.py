"""What keys do in the chat, beside prompt_toolkit's own: new lines, and what is pasted stays whole."""

from __future__ import annotations

from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

RECALLED_LINES = 3  # so many lines were hardly typed


class Pasted:
    """The pasted parts of the line being typed, and of those before: they come back from the history."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.typed = False  # a new line was begun by hand
        self._known: dict[str, tuple[str, ...]] = {}

    def begin(self) -> None:
        self.blocks, self.typed = [], False

    def of(self, line: str) -> tuple[str, ...]:
        """Out of an older history nobody knows: several lines are taken for a question and what was pasted below."""
        if self.blocks or self.typed:
            self._known[line] = tuple(self.blocks)
        return self._known.get(line, (line,) if line.count("\n") >= RECALLED_LINES else ())


def bindings(pasted: Pasted) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        pasted.typed = True
        event.current_buffer.insert_text("\n")

    @keys.add(Keys.BracketedPaste)
    def _(event: KeyPressEvent) -> None:
        text = event.data.replace("\r\n", "\n").replace("\r", "\n")
        pasted.blocks.append(text)
        event.current_buffer.insert_text(text)

    return keys
