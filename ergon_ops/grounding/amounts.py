"""Quantities as they are written: `61 MiB`, `about 45 %`, `half a core`, `2 h 10 min`, `twice`, `no restarts`."""

from __future__ import annotations

import re
from typing import NamedTuple

from ergon_ops.grounding.lazy import lazily

KIB, MIB, GIB, TIB = 1024, 1024**2, 1024**3, 1024**4
ABOUT = 0.10  # what "about" allows

BYTES: dict[str, tuple[float, ...]] = {
    # letter → 1024 and 1000 senses; with an i only the first
    "": (1.0,), "k": (KIB, 1e3), "m": (MIB, 1e6), "g": (GIB, 1e9), "t": (TIB, 1e12),
}  # fmt: skip
SECONDS: dict[str, float] = {
    "ms": 0.001, "millisecond": 0.001, "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600,
    "hr": 3600, "hour": 3600, "d": 86400, "day": 86400, "w": 604800, "week": 604800, "month": 2592000,
    "year": 31536000,
}  # fmt: skip
WORDS: dict[str, float] = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "a hundred": 100, "one hundred": 100, "thousand": 1000,
    "a thousand": 1000, "a dozen": 12, "dozen": 12, "a couple of": 2, "a pair of": 2, "half a": 0.5, "half an": 0.5,
    "half": 0.5, "half of a": 0.5, "a quarter of a": 0.25, "a single": 1, "no": 0, "an": 1, "a": 1, "both": 2,
}  # fmt: skip
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_LONG = "|".join(sorted((word for word in WORDS if " " not in word and len(word) > 3), key=len, reverse=True))
WORD_NUMBER = (
    rf"(?:{_TENS})[- ](?:{_ONES})|a hundred|one hundred|a thousand|a dozen|a couple of|a pair of|half of a|"
    rf"half an|half a|half"
    rf"|a quarter of a|a single|{_LONG}|one|two|six|ten|no|an|a"
)
DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_UNIT = (
    r"(?P<percent>%|percent\b|per ?cent\b|pct\b)"
    r"|(?P<milli>millicores?\b|millicpus?\b|milli-?cores?\b|m(?=\s+(?:cpu|cores?)\b)|mCPU\b)"
    r"|(?P<cores>v?cpu(?:'s|s)?\b(?:[- ]cores?\b)?|(?:cpu )?cores?\b|(?:of )?(?:a|one) (?:cpu )?core\b|"
    r"(?:of )?(?:a|one) cpu\b)"
    r"|(?P<bits>(?:[kmgt]|kilo|mega|giga)?bits?\b|[kmg]bps\b)"
    r"|(?P<bytes>(?:[kmgt]i?|kilo|mega|giga|tera|kibi|mebi|gibi|tebi)?(?:bytes?\b|b\b)|[kmgt]i\b|gigs?\b|"
    r"megs?\b|(?-i:[KMG])\b)"
    r"|(?P<time>(?:milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|ms|s|h|d|m|w)\b)"
)
_RATE = (
    r"(?P<rate>\s*(?:/\s?s(?:ec(?:ond)?)?\b|per second\b|a second\b|ps\b|each second\b|/\s?min(?:ute)?\b|"
    r"per minute\b))?"
)
QUANTITY = lazily(
    rf"(?<![\w.,:/#-])(?P<approx>[~≈]\s?)?(?P<op>[<>]=?|[≤≥])?\s?(?P<number>{DIGITS}|(?:{WORD_NUMBER})(?=[\s-]))"
    rf"(?:(?P<gap>\s*-?\s*)(?:{_UNIT}){_RATE})?(?![\w]*\d)",
    re.I,
)
_EVERY_SECOND = lazily(r"(?:\s+[a-z]+){0,3}?\s+(?:every|each|per|a) second\b", re.I)
_JOINED = lazily(r"(?<![\w.:/-])(?:\d{1,4}(?:w|d|h|m|min|s)){2,}(?!\w)")  # 2d2h56m
# `6.3 of 13 GiB`: the unit is said once.
_BORROWED = lazily(
    rf"\s*(?:of|out of|/|to|–|and|or|against|vs\.?|versus)\s*(?:a |its |my |the )?(?:{DIGITS})\s*(?:{_UNIT}){_RATE}",
    re.I,
)
_MORE = lazily(
    rf"\s*(?:,|and|:)?\s*(?P<number>{DIGITS})\s*(?P<unit>(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|"
    rf"days?|s|h|m|d)\b)",
    re.I,
)
TIMES = lazily(r"\b(?<!\bat )(once|twice|thrice|never)\b(?!\s+(?:you|i|it|the|we|approved|that|again|mind|a)\b)", re.I)
FRACTION = lazily(
    r"\b(?:(?P<words>(?:about |roughly |around |nearly |almost )?(?:one[- ]|a )?(?:half|third|quarter)|"
    r"two[- ]thirds|three[- ]quarters)"
    r"(?= (?:of\b|its\b|my\b|the\b|full\b|used\b|empty\b|free\b|a? ?limit))|(?P<halves>half))\b",
    re.I,
)
FRACTIONS = {"half": 0.5, "third": 1 / 3, "quarter": 0.25, "two third": 2 / 3, "three quarter": 0.75}
_ABOUT = lazily(
    r"\b(?:about|roughly|around|approximately|approx\.?|some|circa|close to|near|ish|an estimated|or so)\s*$|[~≈]\s*$",
    re.I,
)
_NEARLY = lazily(
    r"\b(?:nearly|almost|just under|just below|a little under|slightly under|slightly less than|not quite)\s*$", re.I
)
_OVERISH = lazily(
    r"\b(?:just over|a little over|slightly over|slightly more than|just above|a bit over|a bit more than)\s*$", re.I
)
_OVER = lazily(
    r"\b(?:more than|over|above|exceed(?:s|ed|ing)?|greater than|higher than|upwards of|beyond|past|"
    r"north of|larger than|longer than)\s*(?:the |its |my |a )?$",
    re.I,
)
_UNDER = lazily(
    r"\b(?:less than|under|below|fewer than|lower than|beneath|smaller than|shy of|"
    r"shorter than)\s*(?:the |its |my |a )?$",
    re.I,
)
_LEAST = lazily(r"\b(?:at least|no less than|no fewer than|minimum of)\s*$", re.I)
_MOST = lazily(r"\b(?:at most|no more than|within|not more than|maximum of)\s*(?:the |its |my |a )?$", re.I)
_OPS = {">": ">", ">=": ">=", "≥": ">=", "<": "<", "<=": "<=", "≤": "<="}
PRONOUN = lazily(
    r"\s+(?:of (?:the|my|its|your|these|those|them|us|which)\b|more\b|thing|moment|way|at a time|another|"
    r"side|hand|that\b|who\b|is\b|by one)",
    re.I,
)


class Amount(NamedTuple):
    """`values` in base units (bytes, ratio, cores, seconds, a count), one for each sense the unit has; `slack` what
    rounding to the precision said allows, beside each; `op`: = > <."""

    start: int
    end: int
    dim: str
    values: tuple[float, ...]
    slack: tuple[float, ...]
    op: str = "="
    rate: str = ""
    spelled: bool = False
    unit: float = 1.0

    def fits(self, number: float) -> bool:
        """Whether a number, said as this was said, would be this."""
        for value, slack in zip(self.values, self.slack, strict=True):
            if self.op == ">" and number > value - slack * 1e-6:
                return True
            if self.op == "<" and number < value + slack * 1e-6:
                return True
            if self.op == ">=" and number >= value - slack - 1e-9:
                return True
            if self.op == "<=" and number <= value + slack + 1e-9:
                return True
            if self.op == "=" and abs(number - value) <= slack * 1.0001 + 1e-9:
                return True
        return False


def quantities(text: str, free: str) -> list[Amount]:
    """All amounts in `free` (the text with what was read already blanked), in order."""
    found: list[Amount] = []
    for joined in _JOINED.finditer(free):
        parts = re.findall(r"(\d+)([a-z]+)", joined[0])
        least = SECONDS[parts[-1][1]]
        total = sum(float(number) * SECONDS[unit] for number, unit in parts)
        found.append(Amount(*joined.span(), "seconds", (total,), (least,), unit=least))
        free = free[: joined.start()] + "\x00" * len(joined[0]) + free[joined.end() :]
    at = 0
    while (match := QUANTITY.search(free, at)) is not None:
        amount, at = _amount(text, free, match)
        if amount is not None:
            found.append(amount)
    for match in TIMES.finditer(free):
        value = {"once": 1, "twice": 2, "thrice": 3, "never": 0}[match[1].lower()]
        op = ">=" if _LEAST.search(free[: match.start()]) else "="
        found.append(Amount(match.start(), match.end(), "times", (float(value),), (0.0,), op, spelled=True))
    return _carried_on(sorted(found), free)


def _carried_on(found: list[Amount], free: str) -> list[Amount]:
    """`500m CPU … 20m`: the letter means what it meant before; `0.1 cores … 0.099 of it`: the unit is said once."""
    for number in range(1, len(found)):
        last, this = found[number - 1], found[number]
        if last.dim == "cores" and last.unit == 0.001 and this.dim == "seconds" and free[this.end - 1] == "m":
            found[number] = this._replace(
                dim="cores",
                values=tuple(value / 60_000 for value in this.values),
                slack=tuple(size / 60_000 for size in this.slack),
                unit=0.001,
            )
        elif (
            this.dim == "count"
            and last.dim in ("cores", "bytes")
            and not this.spelled
            and (_OF_IT.match(free, this.end) or _OUT_OF.fullmatch(free[last.end : this.start]))
        ):
            step = 0.5 * 10.0 ** -len(free[this.start : this.end].partition(".")[2])
            found[number] = this._replace(
                dim=last.dim, values=tuple(this.values[0] * last.unit for _ in last.values),
                slack=tuple(step * last.unit for _ in last.values), unit=last.unit,
            )  # fmt: skip
    return found


_OUT_OF = lazily(r"\s*(?:of|out of|/)\s*(?:my |its |the |a )?", re.I)
_OF_IT = lazily(r"\s+(?:of (?:it|that|them|this)|used|in use|taken)\b", re.I)


def _kind(match: re.Match[str]) -> str:
    return next((name for name in ("percent", "milli", "cores", "bits", "bytes", "time") if match[name]), "")


def number_of_word(word: str) -> float:
    word = word.lower()
    if word[0].isdigit():
        return float(word.replace(",", ""))
    if word in WORDS:
        return WORDS[word]
    tens, _, ones = word.replace("-", " ").partition(" ")
    return WORDS[tens] + WORDS[ones]


def _amount(text: str, free: str, match: re.Match[str]) -> tuple[Amount | None, int]:
    word, spelled = match["number"], not match["number"][0].isdigit()
    end, dim, rate = match.end(), "count", match["rate"] or ""
    units: tuple[float, ...] = (1.0,)
    kind, borrowed = _kind(match), None
    if not kind and not spelled and (borrowed := _BORROWED.match(free, match.end("number"))) is not None:
        kind = _kind(borrowed)
    source = borrowed or match
    if spelled and _idle(word.lower(), kind, free, match):
        return None, match.start("number") + len(word)
    if (
        kind == "time"
        and borrowed is None
        and not spelled
        and re.fullmatch("[msdwh]", match["time"])
        and "\n" in (match["gap"] or "")
    ):
        kind = ""
    if kind == "percent":
        dim, units = "ratio", (0.01,)
    elif kind in ("milli", "cores"):
        dim, units = "cores", (0.001 if kind == "milli" else 1.0,)
    elif kind == "bits":
        dim, units = "bytes", (_sense(source["bits"])[-1] / 8,)
        rate = rate or ("ps" if source["bits"].lower().endswith("ps") else "")
    elif kind == "bytes":
        dim, units = "bytes", _sense(source["bytes"])
    elif kind == "time":
        dim, units = "seconds", (SECONDS[_singular(source["time"])],)
    if borrowed is not None or not kind:
        end = match.end("number")
    if dim == "bytes" and not rate and (late := _EVERY_SECOND.match(free, end)) is not None:
        rate = late[0]
    rate = rate or (borrowed["rate"] or "" if borrowed is not None else "")
    number = number_of_word(word)
    start = match.start("number")
    decimals = len(word.partition(".")[2]) if not spelled else 0
    step = (0.1 if word.lower().startswith("half") else 0.5) * 10.0**-decimals if (dim != "count" or decimals) else 0.0
    if dim == "seconds":
        number, step, end = _composite(free, match, number, step, end, units[0])
    if dim == "ratio" and (core := re.match(r"\s+of (?:a|one|a single) (?:cpu )?(?:core|cpu)\b", free[end:], re.I)):
        dim, end = "cores", end + core.end()
    values = tuple(number * unit for unit in units)
    slack = tuple(
        step * unit if dim not in ("bytes", "cores") else min(step * unit, 0.15 * number * unit or 0.5)
        for unit in units
    )
    op, slack, values = _about(text[:start], match, values, slack)
    return Amount(start, end, dim, values, slack, op, rate, spelled, units[0]), end


def _idle(word: str, kind: str, free: str, match: re.Match[str]) -> bool:
    """Words that are numbers only with something behind them: a, an, half, one, no."""
    after = free[match.end("number") :]
    if word in ("a", "an"):
        return kind not in ("time",) or bool(re.match(r"\s+second\b(?!s)", after) and " ago" not in after[:14])
    if word == "half":
        return True  # fractions are read apart
    if word == "no":
        return True  # what there is none of is read apart
    if word == "both":
        return True
    if word == "one":
        return (
            PRONOUN.match(after) is not None
            or re.search(
                r"\b(?:no|the|this|that|any|each|every|which|only|last|first|next|other|same|latest)\s+$",
                free[: match.start("number")],
                re.I,
            )
            is not None
        )
    return False


def _singular(unit: str) -> str:
    unit = unit.lower()
    return unit if unit in SECONDS else unit.rstrip("s")


def _sense(unit: str) -> tuple[float, ...]:
    """What a unit of bytes can mean: MiB one thing, MB two."""
    low = unit.lower()
    letter = low[0] if low[0] in "kmgt" else ""
    if low.startswith(("kibi", "mebi", "gibi", "tebi")) or (
        len(low) > 1 and low[1] == "i" and not low.startswith("gig")
    ):
        return BYTES[letter][:1]
    return BYTES[letter]


def _composite(
    free: str, match: re.Match[str], number: float, step: float, end: int, unit: float
) -> tuple[float, float, int]:
    """`2 h 10 min`: the smaller units behind, in the unit of the first."""
    total, least = number, unit
    if (half := re.match(r"\s+and a half\b", free[end:], re.I)) is not None:
        return number + 0.5, 0.5, end + half.end()
    while (more := _MORE.match(free, end)) is not None:
        smaller = SECONDS[_singular(more["unit"])]
        if smaller >= least:
            break
        total += float(more["number"].replace(",", "")) * smaller / unit
        least, end = smaller, more.end()
    return total, (step if least == unit else least / unit), end


def _about(
    before: str, match: re.Match[str], values: tuple[float, ...], slack: tuple[float, ...]
) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
    before = before[-40:]
    wide = tuple(max(size, abs(value) * ABOUT) for value, size in zip(values, slack, strict=True))
    if match["op"]:
        return _OPS[match["op"]], slack, values
    if match["approx"] or _ABOUT.search(before):
        return "=", wide, values
    if _NEARLY.search(before):
        return (
            "=",
            tuple(size / 2 + 1e-9 for size in wide),
            tuple(value - size / 2 for value, size in zip(values, wide, strict=True)),
        )
    if _OVERISH.search(before):
        return (
            "=",
            tuple(size / 2 + 1e-9 for size in wide),
            tuple(value + size / 2 for value, size in zip(values, wide, strict=True)),
        )
    if _LEAST.search(before):
        return ">=", slack, values
    if _MOST.search(before):
        return "<=", slack, values
    if _OVER.search(before):
        return ">", slack, values
    if _UNDER.search(before):
        return "<", slack, values
    return "=", slack, values
