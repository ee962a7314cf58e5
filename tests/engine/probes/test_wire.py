"""The two wire protocols against peers that answer as the real ones do, and as they must not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import pytest

from ergon_ops.engine.probes import pgwire, redis, scheme
from ergon_ops.engine.probes.line import Line, Refused

T = TypeVar("T")
INFO = (
    "# Memory\r\nused_memory:3200000\r\nmaxmemory:3145728\r\nmaxmemory_policy:noeviction\r\n"
    "# Errorstats\r\nerrorstat_OOM:count=7\r\n"
    "# Keyspace\r\ndb0:keys=53,expires=2,avg_ttl=900\r\ndb3:keys=4,expires=0,avg_ttl=0,subexpiry=0\r\n"
)


def talk(answers: Callable[[socket.socket], None], ask: Callable[[Line], T], *, seconds: float = 5.0) -> T:
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=answers, args=(theirs,), daemon=True)
    thread.start()
    try:
        with ours:
            return ask(Line(ours, time.monotonic() + seconds))
    finally:
        thread.join(seconds)
        theirs.close()


def says(*pieces: bytes) -> Callable[[socket.socket], None]:
    def answer(wire: socket.socket) -> None:
        with suppress(OSError):  # who was asked no more has hung up
            for piece in pieces:
                wire.recv(65_536)
                wire.sendall(piece)

    return answer


def bulk(text: str) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(text.encode()), text.encode())


def pair(name: str, value: str) -> bytes:
    return b"*2\r\n" + bulk(name) + bulk(value)


def test_redis_tells_its_memory_policy_and_errors() -> None:
    settings = b"".join(pair(name, "yes" if "-" in name else "1") for name in redis.SETTINGS)
    info, config = talk(says(b"+PONG\r\n", bulk(INFO) + settings), lambda line: redis.ask(line, ""))
    found = {(row.name, row.key): row for row in redis.rows(info, config)}
    assert found["redis_used_memory", ""].value == 3_200_000
    assert found["redis_used_memory", ""].source == "redis:INFO memory#used_memory"
    assert found["redis_policy", ""].value == "noeviction"
    assert found["redis_errors", "OOM"].value == 7
    assert (found["redis_keys", ""].value, found["redis_expiring", ""].value) == (57, 2)
    assert found["redis_protected_mode", ""].source == "redis:CONFIG GET protected-mode"
    assert found["redis_requirepass", ""].value is True  # that there is one, not which


@pytest.mark.parametrize(
    ("said", "password", "told"),
    [
        (b"-NOAUTH Authentication required.\r\n", "", "NOAUTH"),
        (b"-WRONGPASS invalid username-password pair or user is disabled.\r\n", "hunter2horse", "WRONGPASS"),
        (b"-DENIED Redis is running in protected mode because\r\n", "", "DENIED"),
        (b"HTTP/1.1 400 Bad Request\r\n", "", "does not speak as redis"),
        (b"$99999999999\r\n", "", "closed"),
        (b"*9\r\n" * 9, "", "does not speak as redis"),
    ],
)
def test_redis_that_does_not_let_us_ask_says_why_without_the_password(said: bytes, password: str, told: str) -> None:
    def answer(wire: socket.socket) -> None:
        says(said)(wire)
        with suppress(OSError):
            wire.shutdown(socket.SHUT_WR)

    with pytest.raises(Refused, match=told) as raised:
        talk(answer, lambda line: redis.ask(line, password))
    assert "hunter2horse" not in str(raised.value)


def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        talk(lambda wire: None, lambda line: redis.ask(line, ""), seconds=0.2)
    assert time.monotonic() - began < 3.0


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


READY = message(b"R", struct.pack("!i", 0)) + message(b"Z", b"I")
ROW = message(b"D", struct.pack("!h", 2) + struct.pack("!i", 1) + b"a" + struct.pack("!i", -1))


def asked(password: str) -> Callable[[Line], object]:
    return lambda line: pgwire.query(line, "select", user="me", password=password, database="d")


def test_postgres_rows_come_back_as_text_and_null_as_empty() -> None:
    assert talk(says(READY, ROW + message(b"C", b"SELECT 1\0") + message(b"Z", b"I")), asked("")) == [("a", "")]


def test_postgres_refusals_keep_their_sqlstate() -> None:
    error = message(b"E", b"SFATAL\0C53300\0Msorry, too many clients already\0\0")
    with pytest.raises(pgwire.Denied, match="53300: sorry, too many clients already") as raised:
        talk(says(error), asked("x"))
    assert raised.value.code == "53300"


def test_a_password_is_not_sent_where_there_is_none() -> None:
    with pytest.raises(pgwire.Denied, match="its container names none"):
        talk(says(message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0")), asked(""))


def test_scram_proves_the_password_to_a_server_that_checks_it() -> None:
    """The server's side as RFC 5802 has it."""
    salt, rounds, password = b"0123456789abcdef", 4096, "pencil"
    proven = []

    def server(wire: socket.socket) -> None:
        wire.recv(65_536)
        wire.sendall(message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0"))
        first = wire.recv(65_536)[5:].split(b"\0", 1)[1][4:].decode()
        bare = first.removeprefix("n,,")
        nonce = bare.partition("r=")[2] + "server"
        challenge = f"r={nonce},s={base64.b64encode(salt).decode()},i={rounds}"
        wire.sendall(message(b"R", struct.pack("!i", 11) + challenge.encode()))
        final = wire.recv(65_536)[5:].decode()
        without_proof, _, proof = final.rpartition(",p=")
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
        stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
        signature = hmac.digest(stored, f"{bare},{challenge},{without_proof}".encode(), "sha256")
        key = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=True))
        proven.append(hashlib.sha256(key).digest() == stored)
        wire.sendall(message(b"R", struct.pack("!i", 12) + b"v=x") + READY)
        wire.recv(65_536)
        wire.sendall(ROW + message(b"Z", b"I"))

    assert talk(server, asked(password)) == [("a", "")]
    assert proven == [True]


@pytest.mark.parametrize("challenge", ["r=x,s=AAAA,i=999999999", "r=x,i=4096", "nonsense"])
def test_a_scram_challenge_that_asks_too_much_is_refused(challenge: str) -> None:
    sasl = message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0")
    with pytest.raises(Refused, match="cannot be read"):
        talk(says(sasl, message(b"R", struct.pack("!i", 11) + challenge.encode())), asked("pw"))


@pytest.mark.parametrize(
    ("answer", "speaks"),
    [(b"\x16\x03\x03\x00\x7a", "tls"), (b"\x15\x03\x03\x00\x02\x02\x46", "tls"), (b"HTTP/1.1 400 No\r\n", "plain")],
)
def test_whether_a_port_speaks_tls_is_told_by_the_first_byte_that_it_answers(answer: bytes, speaks: str) -> None:
    assert talk(says(answer), scheme.spoken) == speaks
    assert scheme.hello()[:2] == b"\x16\x03"


@pytest.mark.parametrize("said", ["curl: (22) URL returned error: 400", "curl: (52) Empty reply from server"])
def test_a_check_that_does_not_say_what_is_wrong_leaves_it_open(said: str) -> None:
    assert scheme.MUTE.search(said)


@pytest.mark.parametrize(
    "said",
    ["curl: (22) URL returned error: 503", "connect to 127.0.0.1 port 4000: Connection refused", "4004 letters wait"],
)
def test_a_check_that_says_what_is_wrong_is_believed(said: str) -> None:
    assert not scheme.MUTE.search(said)
