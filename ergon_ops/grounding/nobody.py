"""That no container is in a state: so if the states of all there are were read, and none is."""

from __future__ import annotations

import re

from ergon_ops.facts import Fact
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref, host_ref

_STATE = (
    r"(?:(?:currently|now|just|ever|recently) )*(?P<{0}>exited|stopped|terminated|crashed|died|dead|down|paused|"
    r"frozen|restarting|unhealthy|created|restarted|rebooted|oom[- ]?killed|killed|throttled)"
)
_NOBODY = lazily(
    r"\b(?:(?P<pair>neither [\w-]+ nor [\w-]+)(?: (?:here|there))?|(?P<all>nobody|no ?one|none of (?:us|"
    r"them))(?: (?:but|except) (?P<but>[\w-]+))?|(?:no|none of (?:the|my|our|these|"
    r"all)(?: \w+)??(?= containers)|not (?:one|"
    r"a single)) (?P<other>other )?containers?)"
    r"(?: (?:here|there|on (?:this|the|my) (?:host|machine|server|node)))?\s+(?:has|have|is|are|"
    r"was)\s+(?:ever )?(?:been )?"
    + _STATE.format("one")
    + r"(?:,? (?:or|and|nor) (?:(?:is|are|has|have|been) )*"
    + _STATE.format("two")
    + r")?\b",
    re.I,
)
_DOWN = ("exited", "dead", "created", "restarting", "removing")
_MEANS = {
    "exited": ("exited", "dead"),
    "stopped": ("exited", "dead"),
    "terminated": ("exited", "dead"),
    "crashed": ("exited", "dead", "restarting"),
    "died": ("exited", "dead"),
    "dead": ("exited", "dead"),
    "down": _DOWN,
    "paused": ("paused",),
    "frozen": ("paused",),
    "restarting": ("restarting",),
    "created": ("created",),
    "unhealthy": ("unhealthy",),
}


def find(scene: Scene) -> None:
    for match in _NOBODY.finditer(scene.free):
        if scene.mood(match.start()) not in ("assert", "hedged", "unknowing"):
            continue
        known = dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()])
        refs = [ref for ref in known if ref.kind == "container" and not (match["other"] and ref in scene.ground.refs)]
        if match["but"]:
            spared = scene.index.by_name.get(match["but"].lower())
            refs = [ref for ref in refs if ref != spared]
        if match["pair"]:
            refs = [item.ref for item in scene.mentions if match.start("pair") <= item.start < match.end("pair")]
        found: list[str] = []
        good = bool(refs)
        for word in (match["one"], match["two"]):
            if word is not None:
                if (counted := _NOUGHT.get(word.lower().replace("-", "").replace(" ", ""))) is not None:
                    none = _nought(scene, refs, counted)
                    good = good and none is not None
                    found += none or ()
                    continue
                name = "health" if word.lower() == "unhealthy" else "state"
                rows = [row for ref in refs if (row := scene.index.fact(ref, name)) is not None]
                bad = any(row.value in _MEANS[word.lower()] for row in rows)
                if len(rows) < len(refs) and name == "state":
                    rows, some = _counted(scene, refs, _MEANS[word.lower()])
                    bad = bad or some
                else:
                    bad = bad or len(rows) < len(refs)
                good = good and not bad
                found += [row.id for row in rows]
        ids = tuple(found) if good else None
        scene.decide("state", match.start(), match.end(), ids, "there are some, or nobody looked", ("state",))
        scene.take(match.start(), match.end())


# What must be nought of each that has it read → the facts that say so.
_NOUGHT = {"restarted": ("restart_count",), "rebooted": ("restart_count",),
           "oomkilled": ("memory_oom_kills", "oom_killed"), "killed": ("memory_oom_kills", "oom_killed"),
           "throttled": ("cpu_throttled_ratio",)}  # fmt: skip


def _nought(scene: Scene, refs: list[Ref], names: tuple[str, ...]) -> list[str] | None:
    """The facts, if each container has one and none of them counts any. Without a CPU limit nothing is throttled."""
    found: list[str] = []
    for ref in refs:
        rows = [row for name in names for row in scene.index.facts(ref, name)]
        free = [row for row in scene.index.facts(ref, "cpu_limit") if row.value is None and names[0].startswith("cpu")]
        if any(row.value for row in rows) or not (rows or free):
            return None
        found += [row.id for row in rows or free]
    return found


def _counted(scene: Scene, refs: list[Ref], states: tuple[str, ...]) -> tuple[list[Fact], bool]:
    """The engines' own counts, and whether one of them has such containers, or was not read."""
    rows: list[Fact] = []
    for host in dict.fromkeys(host_ref(ref.host) for ref in refs):
        counted = list(scene.index.facts(host, "containers"))
        if not counted or any(row.key in states and row.value for row in counted):
            return rows, True
        rows += counted
    return rows, False
