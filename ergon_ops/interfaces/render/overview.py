"""The first screen: this host at a glance, the worst thing, and three questions with the names that are here."""

from __future__ import annotations

from typing import Any

from ergon_ops.interfaces.render.console import console
from ergon_ops.settings import Settings


def show_overview(settings: Settings, document: dict[str, Any]) -> None:
    from rich.text import Text

    screen = console()
    for line in document["lines"]:
        screen.print(Text(line["text"], style="bold" if line["findings"] else ""))
    if document["questions"]:
        screen.print()
        screen.print(Text("Ask, for example:", style="dim"))
        for question in document["questions"]:
            screen.print(f'  ergon-ops ask "{question}"')
