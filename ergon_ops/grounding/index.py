"""The ledger as a check reads it: the newest facts by container and name, formulas over them, and their texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from ergon_ops.events import epoch
from ergon_ops.facts import Fact, Ledger
from ergon_ops.refs import Ref, host_ref

SAME_LOOK_S = 10.0  # facts this close to the newest of their name are of one look: a short and a long window
ROLLING = frozenset({"cpu_usage", "cpu_ratio", "cpu_periods", "cpu_throttled_ratio", "block_read_rate",
                     "block_write_rate", "network_rx_rate", "network_tx_rate"})  # fmt: skip
TIMES = ("started_at", "created_at", "finished_at", "events_reach")
TEXTS = frozenset({"log_template", "label", "health_output"})  # what programs and others wrote
_TOKEN = re.compile(r"[a-z][\w.-]*\w|[a-z]")
_ATOM = re.compile(r"#?\w+(?:\[[^\]]*\])?|[-+/]|\d+")


class Value(NamedTuple):
    """A number that facts give, and which they are."""

    number: float
    ids: tuple[str, ...]
    key: str = ""
    name: str = ""


class Index:
    """Made once for a ledger; grows stale with it (`Ground.index` sees to that)."""

    def __init__(self, ledger: Ledger, names: Mapping[str, Ref], now: float) -> None:
        self.size = len(ledger)
        self.now = now
        self.ledger = ledger
        self._facts: dict[tuple[Ref, str], list[Fact]] = {}
        self._texts: dict[Ref, str] = {}
        self._words: dict[Ref, frozenset[str]] = {}
        self.refs: dict[Ref, None] = {}
        self.by_id: dict[str, Fact] = {}
        for fact in ledger:
            self._facts.setdefault((fact.about, fact.name), []).append(fact)
            self.refs[fact.about] = None
            self.by_id[fact.id] = fact
        self._current: dict[tuple[Ref, str], tuple[Fact, ...]] = {}
        self.names = names
        self.name_pattern = names_pattern(tuple(sorted({name.lower() for name in names if name})))
        self.by_name = {name.lower(): ref for name, ref in names.items()}

    def facts(self, ref: Ref, name: str) -> tuple[Fact, ...]:
        """The newest of each key; of a rate all that were measured in the same look."""
        known = self._current.get((ref, name))
        if known is None:
            rows = self._facts.get((ref, name), [])
            newest: dict[str, Fact] = {fact.key: fact for fact in rows}
            if name in ROLLING:
                known = tuple(row for row in rows if row.reading.at >= newest[row.key].reading.at - SAME_LOOK_S)
            else:
                known = tuple(newest.values())
            self._current[ref, name] = known
        return known

    def fact(self, ref: Ref, name: str) -> Fact | None:
        """Its newest fact under no key, read as `null` or not."""
        return next((row for row in reversed(self.facts(ref, name)) if not row.key), None)

    def text(self, ref: Ref, name: str) -> str:
        fact = self.fact(ref, name)
        return "" if fact is None or fact.value is None else str(fact.value)

    def number(self, ref: Ref, name: str) -> float | None:
        fact = self.fact(ref, name)
        return None if fact is None else number_of(fact)

    def evaluate(self, formula: str, ref: Ref, keys: Iterable[str] = ()) -> Iterator[Value]:
        """`a`, `#a` (how many), `a/b`, `a-b`, `1-a/b`, `now-a`; facts with keys are paired key by key."""
        atoms = atoms_of(formula)
        if len(atoms) == 1:
            yield from self._values(atoms[0], ref, keys)
            return
        if atoms[:2] == ("1", "-"):
            for value in self.evaluate(formula[2:], ref, keys):
                yield value._replace(number=1 - value.number)
            return
        left, op, right = atoms
        if left == "now":
            for value in self._values(right, ref, keys):
                yield value._replace(number=self.now - value.number)
            return
        others = {value.key: value for value in self._values(right, ref, keys)}
        for one in self._values(left, ref, keys):
            other = others.get(one.key) or others.get("")
            if other is None or (op == "/" and not other.number):
                continue
            result = {"-": one.number - other.number, "+": one.number + other.number}.get(op)
            if op == "/":
                result = one.number / other.number
            if result is not None:
                yield Value(result, (*one.ids, *other.ids), one.key, one.name)

    def _values(self, atom: str, ref: Ref, keys: Iterable[str]) -> Iterator[Value]:
        name, _, only = atom.removeprefix("#").partition("[")
        if atom.startswith("#"):
            rows = self.facts(ref, name)
            wanted = only.rstrip("]").split("|") if only else []
            if not rows and self._sibling_read(ref, name) is None:
                return
            picked = [row for row in rows if not wanted or str(row.value) in wanted or row.key in wanted]
            ids = tuple(row.id for row in picked or rows) or (self._sibling_read(ref, name) or "",)
            yield Value(float(len(picked)), ids, "", name)
            return
        chosen = set(keys)
        for row in self.facts(ref, name):
            value = number_of(row)
            if value is not None and (not chosen or not row.key or row.key in chosen):
                yield Value(value, (row.id,), row.key, name)

    def _sibling_read(self, ref: Ref, name: str) -> str | None:
        """That a table is empty is known only if its group was looked at: its sign is another fact of that look."""
        for sign in SIGNS.get(name, ()):
            rows = self.facts(ref, sign)
            if rows:
                return rows[0].id
        return None

    def corpus(self, ref: Ref) -> str:
        """All text of a container's facts in lower case, one fact a line."""
        known = self._texts.get(ref)
        if known is None:
            lines = []
            for (about, name), _ in self._facts.items():
                if about == ref:
                    for row in self.facts(ref, name):
                        value = row.value if isinstance(row.value, str) else ""
                        lines.append(f"{row.key} {value}")
            known = self._texts[ref] = " " + "\n ".join(lines).lower() + " "
        return known

    def words(self, ref: Ref) -> frozenset[str]:
        """The words of its facts, other than of texts that somebody wrote."""
        known = self._words.get(ref)
        if known is None:
            rows = (
                row for (about, name), rows in self._facts.items() if about == ref and name not in TEXTS for row in rows
            )
            said = (f"{row.key} {row.value}".lower() for row in rows)
            known = self._words[ref] = frozenset(word for text in said for word in _TOKEN.findall(text))
        return known

    def carrying(self, ref: Ref, word: str) -> tuple[str, ...]:
        """Ids of facts in whose key or text `word` stands by itself."""
        wanted = word.lower()
        if wanted not in self.corpus(ref):
            return ()
        pattern = re.compile(r"(?<![\w])" + re.escape(wanted) + r"(?!\w)")
        found = []
        for (about, name), _ in self._facts.items():
            if about == ref:
                found += [
                    row.id
                    for row in self.facts(ref, name)
                    if pattern.search(f"{row.key} {row.value if isinstance(row.value, str) else ''}".lower())
                ]
        return tuple(found)

    def hosts(self) -> Iterator[Ref]:
        return (ref for ref in self.refs if ref.kind == "fleet" and ref == host_ref(ref.host))


# A table with no row was read if one of these was: they come from the same look.
SIGNS: dict[str, tuple[str, ...]] = {
    "process": ("pids", "state"), "mount": ("state", "mount_writable"), "network": ("network_mode", "state"),
    "published_port": ("state",), "env_key": ("log_driver", "user"), "log_template": ("log_lines",),
    "event": ("events_reach",), "serving": ("process",), "alias": ("network",), "exposed_port": ("state",),
    "connection": ("listener", "serving"),
}  # fmt: skip


def number_of(fact: Fact) -> float | None:
    """Its value as a number; a time that is written counts as epoch seconds."""
    value = fact.value
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and fact.reading.unit == "time":
        try:
            return epoch(value)
        except ValueError:
            return None
    return None


@lru_cache(512)
def atoms_of(formula: str) -> tuple[str, ...]:
    return tuple(_ATOM.findall(formula))


@lru_cache(64)
def names_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the names, whole: not a part of a path, an image or a longer name."""
    longest = sorted(names, key=len, reverse=True)
    body = "|".join(re.escape(name) for name in longest) or r"(?!)"
    return re.compile(rf"(?<![\w./:@-])(?:{body})(?![\w/@-]|\.\w|:[a-z\d])", re.I)
