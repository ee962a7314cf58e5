"""Facts as a person reads them: the value in its unit, where it came from, and how long ago."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ergon_ops.events import epoch
from ergon_ops.interfaces.render.grid import Column, grid
from ergon_ops.interfaces.render.width import visible

if TYPE_CHECKING:
    from rich.table import Table

Document = dict[str, Any]
COLUMNS = (
    Column("ID"),
    Column("CONTAINER", drop=3, least=10),
    Column("FACT", least=14),
    Column("VALUE", least=8),
    Column("SOURCE", drop=1, least=16),
    Column("READ", drop=2),
)
_STEPS = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


def facts_table(facts: Iterable[Document], width: int) -> Table:
    rows = list(facts)
    several = len({row["container"] for row in rows}) > 1
    columns = tuple(column for column in COLUMNS if several or column.title != "CONTAINER")
    return grid(columns, [cells_of(row, several=several) for row in rows], width)


def cells_of(row: Document, *, several: bool) -> list[str]:
    about = [str(row["container"])] if several else []
    return [str(row["id"]), *about, fact_name(row), value_words(row), str(row["source"]), clock(row["at"])]


def fact_name(row: Document) -> str:
    return f"{row['name']} {row['key']}".strip()


def fact_lines(row: Document) -> Iterator[str]:
    """One fact with everything that is known of it."""
    yield f"{row['id']}: {fact_name(row)} of {row['container']} = {value_words(row)}"
    yield f"  source  {row['source']}"
    window = f", over {row['window_s']:.3g} s" if row.get("window_s") else ""
    yield f"  read    {clock(row['at'])} ({ago(row['at'])}){window}"
    if row.get("inputs"):
        yield f"  made of {', '.join(row['inputs'])}"


def value_words(row: Document) -> str:
    return measured(row["value"], str(row.get("unit") or ""))


def measured(value: Any, unit: str) -> str:
    """`52.1 MiB`, `12 %`, `3 h 2 min`, `none`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if unit == "time" and isinstance(value, str):
        return f"{clock(value)} ({ago(value)})"
    if not isinstance(value, int | float):
        return visible(str(value)).replace("\n", " ")
    match unit:
        case "bytes" | "bytes/s":
            return size(value) + unit.removeprefix("bytes")
        case "ratio":
            return f"{value * 100:.3g} %"
        case "s":
            return duration(value)
        case "cores":
            return f"{value:.3g} core{'' if value == 1 else 's'}"
        case _:
            return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def size(count: float) -> str:
    for unit, step in _STEPS:
        if abs(count) >= step:
            return f"{count / step:.3g} {unit}" if abs(count) < 1000 * step else f"{count / step:.0f} {unit}"
    return f"{count:.0f} bytes"


def duration(seconds: float) -> str:
    whole = int(seconds)
    for (unit, length), (small, part) in (
        (("d", 86400), ("h", 3600)),
        (("h", 3600), ("min", 60)),
        (("min", 60), ("s", 1)),
    ):
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{seconds:.3g} s"


def clock(stamp: str) -> str:
    """The time on the wall; with its day if that is another one."""
    moment = datetime.fromtimestamp(epoch(stamp)).astimezone()
    today = moment.date() == datetime.now().astimezone().date()
    return moment.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M")


def ago(stamp: str) -> str:
    return f"{duration(max(0.0, time.time() - epoch(stamp)))} ago"
