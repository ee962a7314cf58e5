"""`doctor`: one line for what works, and below what does not the next step."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ergon_ops.interfaces.render.console import console, styled
from ergon_ops.interfaces.render.width import visible
from ergon_ops.settings import Settings

if TYPE_CHECKING:
    from ergon_ops.assistant.checkup import Check

WIDEST = 110
_WORDS = {"ok": "ok", "warn": "warn", "failed": "FAILED"}


def show_checks(settings: Settings, checks: Sequence[Check]) -> None:
    from rich.text import Text

    screen = console(settings)
    left = max((len(check.name) for check in checks), default=0)
    indent = " " * (8 + left + 2)
    width = max(40, min(screen.width, WIDEST if screen.is_terminal else screen.width))
    for check in checks:
        lines = textwrap.wrap(visible(check.text), width - len(indent)) or [""]
        if check.next:
            lines += textwrap.wrap(f"→ {visible(check.next)}", width - len(indent), subsequent_indent="  ")
        word = _WORDS[check.result]
        head = Text.assemble(styled(f"{word:<8}"), f"{check.name:<{left}}  ", lines[0])
        screen.print(head, soft_wrap=True)
        for line in lines[1:]:
            screen.print(Text(indent + line), soft_wrap=True)
