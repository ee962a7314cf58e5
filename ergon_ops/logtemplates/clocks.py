"""How far the times that a program writes into its lines are from the engine's stamps of them.

Only times without a zone are compared: one with a zone says what it means.
"""

from __future__ import annotations

import calendar
import re
import statistics
import time
from collections.abc import Iterable

from ergon_ops.engine.protocols import LogLine

STAMP = re.compile(
    r"(?<![\w.:/-])(?P<year>20\d\d)[-/](?P<month>[01]\d)[-/](?P<day>[0-3]\d)[ T_]"
    r"(?P<hour>[0-2]\d):(?P<minute>[0-5]\d):(?P<second>[0-6]\d)(?:[.,]\d{1,9})?"
    r"(?P<zone> ?(?:Z\b|UTC\b|GMT\b|[A-Z]{2,5}T\b|[+-]\d\d:?\d\d\b))?"
)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTH = rf"(?P<name>{'|'.join(MONTHS)})"
_CLOCK = r"(?P<hour>[0-2]\d):(?P<minute>[0-5]\d):(?P<second>[0-6]\d)(?:[.,]\d{1,9})?"
_ZONE = r"(?P<zone> ?(?:Z\b|UTC\b|GMT\b|[A-Z]{2,5}T\b|[+-]\d\d:?\d\d\b))?"
# As redis, php-fpm and named write it; as Apache and syslog do, with the year at the end or without one.
BY_NAME = (
    re.compile(rf"(?<!\w)(?P<day>[0-3]?\d)[ /-]{_MONTH}[ /-](?P<year>20\d\d)[ :]{_CLOCK}{_ZONE}"),
    re.compile(rf"(?<!\w){_MONTH} {{1,2}}(?P<day>[0-3]?\d) {_CLOCK}(?: (?P<year>20\d\d))?{_ZONE}"),
)
QUARTER_S = 900.0
FEWEST = 2
SLACK_S = 120.0  # a line may be written a while after it was stamped


def offset(lines: Iterable[LogLine]) -> float | None:
    """Seconds, a multiple of a quarter hour: the median over all lines that carry both; None where there are too few,
    or where they do not agree with a time zone's offset."""
    found = [
        told - line.at for line in lines if line.at is not None and (told := written(line.text, line.at)) is not None
    ]
    if len(found) < FEWEST:
        return None
    middle = statistics.median(found)
    whole = round(middle / QUARTER_S) * QUARTER_S
    return whole if abs(middle - whole) <= SLACK_S else None


def written(text: str, at: float = 0.0) -> float | None:
    """The first time in a line, read as if it were UTC; None if there is none or if it names its zone. `at`: when the
    engine got the line, for the year of times that have none."""
    match = STAMP.search(text[:80])
    if match is not None:
        month = int(match["month"])
    else:
        match = next((found for form in BY_NAME if (found := form.search(text[:80])) is not None), None)
        month = MONTHS.index(match["name"]) + 1 if match is not None else 0
    if match is None or match["zone"]:
        return None
    year = int(match["year"] or time.gmtime(at).tm_year)
    day, hour, minute, second = (int(match[name]) for name in ("day", "hour", "minute", "second"))
    return float(calendar.timegm((year, month, day, hour, minute, second)))
