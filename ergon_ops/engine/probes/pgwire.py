"""As much of PostgreSQL's wire protocol 3.0 as one query takes: startup, authentication, a simple query.

By hand, because the drivers cost more to import (pg8000 0.2 to 0.5 s, for its SCRAM library) than a whole probe may
take. Formats: postgresql.org/docs/current/protocol-message-formats.html; SCRAM-SHA-256: RFC 5802 and 7677.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from collections.abc import Iterator

from ergon_ops.engine.probes.line import Line, Refused

VERSION = 196_608
LONGEST_MESSAGE = 1_000_000
MOST_ROUNDS = 100_000  # of SCRAM's key stretching: a server may ask for any number
OK, CLEAR, MD5, SASL, CONTINUE, FINAL = 0, 3, 5, 10, 11, 12


class Denied(Refused):
    """The server's own error: `code` is its SQLSTATE."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def query(line: Line, sql: str, *, user: str, password: str, database: str) -> list[tuple[str, ...]]:
    """The rows, each column as text. Raises Denied with the server's SQLSTATE, Refused for anything else."""
    options = "-c statement_timeout=400 -c default_transaction_read_only=on"
    words = ("user", user, "database", database, "application_name", "ergon-ops", "options", options, "")
    body = struct.pack("!i", VERSION) + b"".join(word.encode() + b"\0" for word in words)
    line.send(struct.pack("!i", len(body) + 4) + body)
    _authenticate(line, user, password)
    line.send(_message(b"Q", sql.encode() + b"\0"))
    rows = [_columns(body) for kind, body in _until_ready(line) if kind == b"D"]
    line.send(_message(b"X", b""))
    return rows


def _authenticate(line: Line, user: str, password: str) -> None:
    """Until the server is ready for a query."""
    scram = _Scram(password)
    for kind, body in _until_ready(line):
        if kind != b"R":
            continue
        wanted = int.from_bytes(body[:4], "big")
        if wanted != OK and not password:
            raise Denied("28000", "it wants a password, and its container names none")
        match wanted:
            case 0 | 12:
                pass
            case 3:
                line.send(_message(b"p", password.encode() + b"\0"))
            case 5:
                line.send(_message(b"p", _md5(user, password, body[4:8]) + b"\0"))
            case 10 if b"SCRAM-SHA-256" in body[4:].split(b"\0"):
                first = scram.first()
                line.send(_message(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first))
            case 11:
                line.send(_message(b"p", scram.final(body[4:])))
            case _:
                raise Denied("28000", "it wants a way of authentication that is not known here")


def _until_ready(line: Line) -> Iterator[tuple[bytes, bytes]]:
    while True:
        kind, length = line.exactly(1), int.from_bytes(line.exactly(4), "big")
        if not 4 <= length <= LONGEST_MESSAGE:
            raise Refused("what listens there does not speak as PostgreSQL")
        body = line.exactly(length - 4)
        if kind == b"E":
            raise _error(body)
        if kind == b"Z":
            return
        yield kind, body


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def _error(body: bytes) -> Denied:
    fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
    return Denied(fields.get(b"C", "?????")[:5], fields.get(b"M", "no message"))


def _columns(body: bytes) -> tuple[str, ...]:
    count, at = int.from_bytes(body[:2], "big"), 2
    found = []
    for _ in range(count):
        length = int.from_bytes(body[at : at + 4], "big", signed=True)
        at += 4
        found.append(body[at : at + max(0, length)].decode("utf-8", "replace"))
        at += max(0, length)
    return tuple(found)


def _md5(user: str, password: str, salt: bytes) -> bytes:
    inner = hashlib.md5((password + user).encode(), usedforsecurity=False).hexdigest()
    return b"md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest().encode()


class _Scram:
    """The client's two messages, without channel binding. The server's signature is not checked: nothing is told to
    the server that a false one could use."""

    def __init__(self, password: str) -> None:
        self._password = password.encode()
        self._bare = f"n=,r={secrets.token_urlsafe(18)}"

    def first(self) -> bytes:
        return f"n,,{self._bare}".encode()

    def final(self, server_first: bytes) -> bytes:
        text = server_first.decode("ascii", "replace")
        parts = dict(part.partition("=")[::2] for part in text.split(","))
        rounds = int(parts.get("i", "0")) if parts.get("i", "").isdigit() else 0
        if not 0 < rounds <= MOST_ROUNDS or "s" not in parts:
            raise Refused("its SCRAM message cannot be read")
        salt = base64.b64decode(parts["s"])
        without_proof = f"c=biws,r={parts.get('r', '')}"
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, rounds)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        stored_key = hashlib.sha256(client_key).digest()
        signature = hmac.digest(stored_key, f"{self._bare},{text},{without_proof}".encode(), "sha256")
        proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()
