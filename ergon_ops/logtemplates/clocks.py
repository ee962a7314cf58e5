"""How far the times that a program writes into its lines are from the engine's stamps of them.

Only times without a zone are compared: one with a zone says what it means.
"""

from __future__ import annotations

import calendar
import re
import statistics
from collections.abc import Iterable

from ergon_ops.engine.protocols import LogLine

STAMP = re.compile(
    r"(?<![\w.:/-])(?P<year>20\d\d)[-/](?P<month>[01]\d)[-/](?P<day>[0-3]\d)[ T_]"
    r"(?P<hour>[0-2]\d):(?P<minute>[0-5]\d):(?P<second>[0-6]\d)(?:[.,]\d{1,9})?"
    r"(?P<zone> ?(?:Z\b|UTC\b|GMT\b|[A-Z]{2,5}T\b|[+-]\d\d:?\d\d\b))?"
)
QUARTER_S = 900.0
FEWEST = 2
SLACK_S = 120.0  # a line may be written a while after it was stamped


def offset(lines: Iterable[LogLine]) -> float | None:
    """Seconds, a multiple of a quarter hour: the median over all lines that carry both; None where there are too few,
    or where they do not agree with a time zone's offset."""
    found = [told - line.at for line in lines if line.at is not None and (told := written(line.text)) is not None]
    if len(found) < FEWEST:
        return None
    middle = statistics.median(found)
    whole = round(middle / QUARTER_S) * QUARTER_S
    return whole if abs(middle - whole) <= SLACK_S else None


def written(text: str) -> float | None:
    """The first time in a line, read as if it were UTC; None if there is none or if it names its zone."""
    match = STAMP.search(text[:80])
    if match is None or match["zone"]:
        return None
    names = ("year", "month", "day", "hour", "minute", "second")
    return float(calendar.timegm(tuple(int(match[name]) for name in names)))
