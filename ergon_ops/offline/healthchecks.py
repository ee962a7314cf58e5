"""What the healthcheck is, for who asks for it and not only for how it stands."""

from __future__ import annotations

import re

from ergon_ops.offline.teller import Said, Teller, num, own_words, say
from ergon_ops.offline.units import duration, plural

_CHECK = re.compile(
    r"\b(?:what|which|how|show|tell)\b.*\b(?:health ?-?checks?|checked)\b|"
    r"\bhealth ?-?check (?:command|interval|timeout)|"
    r"\bhealth ?-?check\b.*\b(?:good|enough|sensible|useful|do|does|run|configured)\b"
)


def described(t: Teller) -> Said:
    """Its command and its times, if that is asked and they are known."""
    if not _CHECK.search(t.ask.text.lower()):
        return
    command, every, limit, tries = (
        t.fact(f"health_{name}") for name in ("command", "interval", "timeout", "retries")
    )  # fmt: skip
    if command is None or not command.value:
        return
    words = [
        f" every {duration(num(every))}" if every else "",
        f", for {duration(num(limit))} at most" if limit else "",
    ]
    after = f"; {plural(num(tries), 'failure')} in a row make me unhealthy" if tries else ""
    yield say(f"It runs {own_words(command)}{''.join(words)}{after}.", command, every, limit, tries)
