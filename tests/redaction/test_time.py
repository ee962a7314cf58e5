"""Redaction takes time in proportion to the text, also for a text made to be slow."""

from __future__ import annotations

import time

import pytest

from ergon_ops.redaction import neutralise, redact

HOSTILE = {
    "one word": "a",
    "key without value": "password",
    "equals": "=",
    "pairs": "password=x ",
    "open quotes": 'password="',
    "open escapes": 'secret=\\"x',
    "jwt heads": "eyJ",
    "jwt heads with dashes": "-eyJabcdefgh",
    "jwt with dots": "eyJabcdefgh.",
    "token heads": "sk-",
    "slack": "xoxb-1-",
    "url heads": "://a:",
    "url without end": "http://user:pass",
    "ats": "://a:b@",
    "slashes": "/api/webhooks/1",
    "begin": "-----BEGIN RSA PRIVATE KEY-----",
    "end": "END ",
    "flags": "--password ",
    "mysql": "mysql -u x ",
    "spaces": " ",
    "tabs after a word": "password\t",
    "cookies": "cookie: a=b; ",
    "aws": "aws key ",
    "xml": "<password",
    "brackets": "token=[",
    "markers": "password=‹redacted:password› ",
    "open markers": "‹redacted:",
    "bearer": "bearer ",
    "upper": "APA",
    "hyphens": "-",
    "dots": "s.",
    "digits": "12345678:",
    "base64 lines": "QUJD1x" * 12 + "\n",
    "hash": "$6$",
    "quotes": "'\"",
    "escape": "\x1b]0;",
    "csi": "\x1b[",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_long_line_takes_proportionally_longer_than_a_short_one(name: str) -> None:
    piece = HOSTILE[name]
    short, long = (piece * (size // len(piece)) for size in (20_000, 320_000))
    redact(piece * 100)
    times = {text: min(_seconds(text) for _ in range(2)) for text in (short, long)}
    # 16 times the text: 16 times the time; a quadratic rule needs 256 times.
    assert times[long] < 80 * max(times[short], 0.004)


def _seconds(text: str) -> float:
    started = time.process_time()
    redact(text)
    neutralise(text)
    return time.process_time() - started


@pytest.mark.parametrize("name", ["one word", "spaces", "jwt heads", "open quotes", "quotes"])
def test_a_line_of_a_megabyte_is_survived(name: str) -> None:
    text = HOSTILE[name] * (1_000_000 // len(HOSTILE[name])) + " DB_PASSWORD=hunter2hunter2"
    assert "hunter2hunter2" not in redact(text)
