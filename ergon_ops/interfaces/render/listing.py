"""`list`: the table, and the same kept up to date in place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ergon_ops.interfaces.render.console import console, put, styled
from ergon_ops.interfaces.render.grid import Column, grid
from ergon_ops.interfaces.render.width import terminal_height
from ergon_ops.settings import Settings

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

Document = dict[str, Any]
COLUMNS = (
    Column("NAME", least=16),
    Column("STATE"),
    Column("HEALTH", drop=2),
    Column("CPU", drop=3, right=True),
    Column("MEMORY", drop=1, right=True),
    Column("SERVES", drop=4, least=18),
    Column("CI", drop=5, least=14),
)
EMPTY = "No containers here. `ergon-ops demo up` starts three to talk to."


def show_listing(settings: Settings, document: Document) -> None:
    rows = document["containers"]
    if rows:
        put(settings, grid(COLUMNS, cells_of(rows), console(settings).width))
    elif not document["failures"]:
        print(EMPTY)


def cells_of(rows: list[Document]) -> list[list[str]]:
    several = len({row["host"] for row in rows}) > 1
    return [
        [
            f"{row['host']}/{row['name']}" if several else row["name"],
            row["state"],
            row["health"] if row["health"] not in ("none", "", None) else "-",
            row["text"]["cpu"],
            row["text"]["memory"],
            row["text"]["serves"],
            row["ci"],
        ]
        for row in rows
    ]


@contextmanager
def watching(settings: Settings) -> Iterator[Callable[[Document], None]]:
    """A function that shows the newest listing: in place, or below the last one where a terminal cannot."""
    screen = console(settings)
    if screen.is_dumb_terminal:
        yield lambda document: below(settings, document)
        return
    from rich.live import Live

    with Live(console=screen, screen=True, auto_refresh=False, vertical_overflow="crop") as live:

        def show(document: Document) -> None:
            screen.width = console(settings).width
            live.update(page(document, screen.width, terminal_height()), refresh=True)

        yield show
    sys.stdout.flush()


def below(settings: Settings, document: Document) -> None:
    """The newest listing after the last one."""
    print(head(document))
    show_listing(settings, document)
    print(flush=True)


def page(document: Document, width: int, height: int) -> Group:
    """One screen: the head, as many rows as there is room for, what failed."""
    from rich.console import Group

    rows = document["containers"]
    failures = [f"{host}: {failure['message']}" for host, failure in document["failures"].items()]
    room = max(1, height - 4 - len(failures))
    shown = rows if len(rows) <= room else sorted(rows, key=fine)[: room - 1]
    parts: list[RenderableType] = [styled(head(document), "bold"), ""]
    if rows:
        parts.append(grid(COLUMNS, cells_of(shown), width))
    if len(shown) < len(rows):
        parts.append(
            styled(f"… and {len(rows) - len(shown)} more: shown is what needs a look, then the busiest", "dim")
        )
    parts += [styled(text, "bold red") for text in failures]
    return Group(*parts)


def head(document: Document) -> str:
    rows = document["containers"]
    running = sum(row["state"] == "running" for row in rows)
    at = str(document.get("at", ""))[11:19]
    return f"{len(rows)} container{'' if len(rows) == 1 else 's'}, {running} running · {at} UTC · Ctrl-C ends"


def fine(row: Document) -> tuple[bool, float, str]:
    """What needs a look first, then the busiest."""
    well = row["state"] in ("running", "exited", "created") and row["health"] not in ("unhealthy", "starting")
    return (well, -(row["cpu_cores"] or 0.0), str(row["name"]))
