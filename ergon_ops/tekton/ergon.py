"""Tekton Ergon's registry of deployable units: a manifest is stored there as a `container`.

Source: Tekton `Ergon/ergon/registry/schema.py` (types, semantic versions, a source's location is a path or an address)
and the route `POST /api/ergon/registry/store`, which answers with the unit's `id`.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ergon_ops.errors import ErgonError, UsageError

PORT = 8002
STORE = "/api/ergon/registry/store"
DEADLINE_S = 10.0
LARGEST = 1024 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ErgonAway(ErgonError):
    """It does not answer: it may later."""

    code = "ergon_away"


class ErgonRefused(ErgonError):
    """It answers, and does not want this."""

    code = "ergon_refused"


def address(given: str, root: Path | None) -> str:
    """What was configured, else the port that Tekton's own settings name, else the usual one on this machine. Raises
    UsageError for what is no http address."""
    if given:
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise UsageError(f"{given} is no address of Ergon", next="write ergon_url as http://HOST:PORT")
        return given.rstrip("/")
    return f"http://127.0.0.1:{_port(root)}"


def _port(root: Path | None) -> int:
    for name in (".env.local", ".env.tekton") if root else ():
        try:
            text = (Path(root or "") / name).read_text("utf-8", "replace")
        except OSError:
            continue
        if found := re.findall(r"(?m)^\s*(?:export\s+)?ERGON_PORT\s*=\s*['\"]?(\d{2,5})", text):
            return int(found[-1])
    return PORT


def local(endpoint: str) -> bool:
    return urlsplit(endpoint).hostname in LOOPBACK


def unit(name: str, document: Mapping[str, Any], about: Mapping[str, Any], *, location: str) -> dict[str, Any]:
    """What Ergon stores. `about` are digests of the manifest and of images made of it; `location` may be empty."""
    digest = str(about["manifest_digest"]).removeprefix("sha256:")
    made: dict[str, Any] = {
        "type": "container",
        "name": name,
        "version": f"1.0.0+{digest[:12]}",
        "description": f"containers of {name}: {', '.join(document.get('containers') or {})}"[:500],
        "tags": ["ergon-ops", "manifest-1.0"],
        "lineage": [],
        "content": {"manifest": dict(document), **about},
    }
    if location.startswith(("/", "http://", "https://")):
        made["source"] = {"project_id": name, "location": location}
    return made


def store(endpoint: str, body: str, *, deadline_s: float = DEADLINE_S) -> str:
    """The id it was given. Raises ErgonAway, ErgonRefused."""
    request = urllib.request.Request(f"{endpoint}{STORE}", body.encode(), {"Content-Type": "application/json"})
    handlers = [urllib.request.ProxyHandler({})] if local(endpoint) else []
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=deadline_s) as reply:
            said = json.loads(reply.read(LARGEST))
    except urllib.error.HTTPError as error:
        if error.code >= 500 or error.code in (404, 408, 429):
            raise ErgonAway(f"Ergon at {endpoint} answers HTTP {error.code}", next="it is tried again") from error
        raise ErgonRefused(f"Ergon at {endpoint} refuses it: HTTP {error.code}", next="look at its log") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise ErgonAway(f"Ergon at {endpoint} does not answer: {reason}", next="it is tried again") from error
    if not isinstance(said, dict) or not said.get("id"):
        raise ErgonAway(f"Ergon at {endpoint} does not say under which id it was stored", next="it is tried again")
    return str(said["id"])
