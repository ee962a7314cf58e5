"""`wrapped_cis.json`: the file in which aish finds CIs that are not Tekton's own.

Nobody locks it and others write it whole, from what they read when they started: ours is written atomically, merged
into what is there, looked at again every few seconds, and put back where somebody dropped it. Entries of others are
never touched. Format and keep rules: Tekton `shared/aish/src/registry/ci_registry.py`.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError

OURS = "ergon-ops"
PLACE = Path(".tekton/aish/ci-registry/wrapped_cis.json")
Entries = dict[str, Any]


class RegistryBusy(ErgonError):
    code = "registry_unreadable"


@dataclass(frozen=True, slots=True)
class Entry:
    """One CI as aish wants it: `pid` a live process of the same user, `socket` a path that exists."""

    key: str
    pid: int
    socket: str
    endpoint: str
    message_endpoint: str
    description: str = ""
    container_id: str = ""
    capabilities: tuple[str, ...] = ()
    project: str = ""

    def body(self) -> Entries:
        own = {"is_project_ci": True, "project": self.project} if self.project else {}
        return {
            "name": self.key,
            "type": "ci_tool",
            "pid": self.pid,
            "socket": self.socket,
            "message_format": "json_simple",
            "endpoint": self.endpoint,
            "message_endpoint": self.message_endpoint,
            "description": self.description,
            "capabilities": list(self.capabilities),
            "container_id": self.container_id,
            "managed_by": OURS,
            **own,
        }


def place(root: Path) -> Path:
    """Where aish of the Tekton at `root` looks."""
    return root / PLACE


def read(path: Path) -> Entries:
    """What is registered now. A file that is not there is empty; raises RegistryBusy for a half-written or foreign one:
    whoever writes it will be done in a moment."""
    try:
        body = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RegistryBusy(f"{path} cannot be read: {error}", next="it is left alone until it can be") from error
    if not isinstance(body, dict):
        raise RegistryBusy(f"{path} is no registry of CIs", next="it is left alone")
    return body


def is_ours(body: object) -> bool:
    return isinstance(body, dict) and body.get("managed_by") == OURS


def merge(path: Path, wanted: Mapping[str, Entry], *, alive: Callable[[int], bool]) -> tuple[str, ...]:
    """Make our part of the file be `wanted`, and leave all else. Gives the keys that had to be put back or changed.

    A key that somebody else holds stays theirs. `alive` tells the living from the dead: an entry of ours whose process
    lives and that is not wanted belongs to another of our daemons, and stays.
    """
    known = read(path)
    bodies = {key: entry.body() for key, entry in wanted.items()}
    kept = {
        key: body
        for key, body in known.items()
        if not is_ours(body) or (key not in bodies and alive(_pid(body)) and _foreign_endpoint(body, bodies))
    }
    ours = {key: body for key, body in bodies.items() if key not in kept}
    merged = {**kept, **ours}
    moved = tuple(key for key, body in ours.items() if known.get(key) != body)
    if merged != known:
        write(path, merged)
    return moved


def _pid(body: Mapping[str, Any]) -> int:
    pid = body.get("pid")
    return pid if isinstance(pid, int) else 0


def _foreign_endpoint(body: Mapping[str, Any], ours: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether it speaks for another address than ours: two daemons of one user on two ports do not undo each other.
    What has its socket in our folder was ours, at whatever address: a folder has one daemon at a time."""
    mine = {str(item["endpoint"]) for item in ours.values()}
    folders = {os.path.dirname(str(item["socket"])) for item in ours.values()}
    here = os.path.dirname(str(body.get("socket"))) in folders
    return bool(mine) and str(body.get("endpoint")) not in mine and not here


def withdraw(path: Path, endpoint: str = "") -> int:
    """Take our entries of that endpoint (or all of ours) out, and say how many; where the file cannot be read, none."""
    with suppress(RegistryBusy):
        known = read(path)
        kept = {key: body for key, body in known.items() if not (is_ours(body) and endpoint in ("", body["endpoint"]))}
        if kept != known:
            write(path, kept)
        return len(known) - len(kept)
    return 0


def write(path: Path, entries: Mapping[str, Any]) -> None:
    """Whole or not at all, readable by its user only: the entries hold tokens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(entries, file, indent=2)
        os.replace(draft, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise
