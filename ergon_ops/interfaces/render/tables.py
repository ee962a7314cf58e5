"""Documents as tables."""

from __future__ import annotations

from typing import Any

from ergon_ops.interfaces.render.console import console, styled, table
from ergon_ops.settings import Settings

Document = dict[str, Any]


def show_listing(settings: Settings, document: Document) -> None:
    screen = console()
    rows = document["containers"]
    several = len({row["host"] for row in rows}) > 1
    grid = table("name", "state", "health", "cpu", "memory", "serves", "ci")
    for row in rows:
        name = f"{row['host']}/{row['name']}" if several else row["name"]
        grid.add_row(
            name,
            styled(row["state"]),
            styled(row["health"] if row["health"] != "none" else "-"),
            row["text"]["cpu"],
            row["text"]["memory"],
            row["text"]["serves"],
            row["ci"],
        )
    if rows:
        screen.print(grid)
    for host, failure in document["failures"].items():
        screen.print(f"{host}: {failure['message']} — {failure['next']}")
    if not rows and not document["failures"]:
        screen.print("No containers here. `ergon-ops demo up` starts three to talk to.")


def show_proposals(settings: Settings, document: Document) -> None:
    screen = console()
    rows = document["proposals"]
    if not rows:
        screen.print('Nothing waits for approval. Ask for a change, for example: ergon-ops ask NAME "restart yourself"')
        return
    grid = table("id", "container", "change", "risk", "undo", "state", "expires")
    for row in rows:
        words = ", ".join(f"{key}={value}" for key, value in row["arguments"].items())
        change = f"{row['kind']} {words}".strip()
        grid.add_row(
            row["id"],
            row["container"],
            change,
            row["risk"],
            row["reversibility"],
            row["state"],
            row["expires_at"],
        )
    screen.print(grid)


def show_journal(settings: Settings, document: Document) -> None:
    screen = console()
    if not document["rows"]:
        screen.print("Nothing was changed yet.")
        return
    grid = table("at", "change", "container", "step", "by", "what")
    for row in document["rows"]:
        grid.add_row(row["at"], row["change"], row["container"], styled(row["step"]), row["by"], row["text"])
    screen.print(grid)


def show_pairs(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    grid = table(*columns)
    for row in rows:
        grid.add_row(*(styled(cell) for cell in row))
    console().print(grid)
