"""The one console: colours only where a person looks and NO_COLOR is not set."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

# State words → style. What is fine stays quiet; colour is for what needs a look.
STYLES: dict[str, str] = {
    "running": "green",
    "healthy": "green",
    "ok": "green",
    "kept": "green",
    "unhealthy": "red",
    "exited": "yellow",
    "dead": "red",
    "restarting": "red",
    "critical": "red",
    "failed": "red",
    "warning": "yellow",
    "warn": "yellow",
    "starting": "yellow",
    "paused": "yellow",
    "created": "yellow",
}


def console(*, stderr: bool = False) -> Console:
    """rich reads NO_COLOR, FORCE_COLOR and TERM itself; a pipe gets plain text that is never wrapped."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, soft_wrap=False, emoji=False, markup=False)
    if not made.is_terminal:
        made.width = 10_000
    return made


def table(*columns: str) -> Table:
    from rich.table import Table

    made = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for index, name in enumerate(columns):
        made.add_column(name.upper(), no_wrap=index < 2, overflow="ellipsis")
    return made


def styled(word: str) -> Text:
    """A word in the colour of what it means."""
    from rich.text import Text

    style = STYLES.get(word.split(" ")[0], "")
    return Text(word, style=style)


def terminal_width() -> int:
    return shutil.get_terminal_size((80, 24)).columns
