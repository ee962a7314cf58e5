"""The first screen: this host at a glance, the worst thing, and three questions with the names that are here."""

from __future__ import annotations

import textwrap
from typing import Any

from ergon_ops.interfaces.render.console import console
from ergon_ops.interfaces.render.width import visible
from ergon_ops.settings import Settings

WIDEST = 100


def show_overview(settings: Settings, document: dict[str, Any], *, chat: bool) -> None:
    """`chat`: the questions can be typed as they are."""
    from rich.text import Text

    screen = console(settings)
    width = min(screen.width, WIDEST) if screen.is_terminal else screen.width

    def put(text: str, style: str = "") -> None:
        for line in textwrap.wrap(visible(text), width, subsequent_indent="  ") or [""]:
            screen.print(Text(line, style=style), soft_wrap=True)

    head, *rest = document["lines"] or [None]
    if head is not None:
        put(head["text"], "bold")
    put(f"Mind: {document['mind']} — {document['mind_why']}.")
    for line in rest:
        put(line["text"], "yellow" if line["findings"] else "")
    if document["questions"]:
        put("")
        put("Ask, for example:", "dim")
        for question in document["questions"]:
            screen.print(Text(f"  {question}" if chat else f'  ergon-ops ask "{question}"'), soft_wrap=True)
    if chat:
        put("")
