"""The machine under the containers, and whether its engine answers."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.facts import Fact
from ergon_ops.offline.teller import num, say
from ergon_ops.offline.units import listed, percent, plain, plural, size
from ergon_ops.offline.words import Ask, HostView, Sentence
from ergon_ops.refs import host_ref

# Topic of a question about the host → the parts of the answer it wants; none of them: all.
PARTS: dict[str, str] = {
    "memory": "memory", "cpu": "cpu", "load": "cpu", "disk": "disk", "full": "disk", "slow": "cpu",
}  # fmt: skip


def host(ask: Ask, view: HostView, *, engine: bool = True) -> Iterator[Sentence]:
    """Exact and short; a part that was not read is left out, all of them: said. `engine` false: it was told already."""
    parts = [("cpu", _cpu), ("memory", _memory), ("disk", _disk), *([("engine", _engine)] if engine else [])]
    wanted = {part for topic, part in PARTS.items() if topic in ask.topics}
    said = [sentence for part, tell in parts if (not wanted or part in wanted) and (sentence := tell(view)) is not None]
    if not said:
        said = [sentence for _, tell in parts if (sentence := tell(view)) is not None]
    if not said:
        reason = f", because {plain(view.failures[0].message, 160)}" if view.failures else ""
        yield Sentence(f"I cannot see the host {plain(view.host)}{reason}.")
    yield from said


def _fact(view: HostView, name: str, key: str = "") -> Fact | None:
    found = view.ledger.get(host_ref(view.host), name, key)
    return found if found is not None and found.value is not None else None


def _rows(view: HostView, name: str) -> tuple[Fact, ...]:
    return view.ledger.all(host_ref(view.host), name)


def _cpu(view: HostView) -> Sentence | None:
    cpus, load = _fact(view, "host_cpus"), _fact(view, "host_load", "1m")
    if load is None and cpus is None:
        return None
    parts = [f"{num(cpus):g} CPUs"] if cpus is not None else []
    parts += [f"load {num(load):.2f} over the last minute"] if load is not None else []
    pressure = [row for row in _rows(view, "host_pressure") if num(row) >= 0.1]
    parts += [f"{plain(row.key)} pressure {percent(num(row))}" for row in pressure]
    return say(f"Host {plain(view.host)}: {', '.join(parts)}.", cpus, load, *pressure)


def _memory(view: HostView) -> Sentence | None:
    whole, free = _fact(view, "host_memory"), _fact(view, "host_memory_available")
    if whole is None:
        return None
    left = f", {size(num(free))} available" if free is not None else ""
    return say(f"Host memory {size(num(whole))}{left}.", whole, free)


def _disk(view: HostView) -> Sentence | None:
    rows = [row for row in _rows(view, "host_disk_used_ratio") if row.value is not None]
    if not rows:
        return None
    parts = [f"{plain(row.key)} {percent(num(row))} full" for row in rows]
    inodes = [row for row in _rows(view, "host_inode_ratio") if row.value is not None and num(row) >= 0.8]
    parts += [f"{percent(num(row))} of the inodes of {plain(row.key)}" for row in inodes]
    return say(f"The engine's disk: {', '.join(parts)}.", *rows, *inodes)


def _engine(view: HostView) -> Sentence | None:
    state, version = _fact(view, "engine"), _fact(view, "engine_version")
    if state is None and version is None:
        return None
    named = f" {plain(version.value)}" if version is not None else ""
    rows = [row for row in _rows(view, "containers") if num(row)]
    counts = f"; containers: {listed([f'{num(row):g} {plain(row.key)}' for row in rows])}" if rows else ""
    return say(f"Engine{named} is {plain(state.value) if state else 'known'}{counts}.", state, version, *rows)


def engine_gone(view: HostView) -> Sentence | None:
    """One sentence if the engine does not answer or may not be asked, from the host's own facts or what failed."""
    state = _fact(view, "engine")
    if state is None or state.value == "alive":
        if state is None and view.failures:
            why = plain(view.failures[0].message, 240)
            end = "" if why.endswith((".", "!", "?", "…")) else "."
            return Sentence(f"The engine on {plain(view.host)} cannot be asked: {why}{end}")
        return None
    words = {"gone": "is gone: nothing answers on its socket", "hung": "hangs: it does not answer in time"}
    return say(f"The engine on {plain(view.host)} {words.get(str(state.value), plain(state.value))}.", state)


def brief(view: HostView) -> Sentence | None:
    """One line for the overview: engine, CPUs, memory."""
    version, cpus, whole = _fact(view, "engine_version"), _fact(view, "host_cpus"), _fact(view, "host_memory")
    parts = [f"engine {plain(version.value)}"] if version is not None else []
    parts += [plural(num(cpus), "CPU")] if cpus is not None else []
    parts += [f"{size(num(whole))} memory"] if whole is not None else []
    return say(f"Host {plain(view.host)}: {', '.join(parts)}.", version, cpus, whole) if parts else None
