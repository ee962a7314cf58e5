"""What Tekton's own programs do on the wire and on disk, restated from their observed behaviour: the keep rule at load,
the one POST, the flush that forgets, the one-way socket, the removal by signal."""

from __future__ import annotations

import json
import os
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

Entries = dict[str, Any]


def load(path: Path) -> Entries:
    """Keeps what has a living pid of this user and a socket path that exists; drops the rest, also from the file."""
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    kept = {}
    for key, entry in known.items():
        try:
            os.kill(entry["pid"], 0)
        except (OSError, KeyError, TypeError):
            continue
        if entry.get("socket") and os.path.exists(entry["socket"]):
            kept[key] = entry
    if kept != known:
        path.write_text(json.dumps(kept))
    return kept


def send(entries: Entries, name: str, message: str, *, patience_s: float = 30.0) -> str:
    """What aish prints for `aish NAME MESSAGE`."""
    entry = entries.get(name.lower())
    if entry is None:
        return ""
    if entry.get("message_format") != "json_simple":
        return f"Unknown message format: {entry.get('message_format')}"
    body = json.dumps({"message": message}).encode()
    request = urllib.request.Request(
        entry["endpoint"] + entry["message_endpoint"], body, {"Content-Type": "application/json", "Connection": "close"}
    )
    try:
        with urllib.request.urlopen(request, timeout=patience_s) as reply:
            found = json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return f"Error sending to {name}: HTTP {error.code}"
    except OSError as error:
        return f"Error sending to {name}: {error}"
    return str(found.get("response") or found.get("message") or json.dumps(found, indent=2))


def flush(path: Path, snapshot: Entries) -> None:
    """A wrapper that starts or stops writes what it read when it started, two types only, and not atomically."""
    with path.open("w") as file:
        json.dump({key: item for key, item in snapshot.items() if item["type"] in ("ci_terminal", "ci_tool")}, file)


def remove(entries: Entries, name: str) -> None:
    """`aish list remove NAME`, confirmed."""
    os.kill(entries[name]["pid"], signal.SIGTERM)
    Path(entries[name]["socket"]).unlink(missing_ok=True)


def one_way(entries: Entries, name: str, content: str) -> None:
    """One JSON object without a newline; the caller closes at once."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(entries[name]["socket"])
        link.sendall(json.dumps({"from": "apollo", "content": content, "type": "message"}).encode())
