"""What may be done, decided in code: the modes, and the operator's own globs. Deny beats everything in every mode.

[policy]
deny       = ["recreate:*", "*:local/orders-db"]        kind:host/name, `*` `?` `[…]` as in a shell
autonomous = ["set_cpu_limit:*/worker"]
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal, get_args

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.messages import Mode
from ergon_ops.proposals import Reversibility
from ergon_ops.refs import Ref
from ergon_ops.settings import Policy

Verdict = Literal["allow", "ask", "pending", "deny"]
STRICTEST_FIRST: tuple[Mode, ...] = ("strict", "restricted", "balanced", "autonomous")
KINDS: tuple[str, ...] = (
    "set_memory_limit", "set_cpu_limit", "set_cpu_shares", "set_pids_limit", "set_restart_policy", "restart", "start",
    "stop", "pause", "unpause", "connect_network", "app_setting", "recreate", "rebuild_advice", "host_advice",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is a part of a sentence: why this verdict."""

    verdict: Verdict
    reason: str


def checked(rules: Policy) -> Policy:
    """The same rules. Raises UsageError for a glob that can never match: silently void is worse than none."""
    for name, globs in (("deny", rules.deny), ("autonomous", rules.autonomous)):
        for glob in globs:
            _check(name, glob)
    return rules


def _check(setting: str, glob: str) -> None:
    kind, colon, target = glob.partition(":")
    form = f"policy.{setting}: {glob!r}"
    if not colon or not kind or (target != "*" and target.count("/") != 1):
        raise UsageError(
            f"{form} is not kind:host/name", next='write it like "restart:local/orders-db" or "recreate:*"'
        )
    if not any(fnmatchcase(known, kind) for known in KINDS):
        raise UsageError(f"{form} names no kind of change", next=f"kinds: {', '.join(KINDS)}")


def effective_mode(asked: Mode | None, ceiling: Mode) -> Mode:
    """The stricter of both. A ceiling of `autonomous` exists only where the operator's configuration put it."""
    known = get_args(Mode)
    for mode in (asked, ceiling):
        if mode is not None and mode not in known:
            raise UsageError(f"unknown mode {mode!r}", next=f"modes: {', '.join(known)}")
    return min(asked or ceiling, ceiling, key=STRICTEST_FIRST.index)


def decide_read(mode: Mode, *, can_ask: bool = True) -> Decision:
    """Whether a tool may read."""
    if mode != "strict":
        return Decision("allow", "reads are free")
    if can_ask:
        return Decision("ask", "strict mode asks before reading")
    return Decision("deny", "strict mode asks before reading, and nobody can be asked here")


def decide(
    kind: str, reversibility: Reversibility, target: Ref, mode: Mode, rules: Policy, *, can_ask: bool = True
) -> Decision:
    """What to do with a change that is wanted. `can_ask`: somebody who may approve is at the other end."""
    denied = _matching(rules.deny, kind, target)
    if denied:
        return Decision("deny", f"denied by policy {denied!r}")
    if mode == "autonomous":
        allowed = _matching(rules.autonomous, kind, target)
        if allowed and reversibility == "live":
            return Decision("allow", f"allowed by policy {allowed!r}")
        why = "it cannot be undone in place" if allowed else "no policy allows it without a person"
        return Decision("ask" if can_ask else "pending", why)
    if mode == "restricted":
        return Decision("pending", "changes wait for approval at a terminal")
    return Decision("ask" if can_ask else "pending", f"{mode} mode asks before a change")


def _matching(globs: Iterable[str], kind: str, target: Ref) -> str:
    for glob in globs:
        of_kind, _, of_target = glob.partition(":")
        if fnmatchcase(kind, of_kind) and fnmatchcase(str(target), of_target or "*"):
            return glob
    return ""
