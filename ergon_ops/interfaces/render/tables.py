"""Proposals, the journal, settings and the state as tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ergon_ops.events import epoch
from ergon_ops.interfaces.render.console import console, put
from ergon_ops.interfaces.render.grid import Column, grid
from ergon_ops.interfaces.render.proposal import change_words, until
from ergon_ops.settings import Settings

Document = dict[str, Any]
PROPOSALS = (
    Column("ID"),
    Column("CHANGE", least=32),
    Column("RISK", drop=3),
    Column("UNDO", drop=4),
    Column("STATE", drop=1),
    Column("EXPIRES", drop=2),
)
JOURNAL = (
    Column("AT"),
    Column("CHANGE", drop=2),
    Column("CONTAINER", drop=1, least=12),
    Column("STEP"),
    Column("BY", drop=3),
    Column("WHAT", least=20, wraps=True),
)
SETTINGS = (Column("SETTING"), Column("VALUE", least=12, wraps=True), Column("FROM", drop=1, least=10, wraps=True))
STATE = (Column("WHAT"), Column("ROWS", right=True))
CACHE = (Column("WHAT"), Column("FILES", right=True), Column("SIZE", right=True))


def show_proposals(settings: Settings, document: Document, *, everything: bool) -> None:
    rows = document["proposals"]
    if not rows:
        none = "There are no proposals yet." if everything else "Nothing waits for approval."
        print(f'{none} Ask for a change, for example: ergon-ops ask NAME "restart yourself"')
        return
    cells = [
        [row["id"], change_words(row), row["risk"], row["reversibility"], row["state"], until(row["expires_at"])]
        for row in rows
    ]
    _show(settings, PROPOSALS, cells)
    waiting = [row["id"] for row in rows if row["state"] == "open"]
    if waiting:
        print(f"\nApprove with `ergon-ops approve {waiting[0]}`, or reject it.")


def show_journal(settings: Settings, document: Document) -> None:
    if not document["rows"]:
        print("Nothing was changed yet.")
        return
    cells = [
        [local(row["at"]), row["change"] or "-", row["container"] or "-", row["step"], row["by"] or "-", row["text"]]
        for row in document["rows"]
    ]
    _show(settings, JOURNAL, cells)


def show_settings(settings: Settings, rows: Sequence[tuple[str, str, str]]) -> None:
    _show(settings, SETTINGS, rows)


def show_state(settings: Settings, document: Document) -> None:
    print(f"{document['path'] or 'in memory only'}: {size(document['bytes'])}")
    _show(settings, STATE, [[name, str(count)] for name, count in document["rows"].items()])
    if cache := document.get("cache"):  # a daemon of an older version says nothing of it
        print(f"\n{cache['path']}: {size(cache['bytes'])}")
        cells = [[name, str(about["files"]), size(about["bytes"])] for name, about in cache["kinds"].items()]
        _show(settings, CACHE, cells)
    removed = document.get("removed")
    if removed is not None:
        gone = ", ".join(f"{count} {name}" for name, count in removed.items() if count)
        print(f"Removed: {gone}." if gone else "Nothing was old enough to be removed.")


def size(count: float) -> str:
    for unit, step in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= step:
            return f"{count / step:.3g} {unit}"
    return f"{count:.0f} bytes"


def local(stamp: str) -> str:
    """A time as the clock on the wall shows it."""
    return datetime.fromtimestamp(epoch(stamp)).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _show(settings: Settings, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    put(settings, grid(columns, rows, console(settings).width))
