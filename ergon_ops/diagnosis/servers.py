"""A server and its clients: whose facts speak of it, and whose log complains about it."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.scene import Scene
from ergon_ops.facts import Fact
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref


def servers(scene: Scene, ref: Ref, *names: str) -> tuple[Ref, ...]:
    """`ref` itself and those it uses, of which one of these facts was read."""
    near = (ref, *(link.target for link in scene.uses(ref) if link.target is not None))
    return tuple(item for item in dict.fromkeys(near) if any(scene.all(item, name) for name in names))


def refused(scene: Scene, server: Ref, program: str, *codes: str) -> Fact | None:
    """Why its service could not be asked, if it is one of these reasons."""
    fact = scene.get(server, "probe_refused", program)
    return fact if fact is not None and any(code in str(fact.value) for code in codes) else None


def complaints(scene: Scene, server: Ref, *kinds: str) -> tuple[tuple[Ref, Signal], ...]:
    """Who says so now of those that use the server, and it of itself; the newest line of each."""
    who = dict.fromkeys((server, *scene.users(server)))
    found = ((ref, next(iter(scene.current(ref, *kinds)), None)) for ref in who)
    return tuple((ref, signal) for ref, signal in found if signal is not None)


def victims(server: Ref, told: tuple[tuple[Ref, Signal], ...]) -> tuple[Ref, ...]:
    return tuple(ref for ref, _ in told if ref != server)


def concerned(server: Ref, ref: Ref, told: tuple[tuple[Ref, Signal], ...]) -> bool:
    """Whether the one that was asked about is the server, or complains about it."""
    return ref == server or any(who == ref for who, _ in told)


def target(scene: Scene, ref: Ref, program: str, fact: str) -> Ref | None:
    """The server of that program which `ref` calls: one that told `fact` of itself, or refused to be asked."""
    for link in scene.uses(ref):
        peer = link.target
        if peer is None:
            continue
        if (
            scene.all(peer, fact)
            or scene.get(peer, "probe_refused", program) is not None
            or _serves(scene, peer, program)
        ):
            return peer
    return None


def _serves(scene: Scene, peer: Ref, program: str) -> bool:
    return any(row.key.partition(":")[0] == program for row in scene.all(peer, "serving"))


def present(*facts: Fact | None) -> tuple[Fact, ...]:
    """Those that were read, and are not null."""
    return tuple(fact for fact in facts if fact is not None and fact.value is not None)


def ending(scene: Scene, ref: Ref) -> Iterator[Fact]:
    """How it ended, for evidence: its exit code, or that it is restarted again and again."""
    code, count = scene.get(ref, "exit_code"), scene.get(ref, "restart_count")
    if code is not None and code.value:
        yield code
    if count is not None and count.value:
        yield count


def exit_code(scene: Scene, ref: Ref) -> int | None:
    """Of the run that ended, by the state or by the last `die`."""
    code = scene.value(ref, "exit_code")
    if isinstance(code, int):
        return code
    died = scene.events(ref, "die")
    word = died[-1].details.get("exit_code", "") if died else ""
    return int(word) if word.isdigit() else None
