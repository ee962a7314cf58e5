"""What an engine call can end in, said in our errors: one line, and the next step."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead

import docker.errors
import requests.exceptions
import urllib3.exceptions

from ergon_ops.engine.connect import Endpoint
from ergon_ops.errors import (
    EngineConflict,
    EngineError,
    EngineNotRunning,
    EnginePermission,
    EngineRefused,
    EngineTimeout,
    EngineTLS,
    EngineTooOld,
    ErgonError,
    NoSuchContainer,
)
from ergon_ops.redaction import neutralise, redact

EXPECTED: tuple[type[BaseException], ...] = (
    docker.errors.DockerException,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    HTTPException,
    OSError,
    ValueError,
)
LONGEST = 300
# What runc says on a host with cgroup v1, where a limit below what is in use is refused.
IN_USE = re.compile(r"unable to set memory limit to (?P<limit>\d+) \(current usage: (?P<used>\d+)")
HINTS = (
    ("port is already allocated", "stop what uses that port, or publish another"),
    ("address already in use", "stop what uses that port, or publish another"),
    ("is already in use by container", "remove the container of that name, or take another name"),
    ("no such image", "pull or build that image first"),
    ("no such host", "no registry answers from here: build or import the image"),
    ("minimum memory limit", "give at least 6 MB"),
    ("memoryswap", "set the memory and swap limits together"),
    ("is not running", "start it first"),
    ("is paused", "unpause it first"),
    ("has active endpoints", "disconnect or remove its containers first"),
    ("range of cpus", "give no more CPUs than the host has"),
)


def translate(error: BaseException, endpoint: Endpoint, *, complaint: str = "") -> ErgonError:
    """`error` as one of ours. `complaint`: what the transport's helper (ssh) said when it ended."""
    if isinstance(error, ErgonError):
        return error
    if isinstance(error, docker.errors.APIError):
        return _refusal(error, endpoint)
    if endpoint.url.startswith("ssh:"):
        return _ssh(error, endpoint, complaint)
    for cause in _chain(error):
        known = _known(cause, endpoint)
        if known:
            return known
    return EngineError(
        f"What answers at {endpoint.url} does not speak as a Docker engine: {_brief(error)}",
        next=f"check {endpoint.source}",
    )


def timed_out(endpoint: Endpoint, doing: str, deadline_s: float) -> EngineTimeout:
    what = f"did not {doing}" if doing else "gave no whole answer"
    return EngineTimeout(
        f"The engine of {endpoint.host} {what} within {deadline_s:g} s.",
        next="see whether `docker version` answers; if not, restart Docker there",
        details={"host": endpoint.host, "deadline_s": deadline_s},
    )


def too_old(endpoint: Endpoint, found: str) -> EngineTooOld:
    return EngineTooOld(
        f"The engine of {endpoint.host} speaks API {found}; 1.41 (Docker 20.10) is the oldest understood.",
        next="update Docker there",
        details={"host": endpoint.host},
    )


def _known(cause: BaseException, endpoint: Endpoint) -> EngineError | None:
    where, named = endpoint.url, f"{endpoint.url} ({endpoint.source})"
    details = {"host": endpoint.host}
    match cause:
        case ssl.SSLError():
            return EngineTLS(
                f"TLS with {where} failed: {_brief(cause)}",
                next=f"check ca.pem, cert.pem and key.pem of {endpoint.source}, and that the port speaks TLS",
                details=details,
            )
        case FileNotFoundError():
            return EngineNotRunning(
                f"No Docker engine at {named}.", next="start Docker, or set DOCKER_HOST", details=details
            )
        case PermissionError():
            return EnginePermission(
                f"You may not open {named}.",
                next="add yourself to the docker group (`sudo usermod -aG docker $USER`, log in again), or use sudo",
                details=details,
            )
        case ConnectionRefusedError():
            return EngineRefused(
                f"{named} refused the connection.", next="start Docker there, or set DOCKER_HOST", details=details
            )
        case TimeoutError() | BlockingIOError() | requests.exceptions.Timeout() | urllib3.exceptions.TimeoutError():
            return EngineTimeout(
                f"{named} does not answer in time.",
                next="see whether `docker version` answers; if not, restart Docker there",
                details=details,
            )
        case ConnectionError() | IncompleteRead():
            return EngineNotRunning(
                f"{named} closed the connection before it had answered.",
                next="see whether Docker is restarting there, and ask again",
                details={**details, "broken_off": True},
            )
        case OSError() if cause.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
            return EngineRefused(
                f"There is no way to {named}.", next="check the network, or the address", details=details
            )
        case socket.gaierror():
            return EngineRefused(f"Nobody knows the address of {named}.", next="check the name", details=details)
    return None


def _refusal(error: docker.errors.APIError, endpoint: Endpoint) -> ErgonError:
    status = int(error.status_code or 0)
    said = _brief(error.explanation or error)
    low = said.lower()
    details = {"host": endpoint.host, "status": status}
    if "http request to an https server" in low:
        return EngineTLS(
            f"{endpoint.url} speaks TLS, we spoke plain http.",
            next="set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use a context with certificates",
            details=details,
        )
    if "client version" in low and "too new" in low:
        return EngineTooOld(f"The engine of {endpoint.host} is too old: {said}", next="update it", details=details)
    if status == 404 and "no such container" in low:
        return NoSuchContainer(f"{said[:1].upper()}{said[1:]}", next="`ergon-ops list` shows them", details=details)
    if status in (401, 403) and "active endpoints" not in low:  # 403 is also how it says that a network is in use
        return EnginePermission(f"The engine of {endpoint.host} forbids this: {said}", details=details)
    if str(getattr(error.response, "url", "")).endswith("/_ping"):
        return EngineRefused(
            f"What answers at {endpoint.url} ({endpoint.source}) is no Docker engine: {said}",
            next="check the address",
            details=details,
        )
    if (taken := IN_USE.search(low)) is not None:
        limit, used = (f"{int(taken[word]) / 2**20:.0f} MiB" for word in ("limit", "used"))
        return EngineConflict(
            f"{used} of memory are in use, more than the {limit} it would be limited to.",
            next="restart the container, which frees it, and ask again",
            details=details,
        )
    hint = next((step for part, step in HINTS if part in low), "")
    return EngineConflict(f"The engine refused: {said}", next=hint, details=details)


def _ssh(error: BaseException, endpoint: Endpoint, complaint: str) -> EngineError:
    low = complaint.lower()
    said = _brief(complaint or error)
    details = {"host": endpoint.host}
    if "permission denied" in low or "host key verification" in low:
        return EnginePermission(
            f"ssh to {endpoint.url} was refused: {said}",
            next=f"make `ssh {endpoint.url.removeprefix('ssh://')}` work without a question",
            details=details,
        )
    if "paramiko" in str(error):
        return EngineNotRunning(f"No ssh to reach {endpoint.url}.", next="install an ssh client", details=details)
    return EngineNotRunning(
        f"No Docker engine answers at {endpoint.url}: {said}",
        next=f"try `ssh {endpoint.url.removeprefix('ssh://')} docker version`",
        details=details,
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and whatever caused it, innermost last; requests and urllib3 hide some in `args` or `reason`."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        hidden = [getattr(current, "reason", None), *getattr(current, "args", ())]
        waiting += [part for part in (current.__cause__, *hidden) if isinstance(part, BaseException)]


def _brief(said: object) -> str:
    return str(neutralise(redact(str(said)), LONGEST))
