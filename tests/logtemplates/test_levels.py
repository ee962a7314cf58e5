"""A line's level is read where programs put it, and nowhere else."""

from __future__ import annotations

import pytest

from ergon_ops.loglevels import at_least, level_of


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ('{"level":"error","msg":"x"}', "error"),
        ('{"time":"2026","severity":"WARNING","message":"x"}', "warning"),
        ('{"level":50,"time":1,"msg":"x"}', "error"),
        ('{"level":30,"msg":"0 errors"}', "info"),
        ('{"t":{"$date":"2026"},"s":"E","c":"NETWORK","msg":"x"}', "error"),
        ('time="2026-11-22T02:30:00Z" level=fatal msg="x"', "fatal"),
        ("ts=2026 level=warn msg=x", "warning"),
        ("2026/11/22 02:30:00 [error] 12#12: *5 connect() failed (111: Connection refused)", "error"),
        ("2026/11/22 02:30:00 [emerg] 1#1: host not found in upstream", "fatal"),
        ("2026/11/22 02:30:00 [notice] 1#1: start worker processes", "info"),
        ("[Sun Nov 22 02:30:00.1 2026] [core:error] [pid 7] AH00124: x", "error"),
        ("E1122 02:30:00.123456       1 reflector.go:127] failed", "error"),
        ("W1122 02:30:00.123456       1 x.go:1] slow", "warning"),
        ("1:M 22 Nov 2026 02:30:00.123 # WARNING overcommit_memory is set to 0!", "warning"),
        ("1:C 22 Nov 2026 02:30:00.123 # Configuration loaded", "info"),
        ("1:M 22 Nov 2026 02:30:00.123 # Bad file format reading the append only file", "warning"),
        ("1:M 22 Nov 2026 02:30:00.123 * Ready to accept connections", "info"),
        ("2026-11-22 02:30:00.123 UTC [31] ERROR:  relation \"orders\" does not exist", "error"),
        ("2026-11-22 02:30:00.123 UTC [31] FATAL:  password authentication failed", "fatal"),
        ("2026-11-22 02:30:00.123 UTC [1] LOG:  database system is ready", "info"),
        ("ERROR: canceling statement due to lock timeout", "error"),
        ("2026-11-22 02:30:00,123 ERROR app.views Payment failed", "error"),
        ("2026-11-22 02:30:00,123 - app - WARNING - retrying", "warning"),
        ("[2026-11-22 02:30:00 +0000] [1] [INFO] Listening at: http://0.0.0.0:8000", "info"),
        ("INFO:     Application startup complete.", "info"),
        ("2026-11-22 02:30:00.123 ERROR 1 --- [main] o.s.boot.SpringApplication : failed", "error"),
        ("02:30:00.123 [main] DEBUG c.a.B - x", "debug"),
        ("2026-11-22T02:30:00Z  WARN hyper::proto: x", "warning"),
        ("2026-11-22T02:30:00.1Z 0 [ERROR] [MY-010119] [Server] Aborting", "error"),
        ("TypeError: Cannot read properties of undefined (reading 'id')", "error"),
        ("KeyError: 'DATABASE_URL'", "error"),
        ("java.lang.IllegalStateException: no", "error"),
        ("Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space", "error"),
        ("panic: runtime error: index out of range", "error"),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "fatal"),
        ("sh: 1: gunicornx: not found", "error"),
        ("exec /x.sh: no such file or directory", "error"),
        ("Error: listen EADDRINUSE: address already in use :::3000", "error"),
        ('10.0.0.1 - - [22/Nov/2026:02:30:00 +0000] "GET / HTTP/1.1" 502 157 "-" "curl"', "error"),
        ('10.0.0.1 - - [22/Nov/2026:02:30:00 +0000] "GET /x HTTP/1.1" 404 157 "-" "curl"', "warning"),
        ('10.0.0.1 - - [22/Nov/2026:02:30:00 +0000] "GET /error HTTP/1.1" 200 157 "-" "curl"', "info"),
        ('INFO:     172.18.0.1:51234 - "GET /pay HTTP/1.1" 500 Internal Server Error', "error"),
        ('INFO:     172.18.0.1:51234 - "GET / HTTP/1.1" 200 OK', "info"),
    ],
)  # fmt: skip
def test_the_level_is_what_the_program_said(line: str, level: str) -> None:
    assert level_of(line) == level


@pytest.mark.parametrize(
    "line",
    [
        "finished: 0 errors, 12 files",
        "report written: 1,204 orders, 0 errors",
        "error handling enabled",
        "Error handling middleware registered",
        "Error reporting is on",
        "build succeeded with no errors",
        "no error was found in 12 files",
        "loading errors.py",
        "GET /errors/latest done in 3 ms",
        "user fatality joined",
        "retrying after an error, attempt 2 succeeded",
        "error rate 0.0 %",
        "x" * 50_000,
        "",
    ],
)
def test_a_word_is_no_level(line: str) -> None:
    assert level_of(line) in ("", "info", "debug")


def test_levels_have_an_order_and_any_spelling() -> None:
    assert at_least("fatal", "error")
    assert at_least("warning", "warn")
    assert not at_least("", "warning")
    assert at_least("", "info")
