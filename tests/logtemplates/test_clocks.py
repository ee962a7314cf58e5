"""Times in lines against the engine's, in the ways that programs write them."""

from __future__ import annotations

import calendar

import pytest

from ergon_ops.engine.protocols import LogLine
from ergon_ops.logtemplates.clocks import offset, written

NOON = float(calendar.timegm((2026, 11, 30, 12, 54, 8)))


@pytest.mark.parametrize(
    "line",
    [
        "1:M 30 Nov 2026 12:54:08.845 * Background saving terminated with success",
        "[Mon Nov 30 12:54:08.845120 2026] [core:notice] [pid 1] AH00094: Command line",
        "[30-Nov-2026 12:54:08] NOTICE: fpm is running, pid 1",
        "Nov 30 12:54:08 mail postfix/smtpd[31]: connect from unknown",
        "2026/11/30 12:54:08 [notice] 1#1: start worker processes",
        "2026-11-30 12:54:08,123 INFO ready",
    ],
)
def test_a_time_without_a_zone_is_read_however_it_is_written(line: str) -> None:
    assert written(line, NOON + 5 * 3600) == NOON


@pytest.mark.parametrize(
    "line",
    [
        '10.0.0.7 - - [30/Nov/2026:12:54:08 +0000] "GET / HTTP/1.1" 200 2',
        "30-Nov-2026 12:54:08 UTC named started",
        "2026-11-30T12:54:08Z ready",
        "no time at all",
    ],
)
def test_a_time_with_its_zone_says_what_it_means(line: str) -> None:
    assert written(line, NOON) is None


def test_a_clock_five_hours_behind_is_told() -> None:
    lines = [LogLine(NOON + 18_000 + i, "stdout", f"1:M 30 Nov 2026 12:54:{8 + i:02}.845 * saved") for i in range(3)]
    assert offset(lines) == -18_000.0
