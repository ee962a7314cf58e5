"""How wide things are: of the terminal, of a text, and a text cut at word ends. Cheap to import."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Iterator
from typing import TextIO

# What could move the cursor, ring or repaint: nothing a container says may do that.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_PARTS = re.compile(r"\n|[^\S\n]+|\S+")


def terminal_width() -> int:
    return shutil.get_terminal_size((80, 24)).columns


def terminal_height() -> int:
    return shutil.get_terminal_size((80, 24)).lines


def visible(text: str) -> str:
    """`text` without control characters; line ends and tabs stay."""
    return _CONTROL.sub("", text)


def spelled(text: str) -> str:
    """`text` with its control characters spelled out: nothing is missing, and nothing moves the cursor."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def cells(text: str) -> int:
    """Columns a terminal uses for it."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(char) for char in text)


def _cells_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrapped(text: str, stream: TextIO, *, indent: str = "") -> str:
    """`text` broken at word ends if `stream` is a terminal; for a pipe a line stays a line."""
    if not stream.isatty():
        return visible(text)
    return Wrapping(terminal_width(), indent=indent).feed(text)


class Wrapping:
    """Breaks a stream of text at word ends. What was given out is never taken back."""

    def __init__(self, width: int, *, indent: str = "") -> None:
        self.width = max(20, width)
        self._hanging = indent
        self._column = 0
        self._space = ""
        self._indent = ""

    def feed(self, text: str) -> str:
        return "".join(self._parts(visible(text)))

    def _parts(self, text: str) -> Iterator[str]:
        for part in _PARTS.findall(text):
            if part == "\n":
                self._column, self._space, self._indent = 0, "", ""
                yield "\n"
            elif part.isspace():
                self._space = part
                if self._column == 0:
                    self._indent = part
            else:
                yield from self._word(part)

    def _word(self, word: str) -> Iterator[str]:
        wide, gap = cells(word), len(self._space)
        if self._column == 0 and word in ("-", "•", "*"):
            self._indent += "  "  # the rest of a list's item stands under its text
        if self._column and self._column + gap + wide > self.width:
            indent = self._indent + self._hanging
            yield f"\n{indent}"
            self._column = len(indent) + wide
        else:
            yield self._space
            self._column += gap + wide
        self._space = ""
        yield word
