"""Markdown for a terminal, sentence by sentence: what was given out is never taken back.

Text flows at once; a heading, a code block's line and a table wait for their end. Markup counts only where it is closed
in the same piece, and never inside “…”: what a container said stays as it said it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from ergon_ops.interfaces.render.width import cells, visible

Fragment = tuple[str, str]  # text, style
BOLD, ITALIC, CODE, PLAIN = "1", "3", "36", ""
_INLINE = re.compile(
    r"(?P<said>“[^”]*”)"
    r"|`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<bold>[^\s*](?:[^\n]*?[^\s])?)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|\[(?P<label>[^\]\n]+)\]\((?P<link>[^)\s]+)\)"
    r"|\\(?P<escaped>[*_`|#\[\]])"
)
_PARTS = re.compile(r"[^\S\n]+|\S+")
_ITEM = re.compile(r"(\s*)([-*+•]|\d{1,3}[.)])(\s+)")
_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*$")
_RULE = re.compile(r"\s*\|?[\s:|-]*-[\s:|-]*$")
_CELL = re.compile(r"(?<!\\)\|")
GAP = "  "


def fragments(text: str, style: str = PLAIN) -> Iterator[Fragment]:
    """Runs of one style each. A link shows where it leads."""
    end = 0
    for found in _INLINE.finditer(text):
        if found.start() > end:
            yield text[end : found.start()], style
        end = found.end()
        if found["code"]:
            yield f"`{found['code']}`", CODE
        elif found["bold"]:
            yield from ((part, BOLD if inner in (PLAIN, BOLD) else inner) for part, inner in fragments(found["bold"]))
        elif found["italic"]:
            yield found["italic"], style or ITALIC
        elif found["label"]:
            yield f"{found['label']} ({found['link']})", style
        else:
            yield found["escaped"] or found["said"], style
    if end < len(text):
        yield text[end:], style


class Flow:
    """Words broken at line ends, in their styles. `hanging` is where the next lines of this one begin."""

    def __init__(self, width: Callable[[], int], *, color: bool) -> None:
        self._width, self._color = width, color
        self.column, self.hanging, self._space = 0, "", ""

    def newline(self) -> str:
        self.column, self.hanging, self._space = 0, "", ""
        return "\n"

    def put(self, runs: Sequence[Fragment]) -> str:
        return "".join(self._word(word) if word[0][0].strip() else self._gap(word[0][0]) for word in words(runs))

    def _gap(self, space: str) -> str:
        self._space = space
        return ""

    def _word(self, word: Sequence[Fragment]) -> str:
        shown = [(self._plain(text, style), style) for text, style in word]
        wide, gap = sum(cells(text) for text, _ in shown), self._space
        self._space = ""
        if self.column and self.column + len(gap) + wide > max(20, self._width()):
            self.column = len(self.hanging) + wide
            return f"\n{self.hanging}{self._styled(shown)}"
        self.column += len(gap) + wide
        return gap + self._styled(shown)

    def _plain(self, text: str, style: str) -> str:
        """Where colour tells what is code its quotes are not needed."""
        return text.replace("`", "") if style == CODE and self._color else text

    def _styled(self, shown: Sequence[Fragment]) -> str:
        return "".join(sgr(text, style) if self._color else text for text, style in shown)


def sgr(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style and text else text


def words(runs: Sequence[Fragment]) -> Iterator[list[Fragment]]:
    """Words and the spaces between them; a word may have several styles (`**CPU**:`)."""
    word: list[Fragment] = []
    for text, style in runs:
        for part in _PARTS.findall(text):
            if part.isspace():
                if word:
                    yield word
                yield [(part, PLAIN)]
                word = []
            else:
                word.append((part, style))
    if word:
        yield word


class Markdown:
    """`feed` gives what can be shown now, `end` what still waited."""

    def __init__(self, width: Callable[[], int], *, color: bool = True) -> None:
        self._width, self._color = width, color
        self._flow = Flow(width, color=color)
        self._held = ""  # the beginning of a line whose kind is not known yet
        self._begun = False  # a line of flowing text was begun
        self._fenced = False
        self._table: list[str] = []

    @property
    def open(self) -> bool:
        """A line was begun and not ended."""
        return self._begun

    def feed(self, text: str) -> str:
        return "".join(self._part(part) for part in re.findall(r"[^\n]*\n|[^\n]+", visible(text).expandtabs(4)))

    def end(self) -> str:
        """All that waited, and the end of the line."""
        held = self._line(self._held) if self._held else ""
        self._held = ""
        return held + self._tables() + (self._over() if self._begun else "")

    def _over(self) -> str:
        self._begun = False
        return self._flow.newline()

    def _part(self, part: str) -> str:
        ended = part.endswith("\n")
        if self._begun:
            shown = self._flow.put(list(fragments(part.rstrip("\n"))))
            return shown + (self._over() if ended else "")
        self._held += part
        if not ended and (self._fenced or waits(self._held)):
            return ""
        line, self._held = self._held.removesuffix("\n"), ""
        return self._line(line) + (self._over() if ended and self.open else "")

    def _line(self, line: str) -> str:
        """A line, or the beginning of one that flows on."""
        if line.lstrip().startswith("```"):
            self._fenced = not self._fenced
            return self._tables()
        if self._fenced:
            return f"  {sgr(line, CODE) if self._color else line}\n"
        if line.lstrip().startswith("|"):
            self._table.append(line)
            return ""
        before = self._tables()
        if heading := _HEADING.match(line):
            return before + (sgr(heading[1], BOLD) if self._color else heading[1]) + "\n"
        if not line.strip():
            return before + "\n"
        self._begun = True
        return before + self._begin(line)

    def _begin(self, line: str) -> str:
        item = _ITEM.match(line)
        if item is None:
            self._flow.hanging = re.match(r"\s*", line)[0][:8]  # type: ignore[index]
            return self._flow.put(list(fragments(line)))
        marker = item[2] if item[2][0].isdigit() else "-"
        head = f"{item[1][:8]}{marker} "
        self._flow.column, self._flow.hanging = len(head), " " * len(head)
        return head + self._flow.put(list(fragments(line[item.end() :])))

    def _tables(self) -> str:
        rows, self._table = self._table, []
        return table(rows, self._width(), color=self._color) if rows else ""


def waits(line: str) -> bool:
    """Whether the kind of a line, or the whole of it, is still to come."""
    bare = line.lstrip()
    return bare.startswith(("|", "#", "```")) or len(bare) < 3 or bool(_ITEM.fullmatch(line))


def table(lines: Sequence[str], width: int, *, color: bool) -> str:
    """Columns where they fit, else one `name: value` a line and a row a block."""
    rule = next((line for line in lines[1:2] if _RULE.match(line)), "")
    rows = [cells_of(line) for line in lines if line is not rule]
    count = max(len(row) for row in rows)
    rows = [[*row, *[""] * (count - len(row))] for row in rows]
    right = [cell.endswith(":") and not cell.startswith(":") for cell in cells_of(rule)] if rule else []
    right += [False] * (count - len(right))
    widths = [max(cells(row[n]) for row in rows) for n in range(count)]
    if sum(widths) + len(GAP) * (count - 1) > width and len(rows) > 1:
        return _blocks(rows)
    told = []
    for number, row in enumerate(rows):
        line = GAP.join(padded(cell, widths[n], right=right[n]) for n, cell in enumerate(row)).rstrip()
        told.append(sgr(line, BOLD) if color and rule and not number else line)
    return "\n".join(told) + "\n"


def _blocks(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = rows
    return "\n".join("".join(f"{name}: {cell}\n" for name, cell in zip(head, row, strict=True)) for row in rest)


def cells_of(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return ["".join(text.replace("`", "") for text, _ in fragments(cell.strip())) for cell in _CELL.split(inner)]


def padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - cells(text))
    return space + text if right else text + space
