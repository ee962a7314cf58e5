"""A proposal in words: the exact change, what it risks and until when it can be approved."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ergon_ops.events import epoch
from ergon_ops.interfaces.render.values import fact_name, value_words

_UNDO = {
    "live": "can be undone at once",
    "app": "can be undone inside the application",
    "restart": "cannot be undone, only restarted again",
    "recreate": "can be undone by putting the old container back",
    "rebuild": "advice: the image has to be rebuilt",
    "host": "advice: for the host's operator",
}
_UNITS = {"_s": " s", "_bytes": " bytes"}


def change_words(proposal: dict[str, Any]) -> str:
    """`restart webapp (timeout 10 s)`."""
    words = ", ".join(_argument(key, value) for key, value in proposal["arguments"].items())
    return f"{str(proposal['kind']).replace('_', ' ')} {proposal['container']}{f' ({words})' if words else ''}"


def _argument(key: str, value: Any) -> str:
    for suffix, unit in _UNITS.items():
        if key.endswith(suffix):
            return f"{key.removesuffix(suffix).replace('_', ' ')} {value}{unit}"
    return f"{key.replace('_', ' ')} {value}"


def proposal_line(proposal: dict[str, Any]) -> str:
    undo = _UNDO.get(proposal["reversibility"], proposal["reversibility"])
    parts = [change_words(proposal), f"risk {proposal['risk']}", undo, f"expires {until(proposal['expires_at'])}"]
    return f"{proposal['id']}: {' · '.join(parts)}"


def proposal_block(proposal: dict[str, Any]) -> list[str]:
    """Everything one decides upon, a line each. The ids of its reasons are those of its own facts: it may be older
    than this conversation."""
    facts = {str(fact["id"]): fact for fact in proposal.get("facts") or ()}
    rows = [
        ("why", "; ".join(_reason(word, facts) for word in proposal.get("why") or ()) or "it was asked for"),
        ("expect", _expected(proposal.get("expect"))),
        ("risk", str(proposal["risk"])),
        ("undo", _UNDO.get(proposal["reversibility"], str(proposal["reversibility"]))),
        ("to last", str(proposal.get("durable_edit") or "")),
        ("expires", until(proposal["expires_at"])),
    ]
    head = f"Proposal {proposal['id']}: {change_words(proposal)}"
    return [head, *(f"  {name:<8} {text}" for name, text in rows if text)]


def _reason(word: str, facts: Mapping[str, dict[str, Any]]) -> str:
    fact = facts.get(word)
    return f"{fact_name(fact)} {value_words(fact)} ({word}, {fact['source']})" if fact else word.rstrip(".")


def _expected(expect: dict[str, Any] | None) -> str:
    if not expect:
        return ""
    metric = f"{expect['metric']} {expect['key']}".strip()
    return f"{metric} {expect['op']} {expect['value']:g} over {expect['window_s']:g} s"


def until(stamp: str) -> str:
    """How long from now, or how long ago: `in 14 min`, `3 h ago`."""
    seconds = epoch(stamp) - time.time()
    size = abs(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if size >= length or unit == "s":
            words = f"{size / length:.0f} {unit}"
            return f"in {words}" if seconds >= 0 else f"{words} ago"
    return ""
