"""Ask ergon-ops from another program: `ask("is anything unhealthy?")`. Standard library only; copy it if you like."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

SILENT_S = 60.0


class NoAnswer(Exception):
    """Nobody listens, or what came was no answer."""


def ask(question: str, caller: str = "", session: str = "", *, ci: str = "", socket_path: str = "") -> str:
    """The answer as text, from the daemon of this user (`ergon-ops serve`).

    `ci`: one Container CI, else the question itself says who is meant. `caller` and `session` make follow-ups ("and its
    memory?") understood. Nothing is ever approved this way: an answer that needs it ends with the command for a person.
    Raises NoAnswer.
    """
    path = f"/api/ci/{ci}/message" if ci else "/api/message"
    fields = {"message": question, "caller": caller or None, "session": session or None}
    body = json.dumps({key: value for key, value in fields.items() if value is not None}).encode()
    head = f"POST {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(SILENT_S)
            link.connect(socket_path or str(_socket()))
            link.sendall(f"{head}\r\n\r\n".encode() + body)
            raw = b"".join(iter(lambda: link.recv(65536), b""))
        found = json.loads(raw.partition(b"\r\n\r\n")[2])
    except (OSError, ValueError) as error:
        raise NoAnswer(f"ergon-ops serve does not answer: {error}") from error
    if "response" not in found:
        raise NoAnswer(str(found.get("error", {}).get("message", "no answer")))
    return str(found["response"])


def _socket() -> Path:
    state = os.environ.get("ERGON_OPS_STATE")
    folder = Path(state) if state else Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state") / "ergon-ops"
    return folder.expanduser() / "run" / "daemon.sock"
