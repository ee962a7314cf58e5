"""Which of a project's Compose files says a setting now, and in which words: only an edit there has an effect.

Read are the files that the project's own labels name, on this machine, and of them only which keys they have."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence

MOST_BYTES = 1_000_000
LIMITS = ("deploy", "resources", "limits")
# The short word of a service → where `deploy` has the same: docs.docker.com, Compose Deploy Specification. Compose
# refuses a file in which both are there and differ.
DEPLOY: Mapping[str, Sequence[str]] = {
    "cpus": (*LIMITS, "cpus"),
    "mem_limit": (*LIMITS, "memory"),
    "pids_limit": (*LIMITS, "pids"),
}


def place(files: Sequence[str], service: str, key: str) -> tuple[str, str]:
    """The file and the dotted word. Later files count for more; where none says it, the first one is the place."""
    for file in reversed(files):
        own = _service(file, service)
        if _has(own, DEPLOY.get(key, ())):
            return file, ".".join(DEPLOY[key])
        if key in own:
            return file, key
    return files[0], key


def _has(own: object, path: Sequence[str]) -> bool:
    for key in path:
        if not isinstance(own, Mapping) or key not in own:
            return False
        own = own[key]
    return bool(path)


def _service(file: str, service: str) -> Mapping[str, object]:
    """{} for what is not there, not to be read, or no Compose file."""
    import yaml

    try:
        document = yaml.safe_load(_text(file))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    services = document.get("services") if isinstance(document, Mapping) else None
    found = services.get(service) if isinstance(services, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _text(file: str) -> str:
    """A label may name anything: what is no plain file is not read, and nothing without end."""
    with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            return ""
        text = opened.read(MOST_BYTES + 1)
    return text.decode("utf-8") if len(text) <= MOST_BYTES else ""
