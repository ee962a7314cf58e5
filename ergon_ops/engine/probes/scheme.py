"""Whether the port that a failing healthcheck asks speaks TLS: asked only where the check's own words do not tell.

A check by plain HTTP of a port that speaks TLS, or the other way round, often ends with a code and no more: `400`, an
empty reply, nothing at all. A ClientHello and the first byte of the answer tell (RFC 8446, 5.1: 22 is a handshake, 21
an alert).
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable
from contextlib import suppress

from ergon_ops.engine.documents import Document, rows, text, words
from ergon_ops.engine.probes.line import Line, NoWay, Refused, converse
from ergon_ops.engine.probes.subject import Subject
from ergon_ops.facts import Reading, reading
from ergon_ops.refs import Ref

DEADLINE_S = 0.5
URL = re.compile(
    r"(?P<scheme>https?)://(?:localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\])(?::(?P<port>\d{2,5}))?(?![\w.:-])"
)
# The server was reached, and did not say what is wrong. One that speaks plainly may also wait for the end of what it
# takes for a line, and the check with it.
MUTE = re.compile(
    r"\b400\b|bad request|empty reply|unexpected (?:eof|end)|remote end closed|disconnected|hang up|reset by peer"
    r"|malformed|bad (?:status|header) line|HTTP/0\.9|error getting response|invalid http|EOF\b",
    re.I,
)
HANDSHAKE, ALERT = b"\x16", b"\x15"


async def readings(
    ref: Ref, document: Document, inside: Callable[[float], Subject], *, at: float
) -> tuple[Reading, ...]:
    """`port_speaks` of the port that its healthcheck asks in vain; nothing where that is not known, or not needed."""
    match = URL.search(" ".join(words(document, "Config.Healthcheck.Test")))
    if match is None or text(document, "State.Health.Status") != "unhealthy":
        return ()
    said = text(next(iter(reversed(list(rows(document, "State.Health.Log")))), {}), "Output").strip()
    waits = match["scheme"] == "https" and "exceeded timeout" in said
    if said and not MUTE.search(said) and not waits:
        return ()
    ends = time.monotonic() + DEADLINE_S
    port = int(match["port"] or (443 if match["scheme"] == "https" else 80))
    try:
        speaks = await converse(inside(ends).pid, "127.0.0.1", port, spoken, ends=ends)
    except (NoWay, Refused):
        return ()
    return (reading(ref, "port_speaks", speaks, key=str(port), at=at, source=f"probe:127.0.0.1:{port}#ClientHello"),)


def spoken(line: Line) -> str:
    """ "tls" or "plain", by the first byte of the answer. Raises Refused where there is none.

    Who speaks plainly takes it for the beginning of a line, and would wait for its end.
    """
    line.send(hello() + b"\r\n\r\n")
    return "tls" if line.exactly(1) in (HANDSHAKE, ALERT) else "plain"


def hello() -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    answers, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):  # it waits for the server's part
        context.wrap_bio(answers, sent, server_hostname="localhost").do_handshake()
    return sent.read()
