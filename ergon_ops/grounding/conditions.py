"""Whether a container, or the engine, is in a state: one check for each, over the facts."""

from __future__ import annotations

import re
from collections.abc import Callable

from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

Ids = tuple[str, ...] | None


def _is(name: str, *values: object) -> Callable[[Scene, Ref, bool], Ids]:
    """The fact was read and is one of these; or, denied, is none of them."""

    def check(scene: Scene, ref: Ref, negative: bool) -> Ids:
        fact = scene.index.fact(ref, name)
        if fact is None or (fact.value is None and not negative):
            return None
        return (fact.id,) if (fact.value in values) is not negative else None

    return check


def _oom(scene: Scene, ref: Ref, negative: bool) -> Ids:
    flag, kills = scene.index.fact(ref, "oom_killed"), scene.index.number(ref, "memory_oom_kills")
    events = [row for row in scene.index.facts(ref, "event") if str(row.value).startswith("oom")]
    rows = [row for row in (flag, scene.index.fact(ref, "memory_oom_kills"), *events) if row is not None]
    killed = (flag is not None and flag.value is True) or bool(kills) or bool(events)
    if not rows or (killed is negative):
        return None
    return tuple(row.id for row in rows)


def _throttled(scene: Scene, ref: Ref, negative: bool) -> Ids:
    rows = [
        row
        for name in ("cpu_throttled_ratio", "cpu_throttled_lifetime")
        for row in scene.index.facts(ref, name)
        if isinstance(row.value, int | float)
    ]
    limit = scene.index.fact(ref, "cpu_limit")
    if not rows:
        return (limit.id,) if negative and limit is not None and limit.value is None else None
    any_said = any(float(row.value or 0) > 0 for row in rows)
    now = [row for row in rows if row.name == "cpu_throttled_ratio"] or rows
    if negative:
        return tuple(row.id for row in now) if all(not row.value for row in now) else None
    return tuple(row.id for row in rows) if any_said else None


def _loop(scene: Scene, ref: Ref, negative: bool) -> Ids:
    state, count = scene.index.fact(ref, "state"), scene.index.fact(ref, "restart_count")
    if state is None or count is None:
        return None
    looping = state.value == "restarting" and bool(count.value)
    looping = looping or any(item.about == ref and "loop" in item.cause for item in scene.ground.findings)
    return (state.id, count.id) if looping is not negative else None


def no_limit(scene: Scene, ref: Ref, match: re.Match[str]) -> Ids:
    what = (match["what"] or match["what2"] or match["what3"] or _resource(scene, match)).lower()
    names = {"m": ("memory_limit",), "r": ("memory_limit",), "c": ("cpu_limit",), "p": ("pids_limit",)}.get(
        what[:1], ("memory_limit", "cpu_limit")
    )
    rows = [scene.index.fact(ref, name) for name in names]
    good = [row.id for row in rows if row is not None and row.value is None]
    return tuple(good) if good and len(good) == len([row for row in rows if row is not None]) else None


def _resource(scene: Scene, match: re.Match[str]) -> str:
    near = [item for item in scene.resources if item[1] <= match.start()] or [
        item for item in scene.resources if item[0] >= match.end()
    ]
    return (
        near[-1][2]
        if near and near[-1][2] in ("memory", "cpu", "pids")
        else scene.topic.resource
        if scene.topic.resource in ("memory", "cpu", "pids")
        else ""
    )


def _has_check(scene: Scene, ref: Ref, negative: bool) -> Ids:
    fact = scene.index.fact(ref, "health")
    return None if fact is None or (fact.value == "none") is not negative else (fact.id,)


def _down(scene: Scene, ref: Ref, negative: bool) -> Ids:
    fact = scene.index.fact(ref, "state")
    if fact is None:
        return None
    down = fact.value in ("exited", "dead", "created", "restarting", "removing")
    return (fact.id,) if down is not negative else None


def has_limit(scene: Scene, ref: Ref, what: str, negative: bool) -> Ids:
    name = {"m": "memory_limit", "c": "cpu_limit", "p": "pids_limit"}[what[0].lower()]
    fact = scene.index.fact(ref, name)
    return None if fact is None or (fact.value is not None) is negative else (fact.id,)


def _swapping(scene: Scene, ref: Ref, negative: bool) -> Ids:
    fact = scene.index.fact(ref, "memory_swap")
    return None if fact is None or fact.value is None or bool(fact.value) is negative else (fact.id,)


def _trouble(scene: Scene, ref: Ref, negative: bool) -> Ids:
    rows = [row for row in scene.index.facts(ref, "health") if row.value == "unhealthy"]
    rows += [row for row in scene.index.facts(ref, "state") if row.value not in ("running", "paused")]
    rows += [row for row in scene.index.facts(ref, "serving") if row.value == "down"]
    faults = [id for item in scene.ground.findings if item.about == ref for id in item.evidence]
    if negative:
        return tuple(row.id for row in scene.index.facts(ref, "state")) if not rows and not faults else None
    return (*(row.id for row in rows), *faults) or None


def mounted(scene: Scene, match: re.Match[str]) -> None:
    paths = [item for item in re.findall(r"/[\w./-]*", scene.line[: match.start()]) if len(item) > 1]
    rows = [
        row
        for ref in scene.subjects(match.start())
        for row in scene.index.facts(ref, "mount_writable")
        if row.key in paths[-1:]
    ]
    if not rows:
        rows = [row for ref in scene.subjects(match.start()) for row in scene.index.facts(ref, "readonly_rootfs")]
        said = "only" in match[0].lower()
    else:
        said = "only" not in match[0].lower()
    negative = re.search(r"\bnot\b", match[0]) or re.search(r"(?:n't|\bnot) $", scene.line[: match.start()])
    ids = tuple(row.id for row in rows if bool(row.value) is (said is not bool(negative)))
    scene.decide("state", match.start(), match.end(), ids or None, "not mounted so", ("mount_writable",))


def engine(scene: Scene, match: re.Match[str]) -> None:
    rows = [row for host in scene.index.hosts() for row in scene.index.facts(host, "engine")]
    bad = {"hung": "hung", "hanging": "hung", "unresponsive": "hung", "gone": "gone", "dead": "gone", "down": "gone",
           "unreachable": "gone", "restarting": "restarting"}  # fmt: skip
    past = (match["how2"] or "").lower()  # nothing that is read tells of the engine's past
    said, negative = (
        past or bad.get((match["how"] or "").lower(), "alive"),
        re.search(r"n't|\bnot\b", match[0]) is not None,
    )
    ids = tuple(row.id for row in rows if (row.value == said) is not negative)
    scene.decide("state", match.start(), match.end(), ids or None, "the engine is not so", ("engine",))


def _running(scene: Scene, ref: Ref, negative: bool) -> Ids:
    fact = scene.index.fact(ref, "engine" if ref.kind == "fleet" else "state")
    return None if fact is None or (fact.value in ("running", "alive")) is negative else (fact.id,)


CHECKS: dict[str, Callable[[Scene, Ref, bool], Ids]] = {
    "nocheck": _is("health", "none"),
    "check_ok": _is("health", "healthy"),
    "check_bad": _is("health", "unhealthy"),
    "haschecks": _has_check,
    "oom": _oom,
    "throttled": _throttled,
    "loop": _loop,
    "unhealthy": _is("health", "unhealthy"),
    "healthy": _is("health", "healthy"),
    "haspolicy": _is("restart_policy", "always", "unless-stopped", "on-failure"),
    "nopolicy": _is("restart_policy", "no", ""),
    "privileged": _is("privileged", True),
    "readonly": _is("readonly_rootfs", True),
    "starting": _is("health", "starting"),
    "haslimit": _is("name", None),
    "limits": _is("name", None),
    "policied": _is("restart_policy", "always", "unless-stopped", "on-failure"),
    "swapping": _swapping,
    "trouble": _trouble,
    "restarting": _is("state", "restarting"),
    "paused": _is("state", "paused"),
    "created": _is("state", "created"),
    "down": _down,
    "running": _running,
}
