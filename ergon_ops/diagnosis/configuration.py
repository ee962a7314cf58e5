"""Configuration: variables that are missing or lead to the wrong place, and clocks that disagree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.diagnosis.calls import Call, failing, listeners, seen
from ergon_ops.diagnosis.dependencies import NEEDS, PEERS, misdirected
from ergon_ops.diagnosis.lives import code_in, failure
from ergon_ops.diagnosis.names import nearest
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.sayings import last_words
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import ending, present
from ergon_ops.facts import Fact
from ergon_ops.loglevels import level_of
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

# A program that goes on without it says so.
DOES_WITHOUT = re.compile(
    r"default|fall(?:ing)? ?back|disabl|skipp|ignor|optional|using|instead|without|\bwarn|\bno-op|assum", re.I
)
FATAL = re.compile(
    r"fatal|critical|(?:error|exception|crash)s?(?![ -](?:report|track|monitor|log|collect|handl|notif|page|alert))"
    r"|panic|required|\bmust\b|abort|exit|cannot start|not start",
    re.I,
)
MILD = ("debug", "info", "warning")
GAVE_UP = ("exception", "panic", "traceback", "config_bad", "file_missing", "python_module", "node_module")
PLACES = re.compile(
    r"(?:^|_)(?:HOST|HOSTNAME|SERVER|ADDR|ADDRESS|ENDPOINT|BROKERS?|UPSTREAM|BACKEND|UR[LI]|DSN)S?$", re.I
)
AT_ONCE_S = 2.0  # so long after one another the workers of one program say the same
ABORTED = 134  # by itself: .NET and C++ end so of an error that nobody caught
SIGNALLED = frozenset(range(129, 166)) - {ABORTED}  # 128 + a signal: ended by somebody, not by itself
HOUR_S = 3600.0
NO_PORT = "no port: "
TOO_HIGH = 65_536
TRACE = 40  # lines that may follow what a program says of its end
CONFIG_BAD = ("config_bad", "nginx_config_bad", "haproxy_config_bad", "redis_config_bad", "pg_config_bad")
OFTEN = 3


@rule("env_missing", severity="critical", needs=("state", "config", "signals", "services"), details=("env_key",),
      tier="T1", over=("crash_loop", "restart_policy_absent", "segfault", "config_invalid"),
      fixes=("recreate",))  # fmt: skip
def env_missing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The program asks for an environment variable that the container does not have, or has only empty."""
    if not scene.known(ref, "command"):
        return
    for signal in scene.current(ref, "env_missing"):
        key = signal.values.get("env_key", "")
        empty, present = scene.get(ref, "env_empty", key), scene.get(ref, "env_key", key)
        if not key or (present is not None and empty is None) or not _matters(scene, ref, signal):
            continue
        told = [scene.get(ref, name) for name in ("exit_code", "health", "command")]
        second = [fact for fact in (empty, *told) if fact is not None and fact.value not in (None, "none")]
        how = "is set to nothing" if empty is not None else "is not set"
        code = scene.number(ref, "exit_code")
        yield Conclusion(
            summary=f"The environment variable {key} {how}, and the program needs it.",
            evidence=(signal.fact, *second),
            details={"env_key": key, **({"exit_code": int(code)} if code is not None else {})},
        )


def _matters(scene: Scene, ref: Ref, signal: Signal) -> bool:
    """Of one that ended by itself, or is not well; of one that is, where it complains again and again. What it says it
    goes on without is no cause of either, nor what it only mentions before it gives up over something else; nor is
    what it had got over when a signal ended it."""
    mild = level_of(signal.text) in MILD
    goes_on = DOES_WITHOUT.search(signal.text) is not None
    if _signalled(scene, ref) or (goes_on and FATAL.search(signal.text) is None):
        return False
    if (mild or goes_on) and _went_on(scene, ref, signal):
        return False
    lasts = (signal.at or 0.0) - (signal.first or signal.at or 0.0) > AT_ONCE_S
    return scene.troubled(ref) or (signal.count > 1 and lasts and not goes_on)


def _went_on(scene: Scene, ref: Ref, signal: Signal) -> bool:
    """Something else, that does not speak of the variable, is what it says at the end."""
    key = signal.values.get("env_key", "")
    ends = (item for item in scene.signals(ref, *GAVE_UP) if item.after < signal.after)
    return scene.troubled(ref) and any(key.lower() not in item.text.lower() for item in ends)


def _signalled(scene: Scene, ref: Ref) -> bool:
    code = failure(scene, ref)
    return code is not None and code_in(code) in SIGNALLED


@rule("env_wrong_value", severity="critical", needs=NEEDS, peers=PEERS, details=("env_key",), tier="T2",
      over=("dependency_refusing", "unknown_host", "crash_loop"), fixes=("recreate",))  # fmt: skip
def env_wrong_value(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A variable leads to a port or a host that does not fit: the peer listens elsewhere, or the name is nearly one's.

    A refused call alone blames the peer; its table of listeners, or its name, shows that the variable is wrong.
    """
    for call in failing(scene, ref, "refused", "timed_out", "unreachable"):
        found = _wrong_port(scene, ref, call) or _own_loopback(scene, ref, call)
        if found is not None:
            yield found
    for call in failing(scene, ref, "dns_failed"):
        near = nearest(scene, ref, call.host) if call.peer is None and call.sure and "." not in call.host else None
        source = call.source
        if near is None or source is None or source.name != "env_host":
            continue
        state = scene.get(near, "state")
        yield Conclusion(
            summary=f"{source.key} names the host {call.host}, which nobody here is; {near.short} is meant.",
            evidence=(source, call.fact, *((state,) if state else ())),
            details={"env_key": source.key, "value": source.value, "host": call.host, "expected": near.short,
                     "peer": near.short},
        )  # fmt: skip
    yield from _odd_value(scene, ref)
    yield from _no_port(scene, ref)
    yield from _refused_by_program(scene, ref)


def _wrong_port(scene: Scene, ref: Ref, call: Call) -> Conclusion | None:
    wrong, peer = misdirected(scene, ref, call), call.peer
    if wrong is None or peer is None:
        return None
    source, port = wrong
    listener = listeners(scene, peer, port)[0]
    return Conclusion(
        summary=f"{source.key} leads to port {call.port} of {peer.short}, which listens on port {port} instead.",
        evidence=(source, call.fact, listener.fact),
        details={"env_key": source.key, "value": f"{call.host}:{call.port}", "port": call.port, "expected": port,
                 "peer": peer.short},
    )  # fmt: skip


def _own_loopback(scene: Scene, ref: Ref, call: Call) -> Conclusion | None:
    """`localhost` in a container is the container itself: somebody else's port is not there."""
    source = call.source
    if not call.loopback or call.port is None or source is None or source.name != "env_host":
        return None
    if seen(scene, ref) is None or listeners(scene, ref, call.port):
        return None
    for peer in scene.peers:
        found = listeners(scene, peer, call.port)
        if found and not found[0].loopback and scene.running(peer):
            return Conclusion(
                summary=f"{source.key} leads to port {call.port} of {call.host}, which in a container is itself;"
                f" {peer.short} listens on that port.",
                evidence=(source, call.fact, found[0].fact),
                details={"env_key": source.key, "value": source.value, "port": call.port, "expected": peer.short,
                         "peer": peer.short},
            )  # fmt: skip
    return None


def _odd_value(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A host is not found, and a variable for one has something around it that an env file left there."""
    said = next(iter(scene.current(ref, "dns_failed", "unreachable")), None)
    if said is None:
        return
    for fact in scene.all(ref, "env_odd"):
        if PLACES.search(fact.key):
            where = (
                "in it, that nobody filled" if fact.value == "a placeholder" else "around it, as an env file leaves it"
            )
            yield Conclusion(
                summary=f"The value of {fact.key} has {fact.value} {where}: no host is found under it.",
                evidence=(fact, said.fact),
                details={"env_key": fact.key, "value": str(fact.value)},
            )


def _no_port(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The program says that a port is none, and a variable has such a number."""
    for signal, fact in _out_of_range(scene, ref):
        number = str(fact.value).removeprefix(NO_PORT) if fact is not None else ""
        if fact is not None:
            yield Conclusion(
                summary=f"{fact.key} has {number} for a port, and the highest is 65535: the program cannot use it.",
                evidence=(signal.fact, fact, *present(scene.get(ref, "exit_code"))),
                details={"env_key": fact.key, "value": number},
            )


def _out_of_range(scene: Scene, ref: Ref) -> Iterator[tuple[Signal, Fact | None]]:
    """What the program says of a port that is none, and the variable that has it; None where none has that number."""
    odd = [fact for fact in scene.all(ref, "env_odd") if str(fact.value).startswith(NO_PORT)]
    for signal in scene.current(ref, "port_invalid")[:1]:
        port = signal.values.get("port", "")
        fits = [fact for fact in odd if port in ("", str(fact.value).removeprefix(NO_PORT))]
        last = signal.after <= TRACE and last_words(scene, ref, signal)
        if (scene.troubled(ref) and last) or (not scene.troubled(ref) and signal.count >= OFTEN):
            yield signal, next(iter(fits), None)


@rule("port_out_of_range", severity="critical", needs=("state", "config", "signals", "events"), details=("value",),
      tier="T1", over=("crash_loop", "restart_policy_absent"), fixes=("recreate",))  # fmt: skip
def port_out_of_range(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It is told to use a port above 65535, which is none; not by a variable, as far as is known."""
    for signal, fact in _out_of_range(scene, ref):
        port = signal.values.get("port", "")
        if scene.current(ref, *CONFIG_BAD):
            return  # it tells more: which file, which line
        if fact is None and scene.troubled(ref) and not (port.isdigit() and 0 < int(port) < TOO_HIGH):
            yield Conclusion(
                summary=f"It is told to use the port {port}, which is none: the highest is 65535."
                if port
                else "It is told to use a port that is none: the highest is 65535.",
                evidence=(signal.fact, *ending(scene, ref)),
                details={"value": port},
            )


def _refused_by_program(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The program itself says that the value of a variable cannot be used."""
    if not scene.troubled(ref) or _signalled(scene, ref):
        return
    for signal in scene.current(ref, "env_invalid"):
        present = scene.get(ref, "env_key", signal.values.get("env_key", ""))
        code = scene.get(ref, "exit_code")
        if present is not None:
            yield Conclusion(
                summary=f"The program cannot use the value of the environment variable {present.key}.",
                evidence=(signal.fact, present, *((code,) if code else ())),
                details={"env_key": present.key},
            )


@rule("timezone_skew", severity="info", needs=("config", "signals", "state"), details=("value",), tier="T1",
      aside=True, fixes=("recreate",))  # fmt: skip
def timezone_skew(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Times in its log are hours away from the engine's own, and do not say their zone: the container has a TZ.

    Only where TZ is set, and is not UTC: a program may also write other times than now.
    """
    zone, offset = scene.get(ref, "timezone"), scene.number(ref, "log_clock_offset")
    fact = scene.get(ref, "log_clock_offset")
    if zone is None or fact is None or offset is None or abs(offset) < HOUR_S:
        return
    hours = offset / HOUR_S
    ahead = "ahead of" if hours > 0 else "behind"
    yield Conclusion(
        summary=f"Times in its log are {abs(hours):g} h {ahead} the engine's: TZ is {zone.value}, and the lines do not"
        " say so.",
        evidence=(fact, zone),
        details={"value": zone.value, "setting": "TZ", "env_key": "TZ", "count": hours},
    )
