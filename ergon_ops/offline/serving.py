"""Which programs it serves, on which ports, and whether they are up."""

from __future__ import annotations

from ergon_ops.facts import Fact
from ergon_ops.offline.lexicon import PROGRAM_GROUPS, PROGRAMS
from ergon_ops.offline.teller import Said, Teller, say
from ergon_ops.offline.units import plain
from ergon_ops.offline.words import Sentence


def by_state(t: Teller) -> tuple[tuple[Fact, ...], tuple[Fact, ...], tuple[Fact, ...]]:
    """`serving` facts: those that are up, those only declared, those down."""
    rows = t.rows("serving")
    up = tuple(row for row in rows if row.value in ("listening", "running"))
    return up, tuple(row for row in rows if row.value == "declared"), tuple(row for row in rows if row.value == "down")


def spoken(rows: tuple[Fact, ...]) -> str:
    """`nginx (ports 80, 443), python (port 8000), cron`."""
    ports: dict[str, list[str]] = {}
    for row in rows:
        name, port = name_and_port(row.key)
        known = ports.setdefault(name, [])
        if port:
            known.append(port)
    return ", ".join(
        plain(name) + (f" (port{'s' if len(numbers) > 1 else ''} {', '.join(numbers)})" if numbers else "")
        for name, numbers in ports.items()
    )


def name_and_port(key: str) -> tuple[str, str]:
    name, _, port = key.rpartition(":")
    return (name, port) if name and port.isdigit() else (key, "")


def declared_only(declared: tuple[Fact, ...], words: str, state: Fact | None) -> Sentence:
    return say(f"{words} {spoken(declared)}; my sockets cannot be seen here, so I cannot say that it listens."
               if len(declared) == 1 else
               f"{words} {spoken(declared)}; my sockets cannot be seen here, so I cannot say that they listen.",
               state, *declared)  # fmt: skip


def bare(t: Teller) -> str:
    image = t.text("image")
    return f"Running {plain(image)}; I see no service of mine." if image else "Running; I see no service of mine."


def services(t: Teller) -> Said:
    about = list(asked_services(t))
    if about:
        yield from about
        return
    up, declared, down = by_state(t)
    if up:
        yield say(f"{'Running' if t.state != 'paused' else 'Paused, with'} {spoken(up)}.", t.fact("state"), *up)
    if declared:
        yield declared_only(declared, "I declare", t.fact("state"))
    if down:
        yield say(f"{spoken(down)} {'is' if len(down) == 1 else 'are'} down.", *down)
    if not (up or declared or down):
        yield say(bare(t), t.fact("state"), t.fact("image"))
    elif not down and {"dead"} & set(t.ask.topics):
        yield say("None of them is down.", *up)


def _asked_for(t: Teller) -> tuple[str, ...]:
    """Programs and ports asked about by name: `is redis up?`"""
    known = {name_and_port(row.key)[0] for row in t.rows("serving")}
    ports = bool({"ports", "services"} & set(t.ask.topics))
    return tuple(word for word in t.ask.about if word in PROGRAMS or word in known or (ports and word.isdigit()))


def asked_services(t: Teller) -> Said:
    """A sentence for each service asked about by name; nothing if none was."""
    for word in _asked_for(t):
        rows = tuple(row for row in t.rows("serving") if stands_for(word, row))
        if not rows:
            others = t.rows("serving")
            rest = f" I run {spoken(others)}." if others else ""
            what = f"Nothing of mine that I see listens on port {word}" if word.isdigit() else None
            yield say(f"{what or f'I see no {plain(word)} among my services'}.{rest}", t.fact("state"), *others)
        for row in rows:
            yield say(_one_service(t, row), row, t.fact("state"))


def stands_for(word: str, row: Fact) -> bool:
    name, port = name_and_port(row.key)
    return word in (name, port) or name.startswith(word) or name in PROGRAM_GROUPS.get(word, ())


def _one_service(t: Teller, row: Fact) -> str:
    name = spoken((row,))
    frozen = ", but I am paused" if t.state == "paused" else ""
    return {
        "listening": f"{name} is up: its process runs and its socket listens{frozen}.",
        "running": f"{name} is up: its process runs{frozen}.",
        "down": f"{name} is down.",
        "declared": f"{name} is declared; my sockets cannot be seen here, so I cannot say that it listens.",
    }.get(str(row.value), f"{name}: {plain(row.value)}.")
