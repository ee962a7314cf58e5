"""Tables that fit: columns shrink to their least, then the least important are left out. Nothing wraps into garbage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ergon_ops.dataclass import dataclass
from ergon_ops.interfaces.render.console import styled
from ergon_ops.interfaces.render.width import cells, visible

if TYPE_CHECKING:
    from rich.table import Table

GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """`drop`: the highest goes first, 0 never goes. `least`: it may shrink to this; 0 = never. `wraps`: too long a
    text goes on below instead of being cut."""

    title: str
    drop: int = 0
    least: int = 0
    right: bool = False
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Fitted:
    """Which columns are shown and how wide."""

    shown: tuple[int, ...]
    widths: tuple[int, ...]


def fitted(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> Fitted:
    natural = [max([cells(c.title), *(cells(row[n]) for row in rows)]) for n, c in enumerate(columns)]
    least = [min(natural[n], c.least) if c.least else natural[n] for n, c in enumerate(columns)]
    shown = list(range(len(columns)))
    while _total([least[n] for n in shown]) > width:
        droppable = [n for n in shown if columns[n].drop]
        if not droppable:
            break
        shown.remove(max(droppable, key=lambda n: columns[n].drop))
    widths = {n: natural[n] for n in shown}
    excess = _total(list(widths.values())) - width
    while excess > 0:
        widest = max(shown, key=lambda n: widths[n] - least[n])
        room = widths[widest] - least[widest]
        if room <= 0:
            break
        others = sorted((widths[n] - least[n] for n in shown if n != widest), reverse=True)
        step = max(1, min(excess, room - (others[0] if others else 0)))
        widths[widest] -= step
        excess -= step
    if excess > 0:  # even the least is too much: the first column gives what it can
        widths[shown[0]] = max(4, widths[shown[0]] - excess)
    return Fitted(tuple(shown), tuple(widths[n] for n in shown))


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def grid(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> Table:
    """The table that fits `width`; words that mean a state have its colour."""
    from rich.table import Table

    rows = [[visible(cell).replace("\n", " ") for cell in row] for row in rows]
    fit = fitted(columns, rows, width)
    made = Table(box=None, pad_edge=False, show_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
    for number, wide in zip(fit.shown, fit.widths, strict=True):
        column = columns[number]
        made.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=not column.wraps,
            overflow="fold" if column.wraps else "ellipsis",
            width=wide,
        )
    for row in rows:
        made.add_row(*(styled(row[number]) for number in fit.shown))
    return made
