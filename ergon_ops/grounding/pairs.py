"""Two numbers that belong together: `12 of 200 processes`, `28 of the 30 periods`, `ten times that of worker`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.grounding import counts, logs
from ergon_ops.grounding.amounts import DIGITS, WORD_NUMBER, Amount, number_of_word
from ergon_ops.grounding.index import Value
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.metrics import RANKED
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

_N = rf"(?:{DIGITS}|{WORD_NUMBER})"
_PAIR = lazily(
    rf"(?<![\w.:,/-])(?P<part>{_N}|none|all|both)(?: [a-z]+)? (?:of|out of) (?:(?:the|my|its|all|these|those|at most|"
    rf"their|a total of|[\w-]+'s) )?(?P<whole>{_N})(?: more)?(?P<noun>(?: [a-z-]+){{1,4}})",
    re.I,
)
# The noun → what the part counts, and what the whole does.
_NOUNS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (r"process\w*|pids?|threads?|tasks?", ("pids",), ("pids_limit",)),
    (r"services?|programs?|daemons?", ("#serving[listening|running]", "#serving[down]"), ("#serving",)),
    (r"lines?|messages?|entries|logs?", ("log_errors", "@warnings", "@template"), ("log_lines",)),
    (r"periods?", ("@throttled",), ("cpu_periods",)),
    (r"containers?|ones", ("@containers", "@troubled"), ("@containers",)),
)
_NOUN = tuple((lazily(rf"\b(?:{words})\b", re.I), part, whole) for words, part, whole in _NOUNS)
_TROUBLE = lazily(r"\b(?:problem|issue|trouble|wrong|attention|concern|bad|not (?:well|fine|ok))", re.I)
_TIMES = lazily(
    rf"(?:(?P<n>{_N}(?: and a half)?) times|(?P<two>twice|half)) "
    rf"(?:(?:as|so) (?:much|many|high|large|big|long|old|often|busy|heavily)\b|that of|those of|"
    rf"(?P<down>smaller|lower|shorter|fewer)\b|larger\b|bigger\b|higher\b|longer\b|greater\b|older\b|"
    r"(?=(?:my|its|[\w-]+'s) (?:own )?(?:memory|ram|cpu|restarts?|uptime|limit|share|\d[\d.]*)\b)|"
    r"what\b|(?:the|its|my) (?:\w+ ){1,3}(?:of|than)\b|more\b|the amount\b)",
    re.I,
)
_SAME = lazily(
    r"\b(?:(?:about|roughly|nearly|almost|exactly) )?(?:the same|equal to|identical to|as (?:much|many|high|"
    r"large|low|big|"
    r"long|busy|full)\b)",
    re.I,
)
_UP = lazily(r"\b(?:up|uptime|running|runs|alive|old|older)\b", re.I)
_LIMIT = lazily(r"\b(?:limit|quota|cap|ceiling|allowance)s?\b", re.I)
_LIMITS = {"memory": "memory_limit", "cpu": "cpu_limit", "pids": "pids_limit"}
_OPPOSITE = {"sent": "received", "received": "sent", "read": "write", "write": "read"}
_FLOWS = {"read": "block_read", "write": "block_write", "received": "network_rx", "sent": "network_tx"}


def find(scene: Scene) -> None:
    for match in _PAIR.finditer(scene.free):
        _pair(scene, match)
    for match in _OF_ALL.finditer(scene.free):
        _pair(scene, match)
    for match in _TIMES.finditer(scene.free):
        _times(scene, match)
    for match in _SAME.finditer(scene.free):
        _same(scene, match)


def _pair(scene: Scene, match: re.Match[str]) -> None:
    if scene.mood(match.start()) in ("advice", "question"):
        return
    found = [(noun.search(match["noun"]), part, whole) for noun, part, whole in _NOUN]
    rows = sorted((item[0].start(), item[1], item[2], item[0][0]) for item in found if item[0] is not None)
    if not rows:
        return
    _, parts, wholes, noun = rows[0]
    words = scene.clause(match.start()).text
    if match.start("part") > match.start("whole"):  # who of them is told behind
        words += re.split(r"[:;.(]", scene.line[match.end() :])[0]
    if "@containers" in parts:
        parts = ("@troubled",) if _TROUBLE.search(words) else ("@containers",)
    if "log_errors" in parts:
        parts = tuple(item for item in parts if item != "log_errors" or re.search(r"error|fail", words, re.I))
    end = match.start("noun") + match["noun"].lower().index(noun.lower()) + len(noun)
    whole = _amount(match, "whole")
    ids: list[str] | None = []
    if match["part"].lower() not in ("none", "all", "both"):
        part = _amount(match, "part")
        ids = _carried(scene, part, parts, words)
        if ids is None and "log_lines" in wholes:
            ids = next(
                (list(value.ids) for value in logs.counted(scene, match.start(), words) if part.fits(value.number)),
                None,
            )
    more = _carried(scene, whole, wholes, match["noun"].partition(noun)[0] + noun)
    ids = None if ids is None or more is None else [*ids, *more]
    about = tuple(item.strip("#@").partition("[")[0] for item in parts)
    scene.decide("count", match.start(), end, None if ids is None else tuple(ids), "not so many of so many", about)
    for group in ("whole", "part"):
        scene.take(*match.span(group))


def _amount(match: re.Match[str], group: str) -> Amount:
    number = number_of_word(match[group])
    return Amount(match.start(group), match.end(group), "count", (number,), (0.0,))


def _carried(scene: Scene, amount: Amount, formulas: tuple[str, ...], words: str) -> list[str] | None:
    values = list(_values(scene, formulas, amount, words))
    return next((list(value.ids) for value in values if amount.fits(round(value.number))), None)


def _values(scene: Scene, formulas: tuple[str, ...], amount: Amount, words: str) -> Iterator[Value]:
    for formula in formulas:
        if formula == "@throttled":
            for ref in scene.subjects(amount.start):
                for share in scene.index.evaluate("cpu_throttled_ratio", ref):
                    for periods in scene.index.evaluate("cpu_periods", ref):
                        yield Value(share.number * periods.number, (*share.ids, *periods.ids), "", share.name)
        elif formula == "@troubled":
            yield troubled(scene)
        elif formula == "@containers":
            yield _in_state(scene, words)
        else:
            yield from counts._values(scene, (formula,), amount, words)


_STATES = (
    (r"not (?:up|run\w*)|\w+n't run\w*|down|stopped|not alive", lambda state: state not in ("running", "paused")),
    (r"run(?:s|ning)?|up|alive|online", lambda state: state == "running"),
    (r"exited|ended|finished", lambda state: state == "exited"),
    (r"restarting|crash\w*|loop\w*", lambda state: state == "restarting"),
    (r"paused", lambda state: state == "paused"),
)  # fmt: skip


def _in_state(scene: Scene, words: str) -> Value:
    """How many there are in the state these words say; without one, how many there are."""
    known = dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()])
    rows = [row for ref in known for row in scene.index.facts(ref, "state")]
    ids = tuple(row.id for row in rows)
    if (health := re.search(r"\b(un)?healthy\b", words, re.I)) is not None:
        said = health[0].lower()
        hit = [row for ref in known for row in scene.index.facts(ref, "health") if row.value == said]
        return Value(float(len(hit)), tuple(row.id for row in hit) or ids, "", "health")
    if re.search(r"\bno (?:docker )?health", words, re.I):
        hit = [row for ref in known for row in scene.index.facts(ref, "health") if row.value == "none"]
        return Value(float(len(hit)), tuple(row.id for row in hit) or ids, "", "health")
    for told, is_so in _STATES:
        if re.search(rf"\b(?:{told})\b", words, re.I):
            return Value(float(sum(is_so(row.value) for row in rows)), ids, "", "state")
    return Value(float(len(known)), ids, "", "state")


_OF_ALL = lazily(
    rf"\bof (?:the |my |all |our )*(?P<whole>{WORD_NUMBER}|{DIGITS}) (?P<noun>(?:[a-z]+ )?containers?|services|"
    rf"[a-z]+ lines|lines),? "
    rf"(?:only |about |just )?(?P<part>{WORD_NUMBER}|{DIGITS}|none|all)(?=\s)",
    re.I,
)


def troubled(scene: Scene) -> Value:
    """How many of all there are fail a check, do not run, or have a fault."""
    known = tuple(dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()]))
    bad = [ref for ref in known if trouble_of(scene, ref)]
    ids = tuple(id for ref in known for id in (trouble_of(scene, ref) or ()))
    return Value(float(len(bad)), ids, "", "state")


def trouble_of(scene: Scene, ref: Ref) -> tuple[str, ...]:
    index = scene.index
    rows = [row for row in index.facts(ref, "health") if row.value == "unhealthy"]
    rows += [row for row in index.facts(ref, "state") if row.value not in ("running", "paused")]
    return tuple(row.id for row in rows)


# -- times as much ----------------------------------------------------------------------------------------------------


def _number_of(word: str) -> float:
    word = word.lower()
    if word in ("twice", "half"):
        return 2.0 if word == "twice" else 0.5
    if word.endswith(" and a half"):
        return number_of_word(word.removesuffix(" and a half")) + 0.5
    return number_of_word(word)


def sides(scene: Scene, match: re.Match[str]) -> list[tuple[Value, Value]]:
    """What stands on either side of a comparison, in every way it can be read."""
    rate = re.search(r"\b(?:per|a|each|every) second|\brate\b|/s\b", scene.line, re.I) is not None
    rate = rate or any(scene.index.by_id[id].name.endswith("_rate") for id in scene.cited if id in scene.index.by_id)
    before = [item for item in scene.resources if item[1] <= match.start()]
    behind = [item for item in scene.resources if item[0] >= match.start()]
    refs = scene.subjects(match.start())
    others = [item.ref for item in scene.mentions if item.start >= match.end() - 1 and item.ref not in refs]
    if not others:
        left = next((item[2] for item in reversed(before) if item[2] in _FLOWS), "")
        right = next((item[2] for item in reversed(behind) if item[2] in _FLOWS and item[2] != left), "")
        left = left or _OPPOSITE.get(right, "")
        right = right or _OPPOSITE.get(left, "")
        pairs = [(_FLOWS.get(left, ""), _FLOWS.get(right, ""))] if left and right else []
        return [
            (one, two)
            for left, right in pairs
            for name in ((f"{left}_rate", f"{right}_rate") if rate else (left, right),)
            for one in scene.values([name[0]], refs)
            for two in scene.values([name[1]], refs)
        ]
    near = [item[2] for item in (*reversed(before), *behind) if item[2] in RANKED] or (
        [scene.topic.resource] if scene.topic.resource in RANKED else []
    )
    if not near and re.search(r"\d ?[KMG]i?B\b", scene.line):
        near = ["memory"]
    if _UP.search(scene.clause(match.start()).text) and re.search(r"\b(?:long|old)", match[0], re.I):
        near = ["uptime"]
    names = RANKED[near[0]] if near else ()
    if near and near[0] in _LIMITS and _LIMIT.search(scene.clause(match.start()).text):
        names = (_LIMITS[near[0]],)
    return [
        (one, two)
        for name in names
        for one in scene.values([name], refs[:1])
        for two in scene.values([name], others[:1])
    ]


def _times(scene: Scene, match: re.Match[str]) -> None:
    word = (match["n"] or match["two"]).lower()
    if scene.mood(match.start()) in ("advice", "question") or word in ("a", "an", "no", "one", "half a"):
        return
    said = 1 / _number_of(word) if match["down"] and _number_of(word) else _number_of(word)
    ahead = scene.line[: match.start()]
    slack = 0.05 + (0.5 if word[0].isdigit() and "." not in word else 0.1) / max(said, 1)
    slack = min(slack, 0.12 if re.search(r"(?:about|roughly|nearly|almost|around|~)\W*$", ahead, re.I) else 0.08)
    ids = next(
        (
            (*one.ids, *two.ids)
            for one, two in sides(scene, match)
            if two.number and abs(one.number / two.number - said) <= slack * said
        ),
        None,
    )
    scene.decide("rank", match.start(), match.end(), ids, "not so many times as much", ("memory", "cpu"))
    scene.take(match.start(), match.end())


def _same(scene: Scene, match: re.Match[str]) -> None:
    """Equal, or as much: of two containers the numbers, nearly."""
    clause = scene.clause(match.start())
    if clause.mood in ("advice", "question", "unknowing") or not re.search(
        r"\bas\b|\bto\b", scene.line[match.end() : clause.end]
    ):
        return
    others = [item for item in scene.mentions if match.end() <= item.start < clause.end]
    if not others:
        return
    denied = (
        re.search(r"\b(?:not|n't|never)\b[^,;]{0,12}$|n't\W*$", scene.line[clause.start : match.start()]) is not None
    )
    both = sides(scene, match)
    ids = next(
        (
            (*one.ids, *two.ids)
            for one, two in both
            if (abs(one.number - two.number) <= 0.1 * max(one.number, two.number)) is not denied
        ),
        None,
    )
    scene.decide("rank", match.start(), match.end(), ids, "not the same by what was read", ("memory", "cpu"))
