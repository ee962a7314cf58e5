"""Numbers that move: memory, CPU, disk, traffic, processes; and the limits they are held against."""

from __future__ import annotations

import re

from ergon_ops.facts import Fact
from ergon_ops.offline.teller import Said, Teller, num, say
from ergon_ops.offline.units import cores, duration, percent, plain, plural, size, some
from ergon_ops.offline.verdict import fullness, unforeseen
from ergon_ops.offline.words import Sentence

SHM = "/dev/shm"


def memory_clause(t: Teller) -> tuple[str, tuple[Fact | None, ...]]:
    """`memory at 45%` of the limit, or `memory 61 MiB (no limit, 0.8% of the host)`; empty if unread."""
    ratio, used = t.fact("memory_ratio"), t.fact("memory_working_set")
    if ratio is not None:
        return f"memory at {percent(num(ratio))}", (ratio, used, t.fact("memory_limit"))
    if used is None:
        return "", ()
    share = t.fact("memory_host_ratio")
    of_host = f", {percent(num(share))} of the host" if share is not None else ""
    limit_read = t.known("memory_limit") or t.known("memory_ratio")
    note = f" (no limit{of_host})" if limit_read else f" ({of_host.removeprefix(', ')})" if of_host else ""
    return f"memory {size(num(used))}{note}", (used, share)


def memory(t: Teller) -> Said:
    if not t.running:
        yield not_using(t, "memory")
        return
    ratio, used, limit = t.fact("memory_ratio"), t.fact("memory_working_set"), t.fact("memory_limit")
    if used is None:
        yield t.cannot_see("my memory", "metrics")
        return
    yield from unforeseen(t, "my memory")
    working = num(used)
    if ratio is not None and limit is not None:
        whole = num(limit)
        room = {"full", "near"} & set(t.ask.topics) or re.search(r"\bleft\b|\broom\b", t.ask.text.lower())
        left = f", {size(whole - working)} are left" if room else ""
        amounts = f"{size(working)} of my limit of {size(whole)}"
        yield say(fullness(t, num(ratio), f"memory at {percent(num(ratio))}, {amounts}{left}."), ratio, used, limit)
    else:
        clause, facts = memory_clause(t)
        yield say(f"{clause[0].upper()}{clause[1:]}.", *facts)
    yield from _memory_trouble(t)


def _memory_trouble(t: Teller) -> Said:
    kills, failures, swap = t.fact("memory_oom_kills"), t.fact("memory_failures"), t.fact("memory_swap")
    if kills is not None and kills.value:
        yield say(f"The kernel killed {plural(num(kills), 'process', 'processes')} of mine for memory.", kills)
    elif kills is not None and ("oom" in t.ask.text.lower() or {"wrong", "near", "dead"} & set(t.ask.topics)):
        yield say("The kernel has killed nothing of mine for memory since my start.", kills)
    if failures is not None and failures.value and t.number("memory_limit"):
        yield say(f"I hit the limit {plural(num(failures), 'time')} since my start.", failures)
    if swap is not None and swap.value:
        yield say(f"{size(num(swap))} of mine are in swap.", swap)


def cpu(t: Teller) -> Said:
    if not t.running:
        yield not_using(t, "CPU")
        return
    yield from cpu_use(t)
    yield from throttling(t)


def cpu_use(t: Teller) -> Said:
    used, ratio, limit = t.rate("cpu_usage"), t.rate("cpu_ratio"), t.fact("cpu_limit")
    if used is None and ratio is None:
        yield t.cannot_see("my CPU use", "metrics")
    else:
        yield _cpu_use(t, used, ratio, limit)


def _cpu_use(t: Teller, used: Fact | None, ratio: Fact | None, limit: Fact | None) -> Sentence:
    window = next((fact.reading.window_s for fact in (used, ratio) if fact is not None), None)
    over = f" over the last {duration(window)}" if window and window >= 1 else ""
    allowed = f"my limit of {cores(num(limit))}" if limit is not None else "what all CPUs of the host give"
    if used is None:
        return say(f"CPU at {percent(num(ratio))} of {allowed}{over}.", ratio, limit)
    share = f", {percent(num(ratio))} of {allowed}" if ratio is not None else ""
    return say(f"I use {cores(num(used))}{share}{over}.", used, ratio, limit)


def throttling(t: Teller) -> Said:
    """In the window if there is one, else since the start."""
    ratio, life = t.rate("cpu_throttled_ratio"), t.fact("cpu_throttled_lifetime")
    fact = ratio or life
    if fact is None or isinstance(fact.value, str):
        if "throttle" in t.ask.topics and t.known("cpu_limit") and not t.number("cpu_limit"):
            yield say("I have no CPU limit, so nothing throttles me.", t.view.ledger.get(t.view.ref, "cpu_limit"))
        return
    value = num(fact)
    window = fact.reading.window_s
    when = " since my start" if fact is life else f" over the last {duration(window)}" if window and window >= 1 else ""
    if value > 0:
        yield say(f"I was throttled in {percent(value)} of the scheduler periods{when}.", fact, t.fact("cpu_limit"))
    elif "throttle" in t.ask.topics:
        yield say(f"I was not throttled in any scheduler period{when}.", fact)


def not_using(t: Teller, what: str) -> Sentence:
    state = t.fact("state")
    return say(f"I am not running ({plain(t.state)}), so I use no {what}.", state)


def disk(t: Teller) -> Said:
    if {"diskio", "write"} & set(t.ask.topics) and not {"full"} & set(t.ask.topics):
        yield from block_io(t)
        return
    rows = [row for row in t.rows("fs_used_ratio") if row.value is not None]
    if not rows:
        yield t.cannot_see("how full my filesystems are", "inspect", t.fact("state"))
    else:
        yield from unforeseen(t, "my disk")
    asked = [row for row in rows if row.key in t.ask.about]
    rows_shown = asked or sorted(rows, key=lambda row: -num(row))[:6]
    for row in rows_shown:
        used, whole = t.fact("fs_used", row.key), t.fact("fs_size", row.key)
        amounts = f": {size(num(used))} of {size(num(whole))}" if used and whole else ""
        inodes = t.fact("fs_inode_ratio", row.key)
        many = inodes is not None and num(inodes) >= 0.8
        files = f", {percent(num(inodes))} of its inodes" if inodes is not None and many else ""
        clause = f"{plain(row.key)} is {percent(num(row))} full{amounts}{files}."
        first = row is rows_shown[0]
        yield say(fullness(t, num(row), clause) if first else clause, row, used, whole, inodes)
    if "io" in t.ask.topics:
        yield from block_io(t)


def block_io(t: Teller) -> Said:
    yield from _flow(t, "block_read", "block_write", "read from disk", "wrote to disk")


def traffic(t: Teller) -> Said:
    yield from _flow(t, "network_rx", "network_tx", "received", "sent")
    drops = t.fact("network_drops")
    if drops is not None and drops.value:
        yield say(f"{plural(num(drops), 'packet')} dropped or in error since my start.", drops)


def _flow(t: Teller, into: str, out: str, did_in: str, did_out: str) -> Said:
    """Totals since the start, rates where a window gives them."""
    if not t.running:
        yield not_using(t, "i/o")
        return
    totals = [(fact, words) for name, words in ((into, did_in), (out, did_out)) if (fact := t.fact(name)) is not None]
    rates = [
        (fact, words) for name, words in ((into, "in"), (out, "out")) if (fact := t.fact(f"{name}_rate")) is not None
    ]
    if totals:
        parts = " and ".join(f"{words} {size(num(fact))}" for fact, words in totals)
        yield say(f"Since my start I {parts}.", *(fact for fact, _ in totals))
    if rates:
        window = rates[0][0].reading.window_s
        over = f", over the last {duration(window)}" if window and window >= 1 else ""
        parts = " and ".join(f"{size(num(fact))}/s {words}" for fact, words in rates)
        yield say(f"Now: {parts}{over}.", *(fact for fact, _ in rates))
    if not totals and not rates:
        yield t.cannot_see("my i/o", "metrics")


def processes(t: Teller) -> Said:
    if not t.running:
        yield say(f"I am not running ({plain(t.state)}), so I have no processes.", t.fact("state"))
        return
    rows, pids = t.rows("process"), t.fact("pids")
    if not rows and pids is None:
        yield t.cannot_see("my processes", "inspect")
        return
    if rows:
        programs: dict[str, list[Fact]] = {}
        for row in rows:
            programs.setdefault(str(row.value), []).append(row)
        names = some(f"{plain(name)}{f' ×{len(of)}' if len(of) > 1 else ''}" for name, of in programs.items())
        yield say(f"I run {plural(len(rows), 'process', 'processes')}: {names}.", *rows)
    if pids is not None:
        limit = t.fact("pids_limit")
        of = f" of at most {limit.value}" if limit is not None else ""
        counted = plural(num(pids), "process or thread", "processes and threads")
        yield say(f"The kernel counts {counted}{of}.", pids, limit)


LIMITS: tuple[tuple[str, str, str], ...] = (
    # fact, what it is called, topic that asks for it
    ("memory_limit", "memory", "memory"),
    ("memory_swap_limit", "memory plus swap", "memory"),
    ("cpu_limit", "CPU", "cpu"),
    ("cpu_shares", "CPU shares", "cpu"),
    ("cpuset", "CPUs", "cpu"),
    ("pids_limit", "processes", "processes"),
    ("shm_size", SHM, "disk"),
)


def limits(t: Teller) -> Said:
    topics = set(t.ask.topics)
    asked = [row for row in LIMITS if row[2] in topics] or list(LIMITS)
    found: list[str] = []
    facts: list[Fact | None] = []
    absent: list[str] = []
    for name, words, _ in asked:
        fact = t.view.ledger.get(t.view.ref, name)
        if fact is None:
            continue
        if fact.value is None or (name == "memory_swap_limit" and fact.value == -1):
            absent += [words] if name in ("memory_limit", "cpu_limit", "pids_limit") else []
        else:
            found.append(f"{words} {_limit(name, fact)}")
        facts.append(fact)
    if not found and not absent:
        yield t.cannot_see("my limits", "inspect")
        return
    text = f"My limits: {'; '.join(found)}." if found else ""
    none = f"No limit on {', '.join(absent)}." if absent else ""
    yield say(f"{text} {none}".strip(), *facts)


def _limit(name: str, fact: Fact) -> str:
    value = fact.value
    if name == "cpu_limit":
        return cores(float(str(value)))
    if FACT_IS_BYTES.get(name) and isinstance(value, int | float):
        return size(float(value))
    return plain(value)


FACT_IS_BYTES = {"memory_limit": True, "memory_swap_limit": True, "shm_size": True}
