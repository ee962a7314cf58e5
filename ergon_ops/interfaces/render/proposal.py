"""A proposal in words: the exact change, what it risks and until when it can be approved."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from ergon_ops.events import epoch
from ergon_ops.facts import FACTS
from ergon_ops.interfaces.render.values import fact_name, measured, value_words
from ergon_ops.interfaces.render.width import wrapped

_UNDO = {
    "live": "can be undone at once",
    "app": "can be undone inside the application",
    "restart": "cannot be undone, only restarted again",
    "recreate": "can be undone by putting the old container back",
    "rebuild": "advice: the image has to be rebuilt",
    "host": "advice: for the host's operator",
}
_UNDO_OF = {
    "start": "can be undone: stopped again",
    "stop": "can be undone: started again",
    "app_setting": "can be undone: the former value is written back",
}
_LIMITS = ("set_memory_limit", "set_cpu_limit", "set_cpu_shares")
_ANEW = "there is no such limit now, and the engine takes none away from a living container: undone by making it anew"
MIB = 1024 * 1024


def undo_words(proposal: Mapping[str, Any]) -> str:
    kind, reversibility = proposal["kind"], str(proposal["reversibility"])
    if kind in _LIMITS and reversibility == "recreate":
        return _ANEW
    if kind == "app_setting" and proposal["arguments"].get("setting") == "reload":
        return "there is nothing to undo: no value is changed"
    return _UNDO_OF.get(str(kind)) or _UNDO.get(reversibility, reversibility)


def change_words(proposal: dict[str, Any]) -> str:
    """`restart webapp (timeout 10 s)`, `set memory limit webapp (memory 256 MiB)`."""
    arguments: Mapping[str, Any] = proposal["arguments"]
    rows = (arguments["patch"] if proposal["kind"] == "recreate" else arguments).items()
    words = ", ".join(_argument(key, value) for key, value in rows if value not in ([], None))
    return f"{str(proposal['kind']).replace('_', ' ')} {proposal['container']}{f' ({words})' if words else ''}"


def _argument(key: str, value: Any) -> str:
    word = key.replace("_", " ")
    if key.endswith("_s"):
        return f"{word.removesuffix(' s')} {value} s"
    if key.endswith("_bytes") or key == "shm_size":
        size = f"{value / MIB:.6g} MiB" if isinstance(value, (int, float)) and value >= MIB else str(value)
        return f"{word.removesuffix(' bytes')} {size if value != -1 else 'without bound'}"
    if key == "nano_cpus":
        return f"{value / 1e9:g} CPU{'' if value == 1e9 else 's'}"
    return f"{word} {_written(value)}"


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = (f"without {key}" if item is None else f"{key}={_written(item)}" for key, item in value.items())
        return ", ".join(pairs)
    if isinstance(value, list):
        return " ".join(f"({_written(item)})" if isinstance(item, Mapping) else str(item) for item in value)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def proposal_line(proposal: dict[str, Any]) -> str:
    undo = undo_words(proposal)
    parts = [change_words(proposal), f"risk {proposal['risk']}", undo, f"expires {until(proposal['expires_at'])}"]
    return f"{proposal['id']}: {' · '.join(parts)}"


def proposal_block(proposal: dict[str, Any]) -> list[str]:
    """Everything one decides upon, a line each. The ids of its reasons are those of its own facts: it may be older
    than this conversation."""
    facts = {str(fact["id"]): fact for fact in proposal.get("facts") or ()}
    rows = [
        ("why", "; ".join(_reason(word, facts) for word in proposal.get("why") or ()) or "it was asked for"),
        ("formula", str(proposal.get("formula") or "")),
        ("note", str(proposal.get("note") or "")),
        ("expect", _expected(proposal.get("expect"))),
        ("risk", str(proposal["risk"])),
        ("undo", undo_words(proposal)),
        ("source", "; but ".join(proposal.get("sources") or ())),
        ("to last", str(proposal.get("durable_edit") or "")),
        ("expires", until(proposal["expires_at"])),
    ]
    head = f"Proposal {proposal['id']}: {change_words(proposal)}"
    return [head, *(f"  {name:<8} {text}" for name, text in rows if text)]


def show_block(proposal: dict[str, Any]) -> None:
    for line in proposal_block(proposal):
        print(wrapped(line, sys.stdout, indent=" " * 11))


def _reason(word: str, facts: Mapping[str, dict[str, Any]]) -> str:
    fact = facts.get(word)
    return f"{fact_name(fact)} {value_words(fact)} ({word}, {fact['source']})" if fact else word.rstrip(".")


def _expected(expect: dict[str, Any] | None) -> str:
    if not expect:
        return ""
    metric = f"{expect['metric']} {expect['key']}".strip()
    value, unit = expect["value"], FACTS[expect["metric"]].unit if expect["metric"] in FACTS else ""
    return f"{metric} {expect['op']} {measured(value, unit)} over {expect['window_s']:g} s"


def until(stamp: str) -> str:
    """How long from now, or how long ago: `in 14 min`, `3 h ago`."""
    seconds = epoch(stamp) - time.time()
    size = abs(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if size >= length or unit == "s":
            words = f"{size / length:.0f} {unit}"
            return f"in {words}" if seconds >= 0 else f"{words} ago"
    return ""
