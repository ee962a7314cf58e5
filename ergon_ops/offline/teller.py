"""One container's facts, and the pen that writes sentences from them and notes which facts each was made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ergon_ops.dataclass import dataclass
from ergon_ops.facts import Fact
from ergon_ops.findings import Finding
from ergon_ops.offline.units import QUOTE_LIMIT, plain, quoted
from ergon_ops.offline.words import Ask, Sentence, View

Said = Iterator[Sentence]


@dataclass(frozen=True, slots=True)
class Teller:
    """`view` is all it knows; a fact that is not in its ledger does not exist."""

    view: View
    ask: Ask

    def fact(self, name: str, key: str = "") -> Fact | None:
        """The fact, if it was read and has a value."""
        found = self.view.ledger.get(self.view.ref, name, key)
        return found if found is not None and found.value is not None else None

    def rate(self, name: str) -> Fact | None:
        """The fact with the longest window: a rule may have looked longer than a glance did."""
        found = [fact for fact in self.view.ledger if fact.name == name and fact.about == self.view.ref]
        known = [fact for fact in found if fact.value is not None]
        return max(known, key=lambda fact: (fact.reading.window_s or 0.0, fact.reading.at), default=None)

    def rows(self, name: str) -> tuple[Fact, ...]:
        return self.view.ledger.all(self.view.ref, name)

    def number(self, name: str, key: str = "") -> float | None:
        return self.view.ledger.number(self.view.ref, name, key)

    def text(self, name: str, key: str = "") -> str:
        return self.view.ledger.text(self.view.ref, name, key)

    def known(self, name: str, key: str = "") -> bool:
        """Whether it was read at all, be it as `null`."""
        return self.view.ledger.get(self.view.ref, name, key) is not None

    @property
    def state(self) -> str:
        return self.text("state")

    @property
    def running(self) -> bool:
        """It has processes (a paused one does), or nothing says otherwise."""
        return self.state in ("running", "paused", "")

    @property
    def faults(self) -> tuple[Finding, ...]:
        return tuple(item for item in self.view.findings if item.nature == "fault")

    def ago(self, at: float) -> float:
        return max(0.0, self.view.now - at)

    def why_unknown(self, tool: str) -> str:
        """The reason that a tool gave nothing: `because …`, or an empty string."""
        for refusal in self.view.refusals:
            if refusal.tool == tool:
                return f"because my manifest does not grant “{refusal.capability}”"
        for failure in self.view.failures:
            if failure.tool == tool and failure.denied:
                return f"because {plain(failure.message, QUOTE_LIMIT)}"
            if failure.tool == tool:
                return f"because it did not answer: {plain(failure.message, QUOTE_LIMIT)}"
        if self.view.stored_at is not None:
            return "because the engine does not answer"
        return "" if self.running else "because I am not running"

    def cannot_see(self, what: str, tool: str, *facts: Fact | None) -> Sentence:
        """`I cannot see my logs, because …`"""
        reason = self.why_unknown(tool) or "because nothing here could read it"
        return say(f"I cannot see {what}, {reason}.", *facts)


def say(text: str, *facts: Fact | None, findings: Iterable[Finding] = (), item: bool = False) -> Sentence:
    """A sentence with what it stands on. A finding brings its evidence along."""
    findings = tuple(findings)
    ids = [fact.id for fact in facts if fact is not None]
    ids += [id for finding in findings for id in finding.evidence]
    return Sentence(text, tuple(dict.fromkeys(ids)), tuple(finding.id for finding in findings), item)


def num(fact: Fact | None) -> float:
    """A fact's value as a number; 0 where it has none."""
    value = fact.value if fact is not None else None
    return float(value) if isinstance(value, int | float) else 0.0


def own_words(fact: Fact) -> str:
    """A fact's text value, quoted."""
    return quoted(fact.value)
