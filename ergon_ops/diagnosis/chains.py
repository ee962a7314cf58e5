"""Origins and victims along a chain: disk full → redis refuses writes → the API fails → the proxy says 502 is one
fault, in redis, with the others as its victims. Pure: works on what the rules concluded about each by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import product

from ergon_ops.diagnosis.arbitration import arbitrate
from ergon_ops.diagnosis.calls import failing, landlord
from ergon_ops.diagnosis.fallen import candidates
from ergon_ops.diagnosis.rules import RULES, Rule
from ergon_ops.diagnosis.scene import ONGOING_S, Scene
from ergon_ops.diagnosis.verdict import symptoms
from ergon_ops.findings import Finding
from ergon_ops.refs import Ref
from ergon_ops.topology import Link

Edges = Mapping[Ref, tuple[Ref, ...]]
# Words of a log that say that something went wrong, though not what: an answer of another program, an error raised.
COMPLAINTS = (
    "http_error",
    "exception",
    "traceback",
    "refused",
    "timed_out",
    "reset",
    "cut_off",
    "dns_failed",
    "unreachable",
    "redis_master_down",
)

# What the system said to a server, which hands it on to its clients in its own words.
HANDED_ON = ("no_space", "readonly", "no_files", "no_memory", "shm_full", "file_too_large")
QUOTED = 40  # letters
LOST = ("refused", "timed_out", "reset", "cut_off", "dns_failed", "unreachable")


def suspects(scene: Scene, ref: Ref) -> tuple[Ref, ...]:
    """Whom it is worth looking at to explain what is wrong with `ref`: what it uses, what it calls in vain first, and
    whose network it lives in; where its log says that it lost somebody and not whom, neighbours that are down;
    where it says what somebody else may have said first, all neighbours."""
    called = [call.peer for call in failing(scene, ref)]
    used = [link.target for link in scene.uses(ref)]
    beside = [link.target for link in scene.links if link.source == ref] if scene.current(ref, *HANDED_ON) else []
    around = (*called, *used, landlord(scene, ref), *candidates(scene, ref), *beside)
    return tuple(dict.fromkeys(peer for peer in around if peer not in (None, ref)))


def concluded(
    scene: Scene, ref: Ref, found: Mapping[Ref, Sequence[Finding]], rules: Sequence[Rule] = ()
) -> tuple[Finding, ...]:
    """What is said of `ref`: faults of its own, and those elsewhere that it suffers from. `found`: what the rules
    concluded about it and about those around it, each by itself."""
    chosen = tuple(rules) or tuple(RULES.values())
    everything = untangled(scene, [item for findings in found.values() for item in findings], chosen)
    return tuple(item for item in everything if ref == item.about or ref in item.victims)


def untangled(scene: Scene, findings: Iterable[Finding], rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """Each fault once, at its origin, with all who suffer from it; how it shows elsewhere is left out."""
    relays = frozenset(rule.cause for rule in rules if rule.relay)
    surface = relays | {rule.cause for rule in rules if rule.symptom or rule.aside}
    kept = arbitrate(_once(findings), rules)
    deep = {item.about for item in kept if item.nature == "fault" and item.cause not in surface}
    blamed = {item.about for item in kept if item.cause in relays}
    edges = dict(_edges(scene, kept, surface))
    settled: list[Finding] = []
    for item in kept:
        if item.nature != "fault" or item.cause in surface - relays:
            settled.append(item)
        elif item.cause not in relays or not _explained(item.about, edges, deep, blamed):
            sufferers = _sufferers(item.about, edges)
            settled.append(replace(item, victims=tuple(dict.fromkeys((*item.victims, *sufferers)))))
    return arbitrate(settled, rules)


def _explained(blamed_one: Ref, edges: Edges, deep: set[Ref], blamed: set[Ref]) -> bool:
    """Whether there is a fault inside the one that does not answer, or somebody that it suffers from itself."""
    behind = _behind(blamed_one, edges)
    further = {origin for origin in behind & blamed if blamed_one not in _behind(origin, edges)}
    return blamed_one in deep or bool(behind & deep or further)


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What two of them say of a third is one finding with both as its victims."""
    known: dict[str, Finding] = {}
    for item in findings:
        other = known.get(item.id)
        if other is None:
            known[item.id] = item
        else:
            victims = tuple(dict.fromkeys((*other.victims, *item.victims)))
            evidence = tuple(dict.fromkeys((*other.evidence, *item.evidence)))
            known[item.id] = replace(other, victims=victims, evidence=evidence)
    return iter(known.values())


def _edges(scene: Scene, findings: Sequence[Finding], surface: Set[str]) -> Iterator[tuple[Ref, tuple[Ref, ...]]]:
    """Each container that suffers, with those it may suffer from: whom a finding calls its origin, whom it calls in
    vain, and whom it uses where it complains without a cause of its own."""
    blamed: dict[Ref, list[Ref]] = {}
    faults = [item for item in findings if item.nature == "fault"]
    for item in faults:
        for victim in item.victims:
            blamed.setdefault(victim, []).append(item.about)
    own = {item.about for item in faults if item.cause not in surface}
    for ref in dict.fromkeys(link.source for link in scene.links):
        named = [call.peer for call in failing(scene, ref) if call.sure]
        vague = [] if ref in own or not complains(scene, ref) else [link.target for link in scene.uses(ref)]
        lost = [link.target for link in scene.uses(ref) if link.target in own and _lost(scene, ref, link.target)]
        told = [] if ref in own else [link.target for link in scene.links if _handed_on(scene, ref, link)]
        more = [peer for peer in (*named, *vague, *lost, *told) if peer is not None and peer != ref]
        blamed.setdefault(ref, []).extend(more)
    return ((ref, tuple(dict.fromkeys(origins))) for ref, origins in blamed.items() if origins)


def _handed_on(scene: Scene, ref: Ref, link: Link) -> bool:
    """The same that the server itself says now: it is the server that met it. Of one that is only on the same network
    the words must be the same, with what they name."""
    if link.source != ref or link.target is None:
        return False
    pairs = product(scene.current(ref, *HANDED_ON), scene.current(link.target, *HANDED_ON))
    return any(mine.kind == its.kind and (not link.weak or _quoted(mine.text, its.text)) for mine, its in pairs)


def _quoted(mine: str, its: str) -> bool:
    """So long a piece of the one line is in the other that it is no chance, a name in it."""
    one, other = mine.replace('\\"', '"'), its.replace('\\"', '"')
    same = SequenceMatcher(None, one, other, autojunk=False).find_longest_match()
    piece = one[same.a : same.a + same.size]
    return same.size >= QUOTED and re.search(r"\w/\w|['\"]\w+['\"]", piece) is not None


def _lost(scene: Scene, ref: Ref, origin: Ref) -> bool:
    """The origin ends and begins again and again, and within a minute `ref` said that it lost it, or found it gone:
    that it has it back for the moment is no end of that."""
    if not (scene.relapsing(origin) or scene.text(origin, "state") == "restarting"):
        return False
    return any(
        item.at is not None
        and scene.now - item.at <= ONGOING_S
        and (not item.values.get("host") or scene.called(ref, item.values["host"]) == origin)
        for item in scene.signals(ref, *LOST)
    )


def complains(scene: Scene, ref: Ref) -> bool:
    """Something is plainly wrong with it, or it says so now."""
    return bool(scene.current(ref, *COMPLAINTS)) or any(True for _ in symptoms(scene, ref))


def _behind(ref: Ref, edges: Edges) -> set[Ref]:
    """Everyone that `ref` suffers from, directly or through another."""
    seen, todo = set[Ref](), list(edges.get(ref, ()))
    while todo:
        origin = todo.pop()
        if origin not in seen and origin != ref:
            seen.add(origin)
            todo += edges.get(origin, ())
    return seen


def _sufferers(origin: Ref, edges: Edges) -> tuple[Ref, ...]:
    return tuple(ref for ref in edges if ref != origin and origin in _behind(ref, edges))
