"""Between a model's words and a person: sentences are cut as they stream, checked, and only then told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import field

from ergon_ops.dataclass import dataclass
from ergon_ops.grounding import Checked, Ground, Sentences, check, struck, words_of
from ergon_ops.offline import Sentence
from ergon_ops.refs import Ref
from ergon_ops.turn.request import DRAFT
from ergon_ops.turn.trust import trusted, visible

# Small models write marks of prompts and pages, and what stands above the facts.
TAG = re.compile(rf"\s*(?:</?[a-z]{{1,12}}>|{re.escape(DRAFT)})\s*", re.IGNORECASE)
FEW = 2  # sentences that are asked for again where nothing else holds
CITED = re.compile(r"\[e\d+\]")
ROUND = 2  # words of a sentence that is not told twice
REPAIRED = re.compile(r"^\s*(?:[-*]\s*)?(\d{1,2})\s*[:.)]\s*(.*)$")
ENDED = re.compile(r"[.!?][\s\"')*_`\]]*$|\n\s*$")
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
    talk around no fact at all where facts answer the question (`expected`): small models do that at length.
    """

    ground: Callable[[], Ground]
    tell: Tell
    distrusted: Callable[[], frozenset[str]] = frozenset  # ids of facts that read like orders: they carry nothing
    expected: frozenset[str] = frozenset()  # ids of the facts that the rules' answer to the question rests on
    tally: Tally = field(default_factory=Tally)
    told: list[Sentence] = field(default_factory=list)
    waiting: list[Checked] = field(default_factory=list)
    acted: list[str] = field(default_factory=list)  # claims of having acted that nothing in the journal carries
    _cut: Sentences = field(default_factory=Sentences)
    _preamble: list[Sentence] = field(default_factory=list)
    _mended: dict[int, list[Checked]] = field(default_factory=dict)
    _heard: set[tuple[str, ...]] = field(default_factory=set)
    _said: set[str] = field(default_factory=set)
    _called: bool = False
    _carried: int = 0  # sentences whose claims all hold
    _in_reply: bool = False
    _grounded: bool = False  # something was said that facts carry, or asked of a tool
    _before: Checked | None = None

    def feed(self, delta: str) -> None:
        for sentence in self._cut.feed(delta):
            self._take(sentence)

    def end_of_reply(self, *, calls: bool, cut: bool = False) -> None:
        """`calls`: the reply ended in tool calls, so what claimed nothing was only said on the way. `cut`: its last
        sentence may be half of one, `at 4` of `at 45%`, and is not told."""
        for sentence in self._cut.end():
            if not cut or ENDED.search(sentence):
                self._take(sentence)
        self._called = self._called or calls
        self._grounded = self._grounded or calls
        if not calls and not self._idle:
            self._flush()
        self._preamble.clear()
        self._cut, self._in_reply = Sentences(), False

    @property
    def _idle(self) -> bool:
        return bool(self.expected) and not self._grounded

    @property
    def unsupported(self) -> list[Checked]:
        return [item for item in self.waiting if item.unsupported]

    def repairable(self) -> list[Checked]:
        """A claim of having acted is not asked for again: it is removed."""
        return [item for item in self.unsupported if not claims_action(item)]

    @property
    def hopeless(self) -> bool:
        """Nothing in it holds, and it is talk that cannot be looked up, or much of it: not worth a second request."""
        kinds = {claim.kind for item in self.unsupported for claim in item.unsupported}
        return self._idle and (kinds <= {"statement"} or len(self.unsupported) > FEW)

    @property
    def mostly_unfounded(self) -> bool:
        """More was made up than facts carry, also after it was asked for again: what the rules say is an answer, and
        such an answer mended sentence by sentence is none."""
        made_up = sum(not self._mended.get(id(item)) for item in self.unsupported)
        return bool(self.expected) and made_up > 1 + self._carried + sum(map(bool, self._mended.values()))

    @property
    def nothing_holds(self) -> bool:
        """Facts answer the question, and neither what was said nor what was said when asked again rests on one: a
        sentence of ours here and there is no answer."""
        again = (checked for mended in self._mended.values() for checked in mended)
        said = self._carried or self._called or any(sentence.fact_ids for sentence in self.told)
        return bool(self.expected) and not said and not any(checked.fact_ids for checked in again)

    @property
    def beside_the_question(self) -> bool:
        """Nothing told is of what the rules' answer rests on, and no tool was asked for anything else. A proposal of
        this question is an answer to it, and rests on no fact."""
        known = self.ground().index.by_id
        if any(item.id in sentence.text for item in self.ground().proposals for sentence in self.told):
            return False

        def of(ids: Iterable[str]) -> set[tuple[Ref, str]]:
            return {(known[id].about, known[id].name) for id in ids if id in known}

        said = of(id for sentence in self.told for id in sentence.fact_ids)
        return bool(self.expected) and not self._called and not said & of(self.expected)

    def mend(self, repaired: dict[int, str]) -> None:
        """`repaired` maps the number of a `repairable()` sentence, from 1, to what is said now ('' = left out)."""
        for number, item in enumerate(self.repairable(), 1):
            again = self._each(repaired[number]) if number in repaired else None
            if again is not None and not any(checked.unsupported for checked in again):
                self._mended[id(item)] = again

    def settle(self, replacement: Callable[[Checked], Sentence | None]) -> None:
        """Tells what waits: mended where that is supported, else replaced by a sentence of ours, else struck."""
        for item in self.waiting:
            if not item.unsupported:
                if item.claims or not self._idle:
                    self._say(item)
                continue
            again = self._mended.get(id(item))
            if again is not None:
                self.tally.replaced += not again
                for checked in again:
                    self._tell(Sentence(spaced(checked.text, item.text), checked.fact_ids))
                continue
            self.tally.replaced += 1
            ours = replacement(item)
            ours = ours or Sentence(struck(item))
            if ours.text:
                self._tell(Sentence(spaced(ours.text, item.text), ours.fact_ids))
        self.waiting.clear()

    def give_up(self) -> None:
        """The reply broke off, or is given up: what was not yet told never is."""
        self.tally.replaced += len(self.unsupported)
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
        """One sentence of a reply. A model that goes round in circles is heard once."""
        words = tuple(re.findall(r"\w+", CITED.sub("", sentence.lower())))
        if (len(words) >= ROUND and words in self._heard) or TAG.fullmatch(sentence):
            return
        self._heard.add(words)
        checked = self._check(sentence, self._before)
        self._before = checked
        self.tally.checked += bool(checked.claims)
        self.tally.unsupported += bool(checked.unsupported)
        self._carried += bool(checked.claims and not checked.unsupported)
        self._grounded = self._grounded or bool(self._carried)
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
        """What facts carry is told once: a replacement may say what stands there already, or is said again below."""
        if not sentence.text or (sentence.fact_ids and words_of(sentence.text) in self._said):
            return
        self.told.append(sentence)
        self._said |= {words_of(sentence.text), *(words_of(part) for part in sentence.text.split(". "))}
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
