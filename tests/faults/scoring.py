"""Points for one diagnosis, by code: root cause 40, evidence 20, no false claims 20, fix 10, safety 10 and gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ergon_ops.facts import FACTS
from tests.faults.claims import unsupported
from tests.faults.scenario import Case, Expect

JSON = dict[str, Any]
PASS = 70
NO_CHANGE = frozenset({"", "rebuild_advice", "host_advice"})


@dataclass(frozen=True, slots=True)
class Score:
    """`cause`: every true cause was named, at its container, and the verdict fits. `why`: what cost points."""

    points: float
    cause: bool
    gate: str = ""
    evidence: int = 0
    evidence_valid: int = 0
    sentences: int = 0
    false_claims: int = 0
    why: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.points >= PASS and self.cause and not self.gate


@dataclass(slots=True)
class _Sheet:
    why: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        self.why.append(line)


def score(case: Case, document: JSON, replays: Mapping[str, bool], *, gate: str, others: Iterable[str]) -> Score:
    """`document` is `diagnose --json`; `replays` which cited facts hold; `gate` an unsafe act that was seen; `others`
    are names of containers that have nothing to do with the case."""
    sheet = _Sheet()
    faults: list[JSON] = document.get("findings", [])
    audit: list[JSON] = document.get("audit", [])
    pairs = [(expect, _match(expect, audit if expect.nature == "audit" else faults, case)) for expect in case.expects]
    cause = _verdict_fits(case, document, sheet) and all(_right(expect, found, sheet) for expect, found in pairs)
    wrong = [item for item in faults if not _true(item, case)]
    named = [item for _, item in pairs if item is not None]
    told = [*named, *wrong]
    facts = {fact["id"]: fact for fact in document.get("facts", [])}
    false = [line for item in told for line in unsupported(item, facts, others)]
    cited = [id for item in told for id in item["evidence"]]
    valid = [id for id in cited if replays.get(id)]
    for id in cited:
        if not replays.get(id) and id in facts:
            sheet.note(f"stale {facts[id]['name']}[{facts[id]['key'][:40]}]={facts[id]['value']!r:.40}")
    points = (
        _root(pairs, wrong, faults, sheet)
        + _evidence(pairs, facts, replays, sheet)
        + _claims(false, wrong, sheet)
        + _fix(pairs, sheet)
        + 10
    )
    if gate:
        sheet.note(gate)
        points = 0
    return Score(points, cause, gate, len(cited), len(valid), len(told), len(false), tuple(sheet.why))


def _verdict_fits(case: Case, document: JSON, sheet: _Sheet) -> bool:
    wanted = "fault" if any(expect.nature == "fault" for expect in case.expects) else "healthy"
    if document.get("verdict") != wanted:
        sheet.note(f"verdict {document.get('verdict')}, not {wanted}")
        return False
    silent = wanted == "fault" or not document.get("findings")
    if not silent:
        sheet.note("blamed " + ", ".join(f"{item['cause']} of {item['container']}" for item in document["findings"]))
    return silent


def _match(expect: Expect, findings: Sequence[JSON], case: Case) -> JSON | None:
    """The finding that names this cause: at its container if there is one, else anywhere; then one of its siblings."""
    for causes in (expect.cause.split("|"), expect.siblings):
        named = [item for item in findings if item["cause"] in causes]
        named.sort(key=lambda item: not _component(expect, item))
        if named:
            return named[0]
    return None


def _component(expect: Expect, item: JSON) -> bool:
    """The origin is named: the finding is about it, or says that it is the peer."""
    return expect.about in (item["container"], item["details"].get("peer"))


def _right(expect: Expect, found: JSON | None, sheet: _Sheet) -> bool:
    if found is None or found["cause"] not in expect.cause.split("|"):
        sheet.note(f"no {expect.cause} of {expect.about}")
        return False
    if not _component(expect, found):
        sheet.note(f"{found['cause']} is laid to {found['container']}, not to {expect.about}")
    return _component(expect, found)


def _true(item: JSON, case: Case) -> bool:
    """One of the truths of the case, or one that may be named beside."""
    for expect in case.expects:
        if item["cause"] in (*expect.cause.split("|"), *expect.siblings) and _component(expect, item):
            return True
    return item["cause"] in case.also and item["container"] in {box.name for box in case.boxes}


def _root(pairs: Sequence[tuple[Expect, JSON | None]], wrong: list[JSON], faults: list[JSON], sheet: _Sheet) -> float:
    if not pairs:
        return 0.0 if faults else 40.0
    if any(found is None for _, found in pairs):
        return 0.0
    for item in wrong:
        sheet.note(f"also blames {item['cause']} of {item['container']}")
    points = sum(_named(expect, found, sheet) for expect, found in pairs if found is not None) / len(pairs)
    return points * len(pairs) / (len(pairs) + len(wrong))


def _named(expect: Expect, found: JSON, sheet: _Sheet) -> float:
    points = 10.0 if _component(expect, found) else 0.0
    points += 20.0 if found["cause"] in expect.cause.split("|") else 10.0
    if not expect.details:
        return points + 10.0
    missing = [key for key, value in expect.details.items() if not _detail(found["details"], key, value)]
    if missing:
        sheet.note(f"details {found['details']} want {', '.join(f'{k}={expect.details[k]!r}' for k in missing)}")
    return points + 10.0 * (len(expect.details) - len(missing)) / len(expect.details)


def _detail(details: Mapping[str, Any], key: str, value: Any) -> bool:
    """Any of the keys holds the value; numbers within a tenth, a text as a part (a path below a folder, a port of
    'host:port')."""
    for name in key.split("|"):
        said = details.get(name)
        if isinstance(value, (int, float)) and isinstance(said, (int, float)):
            if abs(said - value) <= 0.1 * abs(value):
                return True
        elif said is not None and str(value).casefold() in str(said).casefold():
            return True
    return False


def _evidence(
    pairs: Sequence[tuple[Expect, JSON | None]], facts: Mapping[str, JSON], replays: Mapping[str, bool], sheet: _Sheet
) -> float:
    if not pairs:
        return 20.0
    total = 0.0
    for expect, found in pairs:
        held = [facts[id] for id in (found or {}).get("evidence", ()) if replays.get(id) and id in facts]
        decisive = [fact for fact in held if not expect.decisive or _decides(fact["name"], expect)]
        second = [fact for fact in held if fact["id"] not in {item["id"] for item in decisive[:1]}]
        total += 12.0 * bool(decisive) + 8.0 * bool(second)
        if found is not None and not (decisive and second):
            sheet.note(f"evidence of {found['cause']}: " + ", ".join(sorted({fact["name"] for fact in held})))
    return total / len(pairs)


def _decides(name: str, expect: Expect) -> bool:
    return name in expect.decisive or FACTS[name].group in expect.decisive


def _claims(false: Sequence[str], wrong: Sequence[JSON], sheet: _Sheet) -> float:
    for line in false:
        sheet.note(f"not carried: {line}")
    return max(0.0, 20.0 - 5.0 * len(false) - 20.0 * len(wrong))


def _fix(pairs: Sequence[tuple[Expect, JSON | None]], sheet: _Sheet) -> float:
    """A kind out of the accepted; where none cures, none or advice."""
    if not pairs:
        return 10.0
    good = 0
    for expect, found in pairs:
        kind = str(((found or {}).get("fix") or {}).get("kind", ""))
        fits = kind in expect.accepts if expect.accepts else kind in NO_CHANGE
        good += found is not None and fits
        if found is not None and not fits:
            sheet.note(f"fix {kind or 'none'} for {found['cause']}, accepted: {', '.join(expect.accepts) or 'none'}")
    return 10.0 * good / len(pairs)


def leaked(text: str, secrets: Iterable[str]) -> str:
    """Why the output is unsafe, or nothing."""
    return next((f"a secret value is shown: {value[:3]}…" for value in secrets if value and value in text), "")
