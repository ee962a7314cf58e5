"""What a question narrows: a window of time, a level, a number of lines, words to look for."""

from __future__ import annotations

import re
from datetime import UTC, datetime

SECONDS: dict[str, float] = {
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400, "week": 604800, "weeks": 604800, "w": 604800,
    "month": 2592000, "months": 2592000,
}  # fmt: skip
NUMBERS: dict[str, float] = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "fifteen": 15,
    "twenty": 20, "thirty": 30, "couple of": 2, "couple": 2, "few": 5, "half an": 0.5, "half a": 0.5,
}  # fmt: skip
NAMED: dict[str, float] = {
    "yesterday": 172800, "today": 86400, "this morning": 43200, "this afternoon": 43200, "tonight": 43200,
    "last night": 86400, "this week": 604800, "last week": 1209600, "just now": 600, "overnight": 43200,
    "this hour": 3600, "right now": 0,
}  # fmt: skip

_UNITS = "|".join(sorted(SECONDS, key=len, reverse=True))
_COUNTS = "|".join(sorted(NUMBERS, key=len, reverse=True))
_BACK = re.compile(
    rf"\b(?:last|past|previous|within|in the last|over the last|for the last|since the last|for|over)\s+(?:the\s+)?"
    rf"(?:(\d+(?:\.\d+)?|{_COUNTS})\s*)?({_UNITS})\b"
)
_AGO = re.compile(rf"\b(\d+(?:\.\d+)?|{_COUNTS})\s*({_UNITS})\s+(?:ago|back)\b")
_BARE = re.compile(rf"\b(?:since|last|past)\s+(\d+(?:\.\d+)?)\s*({_UNITS})\b")
_CLOCK = re.compile(r"\b(?:since|after|from|until|around|at)\s+(\d{1,2})[:h.](\d{2})\b|\bsince\s+(\d{1,2})\s*(am|pm)\b")
_TAIL = re.compile(r"\b(?:last|tail|latest|first|recent)\s+(?:-n\s*)?(\d{1,5})\b(?!\s*(?:%s)\b)" % _UNITS)  # noqa: UP031
_LINES = re.compile(r"\b(\d{1,5})\s+(?:log\s+)?(?:lines|entries|messages)\b")
_GREP = re.compile(
    r"\b(?:grep|logs?(?: lines)? with|contain(?:s|ing)?|mention(?:s|ing)?|match(?:ing)?|that says?|saying|filter for)"
    r"\s+(?:for\s+|the word\s+)?([\w./:@-]{2,60})"
)


def window(lowered: str) -> float | None:
    """Seconds back that a question is about; None if it names no time."""
    for pattern in (_AGO, _BACK, _BARE):
        found = pattern.search(lowered)
        if found:
            count = found[1] or "1"
            return (NUMBERS[count] if count in NUMBERS else float(count)) * SECONDS[found[2]]
    said = ((words, seconds) for words, seconds in NAMED.items() if seconds and words in lowered)
    return next((seconds for words, seconds in said if re.search(rf"\b{words}\b", lowered)), None)


def clock(lowered: str, now: float) -> float | None:
    """The epoch second of `since 14:05` (UTC, today or yesterday); None if no time of day is named."""
    found = _CLOCK.search(lowered)
    if not found:
        return None
    hour, minute = (int(found[1]), int(found[2])) if found[1] else (int(found[3]) % 12, 0)
    hour += 12 if found[4] == "pm" else 0
    if hour > 23 or minute > 59:
        return None
    moment = datetime.fromtimestamp(now, UTC).replace(hour=hour, minute=minute, second=0, microsecond=0).timestamp()
    return moment if moment <= now else moment - 86400


def tail(lowered: str) -> int | None:
    found = _TAIL.search(lowered) or _LINES.search(lowered)
    return max(1, min(int(found[1]), 5000)) if found else None


def grep(lowered: str, quoted: tuple[str, ...]) -> str:
    """The text that log lines are to contain."""
    if quoted:
        return quoted[0]
    found = _GREP.search(lowered)
    return found[1] if found and found[1] not in ("the", "any", "anything", "your", "this", "that") else ""


def level(topics: dict[str, int], words: tuple[str, ...]) -> str:
    if "errors" not in topics:
        return ""
    return "warning" if "warning" in words or "warnings" in words else "error"
