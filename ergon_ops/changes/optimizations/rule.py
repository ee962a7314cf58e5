"""How an optimization is declared, what it looks at, and what it gives: a change, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.diagnosis import Scene
from ergon_ops.facts import Fact, Group, Value
from ergon_ops.findings import Finding
from ergon_ops.proposals import Expect, Intent, Purpose, Reversibility, Risk, Withheld
from ergon_ops.refs import Ref, host_ref

WINDOW_S = 5.0  # what raises a limit looks twice, at least so far apart
MIB = 1024 * 1024
Wish = Intent | Withheld
REVERSIBILITY: dict[str, Reversibility] = {
    "restart": "restart", "start": "restart", "app_setting": "app", "recreate": "recreate",
    "rebuild_advice": "rebuild", "host_advice": "host",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """One container in its scene. `role_kind` is what its manifest says it is, "" where none does: nothing is guessed
    from it then. `finding`: what is to be cured; without one the rule looks for itself."""

    scene: Scene
    ref: Ref
    role_kind: str = ""
    finding: Finding | None = None

    def fact(self, name: str, key: str = "") -> Fact | None:
        """The fact, if it was read and has a value."""
        found = self.scene.get(self.ref, name, key)
        return found if found is not None and found.value is not None else None

    def value(self, name: str, key: str = "") -> Value:
        return self.scene.value(self.ref, name, key)

    def number(self, name: str, key: str = "") -> float | None:
        return self.scene.number(self.ref, name, key)

    def text(self, name: str, key: str = "") -> str:
        return self.scene.text(self.ref, name, key)

    def all(self, name: str) -> tuple[Fact, ...]:
        return self.scene.all(self.ref, name)

    def rate(self, name: str) -> Fact | None:
        """The fact with the longest window: others may have looked for a moment only."""
        found = [item for item in self.scene.ledger if item.name == name and item.about == self.ref]
        known = [item for item in found if item.value is not None]
        return max(known, key=lambda item: (item.reading.window_s or 0.0, item.reading.at), default=None)

    def twice(self, fact: Fact | None) -> bool:
        """Whether it stands for two looks at least five seconds apart. A finding was proven by its own rule."""
        return self.finding is not None or (fact is not None and (fact.reading.window_s or 0.0) >= WINDOW_S - 0.1)

    @property
    def running(self) -> bool:
        return self.scene.running(self.ref)

    @property
    def host(self) -> Ref:
        return host_ref(self.ref.host)

    @property
    def cpus(self) -> float | None:
        """The CPUs online on its host that it may use."""
        online = self.scene.number(self.host, "host_cpus")
        pinned = cpus_in(self.text("cpuset"))
        return min(online, pinned) if online and pinned else online

    def intent(
        self,
        kind: str,
        arguments: Mapping[str, Any],
        *,
        rule: str,
        why: Iterable[Fact | None],
        formula: str,
        note: str = "",
        expect: Expect | None = None,
        guards: tuple[Expect, ...] = (),
        risk: Risk = "low",
        sources: Iterable[str] = (),
    ) -> Intent:
        """With the finding's evidence before the facts of the formula."""
        proof = self.finding.evidence if self.finding is not None else ()
        ids = dict.fromkeys((*proof[:2], *(item.id for item in why if item is not None)))
        known = OPTIMIZATIONS.get(rule)
        return Intent(
            self.ref,
            kind,
            dict(arguments),
            rule,
            tuple(ids),
            expect,
            guards,
            REVERSIBILITY.get(kind, "live"),
            risk,
            formula,
            note,
            tuple(sources) or ((known.source,) if known else ()),
        )

    def withheld(
        self, kind: str, reason: str, *, rule: str, next: str = "", why: Iterable[Fact | None] = ()
    ) -> Withheld:
        return Withheld(self.ref, rule, kind, reason, next, tuple(item.id for item in why if item is not None))


Function = Callable[[Site], Iterable[Wish]]


@dataclass(frozen=True, slots=True)
class Optimization:
    """`needs`: the groups its facts are in; `cures`: causes of findings that it cures, where the finding stands for the
    condition; `only_cures`: it never looks for itself. `formula` is as the source has it."""

    id: str
    kinds: tuple[str, ...]
    purpose: Purpose
    source: str
    formula: str
    needs: tuple[Group, ...]
    function: Function
    cures: tuple[str, ...] = ()
    only_cures: bool = False
    window: bool = field(default=False)

    @property
    def what(self) -> str:
        return (self.function.__doc__ or "").strip().partition("\n")[0]


OPTIMIZATIONS: dict[str, Optimization] = {}


def optimization(
    id: str,
    *,
    kinds: tuple[str, ...],
    purpose: Literal["performance", "hygiene"],
    source: str,
    formula: str,
    needs: tuple[Group, ...],
    cures: tuple[str, ...] = (),
    only_cures: bool = False,
    window: bool = False,
) -> Callable[[Function], Function]:
    """Declare the decorated function as the optimization `id`. `window`: its rates want `WINDOW_S`."""

    def declare(function: Function) -> Function:
        if id in OPTIMIZATIONS:
            raise ValueError(f"two optimizations {id}")
        OPTIMIZATIONS[id] = Optimization(
            id, kinds, purpose, source, formula, needs, function, cures, only_cures, window
        )
        return function

    return declare


def cpus_in(cpuset: str) -> int:
    """How many CPUs `0-3,7` names; 0 where nothing is said."""
    count = 0
    for part in filter(None, cpuset.split(",")):
        first, _, last = part.partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            count += int(last or first) - int(first) + 1
    return count


def mib(size: float) -> str:
    """`80 MiB`, `1.5 GiB`: sizes as formulas show them."""
    whole = size / MIB
    return f"{whole / 1024:.3g} GiB" if whole >= 1024 else f"{whole:.3g} MiB"


def up(size: float, step: int = MIB) -> int:
    """The next multiple of `step`: limits in odd bytes are nobody's wish."""
    return int(-(-size // step) * step)


def seconds(fact: Fact | None) -> str:
    """`5 s`: the window of a rate."""
    return f"{(fact.reading.window_s or 0.0) if fact is not None else 0.0:.0f} s"
