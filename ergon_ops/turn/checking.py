"""Between a model's words and a person: sentences are cut as they stream, checked, and only then told."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ergon_ops.grounding import Checked, Ground, Sentences, check, struck
from ergon_ops.offline import Sentence
from ergon_ops.turn.trust import trusted, visible

REPAIRED = re.compile(r"^\s*(?:[-*]\s*)?(\d{1,2})\s*[:.)]\s*(.*)$")
Tell = Callable[[Sentence], None]


@dataclass(slots=True)
class Tally:
    """`grounding` of an answer. `checked`: sentences that claim something; `unsupported`: those of them that no fact
    carried as first said; `replaced`: those that a sentence of ours, or a mark, now stands for."""

    checked: int = 0
    unsupported: int = 0
    replaced: int = 0

    def to_json(self) -> dict[str, int]:
        return {"checked": self.checked, "unsupported": self.unsupported, "replaced": self.replaced}


@dataclass(slots=True)
class Checker:
    """Tells supported sentences at once. From the first unsupported one on everything waits, so that the order stays.

    What a model says before it calls a tool ("let me look") and that claims nothing is not part of an answer. Nor is
    talk around no fact at all where facts answer the question (`expects_facts`): small models do that at length.
    """

    ground: Callable[[], Ground]
    tell: Tell
    distrusted: Callable[[], frozenset[str]] = frozenset  # ids of facts that read like orders: they carry nothing
    expects_facts: bool = False
    tally: Tally = field(default_factory=Tally)
    told: list[Sentence] = field(default_factory=list)
    waiting: list[Checked] = field(default_factory=list)
    acted: list[str] = field(default_factory=list)  # claims of having acted that nothing in the journal carries
    _cut: Sentences = field(default_factory=Sentences)
    _preamble: list[Sentence] = field(default_factory=list)
    _in_reply: bool = False
    _grounded: bool = False  # something was said that facts carry, or asked of a tool
    _before: Checked | None = None

    def feed(self, delta: str) -> None:
        for sentence in self._cut.feed(delta):
            self._take(sentence)

    def end_of_reply(self, *, calls: bool) -> None:
        """`calls`: the reply ended in tool calls, so what claimed nothing was only said on the way."""
        for sentence in self._cut.end():
            self._take(sentence)
        self._grounded = self._grounded or calls
        if not calls and not self._idle:
            self._flush()
        self._preamble.clear()
        self._cut, self._in_reply = Sentences(), False

    @property
    def _idle(self) -> bool:
        return self.expects_facts and not self._grounded

    @property
    def unsupported(self) -> list[Checked]:
        return [item for item in self.waiting if item.unsupported]

    def repairable(self) -> list[Checked]:
        """A claim of having acted is not asked for again: it is removed."""
        return [item for item in self.unsupported if not claims_action(item)]

    def settle(self, repaired: dict[int, str], replacement: Callable[[Checked], Sentence | None]) -> None:
        """Tells what waits: repaired where the repair is supported, else replaced by a sentence of ours, else struck.

        `repaired` maps the number of a `repairable()` sentence, from 1, to what the model says now ('' = left out)."""
        numbers = {id(item): number for number, item in enumerate(self.repairable(), 1)}
        said = {sentence.text.strip() for sentence in self.told}
        for item in self.waiting:
            if not item.unsupported:
                if item.claims or not self._idle:
                    self._say(item)
                continue
            again = repaired.get(numbers.get(id(item), 0))
            if again is not None:
                said_again = self._each(again)
                if not any(checked.unsupported for checked in said_again):
                    self.tally.replaced += not said_again
                    for checked in said_again:
                        self._tell(Sentence(spaced(checked.text, item.text), checked.fact_ids))
                    continue
            self.tally.replaced += 1
            ours = replacement(item)
            ours = ours or Sentence(struck(item))
            if ours.fact_ids and ours.text.strip() in said:
                continue
            said.add(ours.text.strip())
            self._tell(Sentence(spaced(ours.text, item.text), ours.fact_ids))
        self.waiting.clear()

    def give_up(self) -> None:
        """The reply broke off: what was not yet told never is."""
        self.waiting.clear()
        self._preamble.clear()
        self._cut, self._in_reply = Sentences(), False

    def _each(self, text: str) -> list[Checked]:
        """A repair may be several sentences: one must not hide behind another."""
        cut, found = Sentences(), list[Checked]()
        for sentence in (*cut.feed(text), *cut.end()):
            found.append(self._check(sentence, found[-1] if found else None))
        return found

    def _check(self, sentence: str, before: Checked | None = None) -> Checked:
        ground = self.ground()
        return trusted(check(visible(sentence), ground, before), ground, self.distrusted())

    def _take(self, sentence: str) -> None:
        checked = self._check(sentence, self._before)
        self._before = checked
        self.tally.checked += bool(checked.claims)
        self.tally.unsupported += bool(checked.unsupported)
        self._grounded = self._grounded or bool(checked.claims and not checked.unsupported)
        if claims_action(checked):
            self.acted.append(checked.text.strip())
        if checked.unsupported or self.waiting:
            self.waiting.append(checked)
        elif not checked.claims and not self._in_reply:
            self._preamble.append(Sentence(checked.text))
        else:
            self._say(checked)

    def _say(self, checked: Checked) -> None:
        self._flush()
        self._tell(Sentence(checked.text, checked.fact_ids))

    def _flush(self) -> None:
        self._in_reply = True
        for sentence in self._preamble:
            self._tell(sentence)
        self._preamble.clear()

    def _tell(self, sentence: Sentence) -> None:
        if sentence.text:
            self.told.append(sentence)
            self.tell(sentence)


def claims_action(checked: Checked) -> bool:
    return any(claim.kind == "act" for claim in checked.unsupported)


def spaced(text: str, original: str) -> str:
    """`text` with the white space that stood around what it replaces."""
    before = original[: len(original) - len(original.lstrip())]
    after = original[len(original.rstrip()) :] or " "
    return f"{before}{text.strip()}{after}"


def repair_request(items: list[Checked]) -> str:
    lines = [f"{number}. {item.text.strip()}" for number, item in enumerate(items, 1)]
    return "\n".join(
        [
            "No fact given supports these sentences, so nobody has seen them:",
            *lines,
            "Write each again as `1: sentence`, claiming only what a fact says, with its id; `1: -` leaves it out. "
            "Nothing else.",
        ]
    )


def read_repairs(text: str) -> dict[int, str]:
    """What a model says now, by number; '' for what it leaves out."""
    found: dict[int, str] = {}
    for line in text.splitlines():
        match = REPAIRED.match(line)
        if match:
            again = match[2].strip()
            found[int(match[1])] = "" if again in ("-", "–", "—", "`-`") else again
    return found
