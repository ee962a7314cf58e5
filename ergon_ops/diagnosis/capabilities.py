"""Root without the capabilities that make root more than any other user."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.diagnosis.mounts import NEEDS, ROOT_USERS
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.facts import Fact
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

# What a line is about, and which capability lets root do that (man 7 capabilities); the first that fits. A server that
# becomes another user says so in words of its own: the groups come first, and fail first.
WANTS = (
    (re.compile(r"l?chown"), ("CHOWN",)),
    (
        re.compile(
            r"set(?:re|res|e)?gid|setgroups|initgroups|set (?:group id|gid)"
            r"|(?:supplementary|additional|drop\w*|set(?:ting)?) (?:\w+ )?groups?"
            r"|(?:change|switch) (?:to )?(?:the )?group"
        ),
        ("SETGID",),
    ),
    (
        re.compile(
            r"set(?:re|res|e)?uid|gosu|su-exec|setpriv|failed switching|drop\w* (?:root )?privileges?"
            r"|set (?:user id|uid)|(?:assume|change|switch|become|impersonate)\w* (?:\w+ ){0,3}?user"
        ),
        ("SETUID", "SETGID"),
    ),
    (re.compile(r"f?chmod|utime"), ("FOWNER",)),
    (re.compile(r"ping|raw socket|socket: operation"), ("NET_RAW",)),
    (re.compile(r"mknod"), ("MKNOD",)),
    (re.compile(r"chroot"), ("SYS_CHROOT",)),
    (re.compile(r"kill"), ("KILL",)),
)  # fmt: skip
FILES = ("DAC_OVERRIDE",)


@rule("capability_missing", severity="critical", needs=(*NEEDS, "security"), details=("path", "value"), tier="T2",
      over=("crash_loop", "restart_policy_absent"), fixes=("recreate",))  # fmt: skip
def capability_missing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It runs as root, but without the capabilities that make root more than any other user.

    `Permission denied` for a file wants DAC_OVERRIDE; `Operation not permitted` what its call wants.
    """
    if str(scene.value(ref, "user") or "").partition(":")[0] not in ROOT_USERS:
        return
    for line in scene.current(ref, "not_permitted", "permission_denied"):
        wanted = FILES if line.kind == "permission_denied" else _wanted(line)
        dropped = next((fact for name in wanted if (fact := _dropped(scene, ref, name)) is not None), None)
        if dropped is None or not (scene.troubled(ref) or line.count > 1):
            continue
        path, name = line.values.get("path", ""), wanted[0] if dropped.key == "ALL" else dropped.key
        yield Conclusion(
            summary=f"It may not {'use' if line.kind == 'permission_denied' else 'do what it wants with'}"
            f" {path or 'what it needs'}: it is root without the capability {name}.",
            evidence=(line.fact, dropped),
            details={"path": path, "value": name},
        )
        return


def _wanted(line: Signal) -> tuple[str, ...]:
    low = line.text.lower()
    return next((names for words, names in WANTS if words.search(low)), ())


def _dropped(scene: Scene, ref: Ref, name: str) -> Fact | None:
    """That it does without this one, or without all but those that it is given back."""
    added = {fact.key.removeprefix("CAP_") for fact in scene.all(ref, "capability_added")}
    gone = [fact for fact in scene.all(ref, "capability_dropped") if fact.key.removeprefix("CAP_") in ("ALL", name)]
    return None if name in added or not gone else gone[0]
