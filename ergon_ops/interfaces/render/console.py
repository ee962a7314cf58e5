"""The one console: colours only where a person looks and NO_COLOR is not set."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ergon_ops.interfaces.render.width import terminal_width

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from ergon_ops.settings import Settings

# State words → style. What is fine stays quiet; colour is for what needs a look.
STYLES: dict[str, str] = {
    "healthy": "green",
    "ok": "green",
    "kept": "green",
    "unhealthy": "bold red",
    "exited": "yellow",
    "dead": "bold red",
    "restarting": "bold red",
    "critical": "bold red",
    "failed": "bold red",
    "FAILED": "bold red",
    "down": "bold red",
    "warning": "yellow",
    "warn": "yellow",
    "starting": "yellow",
    "paused": "yellow",
    "created": "yellow",
    "unverified": "yellow",
}


def console(settings: Settings) -> Console:
    from rich.console import Console

    person = sys.stdout.isatty()
    return Console(
        highlight=False,
        emoji=False,
        markup=False,
        no_color=settings.no_color,
        color_system=None if settings.no_color or not person else "auto",
        width=terminal_width() if person else 100_000,
        legacy_windows=False,
    )


def put(settings: Settings, *items: RenderableType) -> None:
    """Prints it; a pipe gets whole lines without padding."""
    screen = console(settings)
    if screen.is_terminal:
        screen.print(*items, sep="\n")
        return
    with screen.capture() as captured:
        screen.print(*items, sep="\n")
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def lines_of(settings: Settings, *items: RenderableType) -> list[str]:
    """The lines `put` would print, for who shows them by the page."""
    screen = console(settings)
    with screen.capture() as captured:
        screen.print(*items, sep="\n")
    return [line.rstrip() for line in captured.get().splitlines()]


def styled(word: str, style: str = "") -> Text:
    """A word in the colour of what it means."""
    from rich.text import Text

    return Text(word, style=style or STYLES.get(word.split(" ")[0], ""))
