"""What can go wrong, by audience: one line and a next step for a person, a code and an exit status for a program.

ErgonError
├── UsageError                  2  bad words on the command line, in a manifest or a setting
│   └── ManifestError           2  every problem of one manifest, with its JSON pointer
├── EngineError                 3  the engine cannot be reached or does not answer
│   ├── EngineNotRunning        3  no socket, or nothing behind it
│   ├── EnginePermission        3  the socket is there, we may not open it
│   ├── EngineRefused           3  the connection was refused
│   ├── EngineTLS               3  certificates, or http spoken to an https port
│   ├── EngineTooOld            3  API below 1.41
│   └── EngineTimeout           3  no whole answer within the deadline
├── EngineConflict              1  the engine refused one call (state, name, port)
├── NoSuchContainer             4  no container of that name; carries the nearest names
├── NoSuchProject               4  no project of that name; carries the nearest names
├── PolicyRefused               5  policy, capability, mode or a moved world forbids it
├── RolledBack                  6  a change was applied, made things worse and was undone
├── StoreError                  1  the state file cannot be read or written
└── ProviderError               1  a model's endpoint failed; the offline mind answers instead
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ErgonError(Exception):
    """An expected failure: `message` says what is wrong, `next` what to do about it."""

    exit = 1
    code = "error"

    def __init__(self, message: str, *, next: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.next = next
        self.details: dict[str, Any] = dict(details or {})

    def __str__(self) -> str:
        return f"{self.message.rstrip('.')} — {self.next}" if self.next else self.message

    def to_json(self) -> dict[str, Any]:
        """The document `--json` prints for a failure."""
        body = {
            "code": self.code,
            "message": self.message,
            "next": self.next,
            "exit": self.exit,
            "details": self.details,
        }
        return {"error": body}


class UsageError(ErgonError):
    exit, code = 2, "usage"


class ManifestError(UsageError):
    code = "manifest_invalid"


class EngineError(ErgonError):
    exit, code = 3, "engine_unreachable"


class EngineNotRunning(EngineError):
    code = "engine_not_running"


class EnginePermission(EngineError):
    code = "engine_permission"


class EngineRefused(EngineError):
    code = "engine_refused"


class EngineTLS(EngineError):
    code = "engine_tls"


class EngineTooOld(EngineError):
    code = "engine_too_old"


class EngineTimeout(EngineError):
    code = "engine_timeout"


class EngineConflict(ErgonError):
    code = "engine_conflict"


class NoSuchContainer(ErgonError):
    exit, code = 4, "no_such_container"


class NoSuchProject(ErgonError):
    exit, code = 4, "no_such_project"


class PolicyRefused(ErgonError):
    exit, code = 5, "refused"


class RolledBack(ErgonError):
    exit, code = 6, "rolled_back"


class StoreError(ErgonError):
    code = "store"


class ProviderError(ErgonError):
    """`reason`, for programs: auth model_not_found rate_limited overloaded server refused reset stall empty malformed
    too_big deadline cost missing."""

    code = "provider"

    def __init__(
        self, message: str, *, reason: str = "", next: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, next=next, details={"reason": reason, **(details or {})})
        self.reason = reason
