"""What keys do in the chat, beside prompt_toolkit's own: new lines, and what is pasted stays whole."""

from __future__ import annotations

from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys


class Pasted:
    """The pasted parts of the line being typed."""

    def __init__(self) -> None:
        self.blocks: list[str] = []

    def take(self) -> tuple[str, ...]:
        blocks, self.blocks = self.blocks, []
        return tuple(blocks)


def bindings(pasted: Pasted) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add(Keys.BracketedPaste)
    def _(event: KeyPressEvent) -> None:
        text = event.data.replace("\r\n", "\n").replace("\r", "\n")
        pasted.blocks.append(text)
        event.current_buffer.insert_text(text)

    return keys
