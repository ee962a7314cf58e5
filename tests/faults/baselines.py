"""What two answers that know nothing would score: always the same one, and a grep of the log."""

from __future__ import annotations

import re
from typing import Any

from tests.faults.scenario import Case
from tests.faults.site import Site

JSON = dict[str, Any]
CONSTANT = "oom_killed"
GREP = re.compile(r"error|fail", re.I)
# What a person would read out of a line that the grep shows.
READS = (
    (r"out of memory|heap", "oom_killed"),
    (r"no space left", "volume_disk_full"),
    (r"keyerror|not set|undefined", "env_missing"),
    (r"refused", "dependency_refusing"),
    (r"could not be resolved|name or service|getaddrinfo|enotfound", "dependency_stopped"),
    (r"timed out|timeout", "dependency_slow"),
    (r"permission denied", "permission_denied_nonroot"),
    (r"read-only", "readonly_rootfs"),
    (r"noauth|wrongpass|authentication", "redis_auth"),
    (r"not found", "command_missing_in_shell"),
)


def constant(case: Case) -> JSON:
    return _answer(case.ask, CONSTANT)


def log_grep(case: Case, site: Site) -> JSON:
    lines = [line for line in site.logs(case.ask).splitlines() if GREP.search(line)]
    if not lines:
        return {"verdict": "healthy", "findings": [], "audit": [], "facts": []}
    last = lines[-1]
    cause = next((cause for pattern, cause in READS if re.search(pattern, last, re.I)), "unknown")
    return _answer(case.ask, cause)


def _answer(about: str, cause: str) -> JSON:
    finding: JSON = {
        "cause": cause, "nature": "fault", "container": about, "victims": [], "summary": "", "details": {},
        "evidence": [], "fix": None,
    }  # fmt: skip
    return {"verdict": "fault", "findings": [finding], "audit": [], "facts": []}
