"""What an image is called, taken apart as Docker does: `python:3.11` is `library/python` of Docker's own registry.

Source: the distribution project's `reference` package (familiar and normalised names).
"""

from __future__ import annotations

import re

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError, UsageError

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
DOCKER, DOCKER_HOST = "docker.io", "registry-1.docker.io"
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_HOST = re.compile(r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?")


class RegistryAway(ErgonError):
    """It does not answer, or not with what was asked for: it may later."""

    code = "registry_away"


class RegistryRefused(ErgonError):
    """It answers, and does not give this: it is not there, or not for everybody."""

    code = "registry_refused"


@dataclass(frozen=True, slots=True)
class Reference:
    """`name` as people write it, without tag and digest; `host` and `repository` as a registry is asked."""

    name: str
    host: str
    repository: str
    tag: str
    digest: str

    @property
    def wanted(self) -> str:
        """By which a registry finds it; a digest leaves no choice."""
        return self.digest or self.tag


def parse(text: str) -> Reference:
    """Raises UsageError for what is no name of an image."""
    rest, at, digest = text.partition("@")
    name, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        name, tag = rest, ""
    host, slash, path = name.partition("/")
    if not slash or not (set(".:[") & set(host) or host == "localhost"):
        host, path = DOCKER, name
    named = name.removeprefix(f"{DOCKER}/").removeprefix("library/") if host == DOCKER else name
    if host in (DOCKER, "index.docker.io"):
        host, path = DOCKER_HOST, path if "/" in path else f"library/{path}"
    tagged = _TAG.fullmatch(tag) if name != rest else not tag
    sound = _PATH.fullmatch(path) and _HOST.fullmatch(host) and tagged
    if not sound or (at and not DIGEST.fullmatch(digest)):
        raise UsageError(f"{text} is no name of an image", next="write it as [HOST/]NAME[:TAG][@sha256:DIGEST]")
    return Reference(named, host, path, tag or "latest", digest)
