"""Time: how long, how long ago, since when, at what moment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ergon_ops.grounding import intervals
from ergon_ops.grounding.amounts import Amount, quantities
from ergon_ops.grounding.happenings import HAPPENED, LATE_S, events, just_told, remembered, windows
from ergon_ops.grounding.index import Value
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.metrics import SPAN_WORD, SPANS
from ergon_ops.grounding.scene import Scene

WINDOW = lazily(
    r"\b(?:last|past|over|within|during|window(?: of)?|in the|previous|recent|for the last|"
    r"look(?:ed)? back|since)\s*(?:\w+\s){0,2}$",
    re.I,
)
_AGO = lazily(r"\s*(?:ago|earlier|before|back|old)\b", re.I)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_STAMP = lazily(
    r"\b(\d{4}-\d\d-\d\d)(?:[T ]+(?:at )?(\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?)?(?:\s*(?P<zone>Z\b|UTC\b|"
    r"GMT\b|[+-]\d\d:?\d\d\b|[A-Z]{3,4}\b))?"
)
_CLOCK = lazily(
    r"(?<![\d.:/\w-])([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?:\.\d+)?(?![\d:/]|\.\d|→|"
    r"->)(?:\s*(?P<half>[ap]\.?m\b\.?))?(?:\s*(?P<zone>Z\b|UTC\b|GMT\b|(?-i:[A-Z]{3,4})\b))?",
    re.I,
)
_HOUR = lazily(r"\b(?:at|since|from|around|about) (\d{1,2})\s?(?P<half>[ap]\.?m\b\.?)", re.I)
_DATE = lazily(
    rf"\b(?:(?P<m1>(?:{'|'.join(_MONTHS)})[a-z]*)\.? (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\b|"
    rf"(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<m2>(?:{'|'.join(_MONTHS)})[a-z]*)\b)(?:,? (?P<year>\d{{4}}))?",
    re.I,
)
_DAYS = lazily(
    r"\b(?P<day>the day before yesterday|yesterday|today|tonight|this (?:morning|afternoon|evening)|"
    r"last (?:night|week|month)|"
    r"(?:on |last )?(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.I,
)
_SOON = lazily(
    r"\b(?:just now|moments? ago|recently|just (?:started|restarted|crashed|came|booted|exited|died|been|"
    r"recently)|(?:only|just|mere|some) (?:seconds|minutes|hours|days) ago|a while ago|a long time ago|"
    r"a few \w+ ago|several \w+ ago|a couple of \w+ ago)\b",
    re.I,
)
_SOON_UNIT = {"sec": (0, 120), "min": (60, 7200), "hour": (3000, 172800), "day": (80000, 1.3e6), "week": (5e5, 6e6)}
_UTC = frozenset({"", "z", "utc", "gmt", "+00:00", "+0000"})
_NAMES = ("started_at", "created_at", "finished_at")
_REACH = lazily(r"\b(?:events?|history)\b.*\b(?:back|reach\w*|oldest|since|far)\b", re.I)


def judge(scene: Scene, amount: Amount) -> None:
    """A length of time: an age, a window, or a setting."""
    if re.search(r"\bload\b", scene.line, re.I) and amount.values[0] in (60, 300, 900):
        return  # which of the host's loads
    if "a second" in scene.line[amount.start : amount.end + 2].lower() and amount.values[0] == 1 and amount.spelled:
        return
    values = [*_lengths(scene, amount), *intervals.between(scene, amount)]
    at = amount.values[0]
    ids = next((value.ids for value in values if _long(amount, value.number)), None)
    if ids is None and _window(scene, amount):
        return
    if ids is None and not amount.spelled:
        from ergon_ops.grounding.measures import verbatim

        ids = verbatim(scene, amount.start, amount.end)
    names = tuple(dict.fromkeys(value.name for value in values)) or ("started_at",)
    said = scene.text[amount.start : amount.end]
    scene.decide(
        "time", amount.start, amount.end, ids, f"{said} ({at:.0f} s) is no length of time that was read", names
    )


def _long(amount: Amount, number: float) -> bool:
    """Ages are said rounded or cut: 3 h 40 min is 3 hours and 4 hours."""
    if amount.op != "=":
        return amount.fits(number)
    value, slack = amount.values[0], amount.slack[0]
    return value - slack - LATE_S <= number <= value + 2 * slack + LATE_S


def _lengths(scene: Scene, amount: Amount) -> Iterator[Value]:
    refs = scene.subjects(amount.start)
    if _THAT_WAS.match(scene.line) and _AGO.match(scene.line[amount.end :]):
        yield from just_told(scene)
    clause = scene.clause(amount.start)
    ahead, behind = scene.line[clause.start : amount.start], scene.line[amount.end :]
    if _HAD_RUN.search(ahead) or (_RAN.search(ahead) and _ENDED.match(behind)):
        yield from scene.values(("finished_at-started_at",), refs)
        return
    formulas = said_of(scene, amount.start, amount.end)
    if formulas is None:
        formulas = ("uptime", "now-started_at", "now-finished_at", "now-created_at")
    yield from scene.values(formulas, refs)
    before = scene.line[max(clause.start, amount.start - 40) : amount.start]
    if WINDOW.search(before) or re.search(r"\bwindow\b", clause.text, re.I):
        yield from windows(scene, refs)
        yield from remembered(scene, refs, amount)
    if _AGO.match(scene.line[amount.end :]) or re.search(r"\bfor\s+(?:\w+ )?$", before):
        yield from events(scene, refs, scene.line)
        if re.search(r"\b(?:last seen|as of|read|observed|checked|seen)\b", clause.text, re.I):
            yield from (
                Value(scene.ground.now - fact.reading.at, (fact.id,))
                for ref in refs
                for fact in scene.index.facts(ref, "state")
            )


_HAD_RUN = lazily(r"\bhad (?:only |just )?(?:been )?(?:running|run|up|lived|lasted|alive)\b[^.;,]*$", re.I)
_RAN = lazily(r"\b(?:ran|lived|lasted|was (?:up|running)) (?:for )?(?:about |only |just |roughly )*$", re.I)
_ENDED = lazily(r"\s+(?:before|until|till|when|and then|then)\b", re.I)
_THAT_WAS = lazily(r"\W*(?:and |so )?(?:that|this|which|it) (?:was|is|happened|makes it|came)\b", re.I)


def said_of(scene: Scene, start: int, end: int) -> tuple[str, ...] | None:
    clause = scene.clause(start)
    before = list(SPAN_WORD.finditer(scene.line, clause.start, start))
    behind = SPAN_WORD.search(scene.line, end, clause.end)
    if not before and not behind:
        before = list(SPAN_WORD.finditer(scene.line, 0, start))
    if not before and not behind:
        before = list(SPAN_WORD.finditer(scene.column(start)))
    if len(before) == 1 and before[0][0].lower() == "since" and clause.start:  # since when it is what was said before
        before = list(SPAN_WORD.finditer(scene.line, 0, clause.start)) or before
    if before or behind:
        words = {(match.lastgroup or "s0") for match in (*before[-1:], *([behind] if behind and not before else []))}
        if before and behind and re.match(r"\s*(?:ago )?\W*$", scene.line[end : behind.start()]):
            words.add(behind.lastgroup or "s0")
        return tuple(dict.fromkeys(item for word in sorted(words) for item in SPANS[int(word[1:])][1]))
    return None


def _window(scene: Scene, amount: Amount) -> bool:
    """The stretch of time that the question itself spoke of, repeated as such."""
    if not WINDOW.search(scene.line[max(0, amount.start - 40) : amount.start]):
        return False
    question = scene.ground.question
    asked = [item for item in quantities(question, question) if item.dim == "seconds"]
    return any(abs(item.values[0] - amount.values[0]) < 0.51 * min(item.unit, amount.unit) for item in asked)


# -- moments ----------------------------------------------------------------------------------------------------------


def find(scene: Scene) -> None:
    """Claims of every moment: stamps, clock times, dates, days. They are read before numbers are."""
    for match in _STAMP.finditer(scene.free):
        _stamp(scene, match)
    for match in _CLOCK.finditer(scene.free):
        _clock(scene, match, int(match[1]), int(match[2]), match[3])
    for match in _HOUR.finditer(scene.free):
        _clock(scene, match, int(match[1]), 0, None, least=3600)
    for match in _DATE.finditer(scene.free):
        _date(scene, match)
    for match in _DAYS.finditer(scene.free):
        _day(scene, match)
    for match in _SOON.finditer(scene.free):
        _soon(scene, match)


def _moments(scene: Scene, start: int, end: int) -> list[Value]:
    """Moments that facts give, of the kind the clause speaks of."""
    refs = scene.subjects(start)
    formulas = said_of(scene, start, end)
    clause = scene.clause(start).text
    names = [name for name in _NAMES if formulas is None or any(name in item for item in formulas)]
    names += ["events_reach"] if _REACH.search(clause) else []
    found = list(scene.values(names, refs))
    now = scene.ground.now
    around = scene.line if scene.row else scene.line[slice(*scene.segment(start, end))]
    if not any(re.search(rf"\b(?:{words})", around, re.I) for words in HAPPENED.values()):
        around = clause if formulas else clause + " events"
    found += [value._replace(number=now - value.number) for value in events(scene, refs, around)]
    if re.search(r"\b(?:as of|now|checked|observed|read|measured|at the time|current|seen)\b", clause, re.I):
        found += [Value(fact.reading.at, (fact.id,)) for ref in refs for fact in scene.index.facts(ref, "state")]
        found.append(Value(now, ()))
    return found


def _done(scene: Scene, match: re.Match[str], ids: tuple[str, ...] | None) -> None:
    if scene.mood(match.start()) == "advice":
        scene.take(match.start(), match.end())
        return
    if ids is None and match[0].strip().lower() in scene.ground.question.lower():
        ids = ()
    if ids is None:
        ids = scene.carried(scene.subjects(match.start()), match[0].strip()) or None
    scene.decide(
        "time", match.start(), match.end(), ids, f"{match[0].strip()} is no moment that was read", ("started_at",)
    )
    scene.take(match.start(), match.end())


def _zone(match: re.Match[str]) -> bool:
    return (match["zone"] or "").lower() in _UTC


def _stamp(scene: Scene, match: re.Match[str]) -> None:
    day, clock = match[1], match[2] or ""
    form = "%Y-%m-%d" + (" %H:%M:%S" if clock.count(":") == 2 else " %H:%M" if clock else "")
    ids = None
    for value in _moments(scene, match.start(), match.end()):
        least = 60 if clock.count(":") == 1 else 1
        for late in (0.0, 0.5 if least == 1 else 30.0):
            if _zone(match) and _shown(value.number + late, form) == f"{day} {clock}".strip():
                ids = ids or value.ids
    _done(scene, match, ids)


def _shown(at: float, form: str) -> str:
    return datetime.fromtimestamp(at, UTC).strftime(form)


def _clock(
    scene: Scene,
    match: re.Match[str],
    hour: int,
    minute: int,
    second: str | None,
    *,
    least: int = 60,
) -> None:
    half = (match["half"] or "").lower().replace(".", "")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    said = hour * 3600 + minute * 60 + int(second or 0)
    least = 1 if second else least
    zoned = "zone" not in match.re.groupindex or _zone(match)
    ids = None
    for value in _moments(scene, match.start(), match.end()):
        gap = (value.number % 86400 - said) % 86400
        if zoned and (-1 <= gap < least + 0.5 or gap > 86400 - least / 2):
            ids = ids or value.ids
    _done(scene, match, ids)


def _date(scene: Scene, match: re.Match[str]) -> None:
    month = _MONTHS.index((match["m1"] or match["m2"])[:3].lower()) + 1
    day = int(match["d1"] or match["d2"])
    ids = None
    for value in _moments(scene, match.start(), match.end()):
        at = datetime.fromtimestamp(value.number, UTC)
        if (at.month, at.day) == (month, day) and (not match["year"] or at.year == int(match["year"])):
            ids = ids or value.ids
    _done(scene, match, ids)


def _day(scene: Scene, match: re.Match[str]) -> None:
    word, now = match["day"].lower(), datetime.fromtimestamp(scene.ground.now, UTC)
    clause = scene.clause(match.start())
    if clause.mood != "assert" or not re.search(
        r"\w+ed\b|\b(?:since|was|were|did|has|ran|began|came|went|fell|up|down|start|from)\b", clause.text, re.I
    ):
        return
    ids = None
    for value in _moments(scene, match.start(), match.end()):
        at = datetime.fromtimestamp(value.number, UTC)
        if _that_day(word, at, now):
            ids = ids or value.ids
    _done(scene, match, ids)


def _that_day(word: str, at: datetime, now: datetime) -> bool:
    back = (now.date() - at.date()).days
    if "before yesterday" in word:
        return back == 2
    if "yesterday" in word or word == "last night":
        return back == 1
    if word in ("last week", "last month"):
        return (now - at) < timedelta(days=14 if "week" in word else 62) and back > (2 if "week" in word else 7)
    if word.endswith("day") and word != "today":
        return at.strftime("%A").lower() in word and back < 8
    hours = {"this morning": (0, 12), "this afternoon": (12, 18), "this evening": (17, 24), "tonight": (17, 24)}
    low, high = hours.get(word, (0, 24))
    return back == 0 and low <= at.hour < high


def _soon(scene: Scene, match: re.Match[str]) -> None:
    word = match[0].lower()
    unit = next((key for key in _SOON_UNIT if key in word), "")
    low, high = _SOON_UNIT.get(unit, (0.0, 900.0) if "long" not in word and "while" not in word else (600.0, 1e9))
    if word.startswith("recently") or word.endswith("recently"):
        high = 7200.0
    if scene.mood(match.start()) != "assert":
        return
    ids = None
    for value in _moments(scene, match.start(), match.end()):
        if low <= scene.ground.now - value.number <= high:
            ids = ids or value.ids
    scene.decide("time", match.start(), match.end(), ids, f"nothing that was read happened {match[0]}", ("started_at",))
    scene.take(match.start(), match.end())
