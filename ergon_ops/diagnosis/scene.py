"""What a rule looks at: the facts about everyone that were read, and who uses whom. Pure: nothing is read here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from ergon_ops.dataclass import dataclass
from ergon_ops.events import epoch
from ergon_ops.facts import Fact, Ledger, Value
from ergon_ops.logtemplates.signals import Signal, parse
from ergon_ops.refs import Ref
from ergon_ops.topology import Link

ONGOING_S = 60.0
ASKED = (130, 143)  # ended by SIGINT or SIGTERM: somebody's wish
WORDS = ("count", "at", "first", "after", "apart")
OVER_LINES, OVER_S, OVER_PAUSES = 3, 2.0, 4.0
LONG_OVER_LINES, LONG_OVER_PAUSES = 10, 8
BURST_S = 1.5
SHORT_S = 15.0  # of a run: one that works for longer may be meant to end and begin anew
SETTLED_S = 3.0  # a younger one may not listen, or have said a word, yet


@dataclass(frozen=True, slots=True)
class Happening:
    """One engine event: `action` is `die`, `oom`, `kill`, `start` …; `details`: its `exit_code`, `signal`, `health`."""

    at: str
    action: str
    details: Mapping[str, str]
    fact: Fact


@dataclass(frozen=True, slots=True)
class Scene:
    """`links`: who uses whom, of every container looked at. `peers`: who could be reached, the one asked about among
    them, near ones first; their facts are in the ledger as far as a rule's `peers` asked for them. `now` is the time of
    the reading side's clock."""

    ledger: Ledger
    now: float = 0.0
    links: tuple[Link, ...] = ()
    peers: tuple[Ref, ...] = ()
    ids: Mapping[Ref, str] = field(default_factory=dict)

    def get(self, about: Ref, name: str, key: str = "") -> Fact | None:
        return self.ledger.get(about, name, key)

    def all(self, about: Ref, name: str) -> tuple[Fact, ...]:
        return self.ledger.all(about, name)

    def value(self, about: Ref, name: str, key: str = "") -> Value:
        return self.ledger.value(about, name, key)

    def number(self, about: Ref, name: str, key: str = "") -> float | None:
        return self.ledger.number(about, name, key)

    def text(self, about: Ref, name: str, key: str = "") -> str:
        return self.ledger.text(about, name, key)

    def flag(self, about: Ref, name: str) -> bool:
        return self.ledger.value(about, name) is True

    def known(self, about: Ref, *names: str) -> bool:
        """Whether all of these were read, be it as `null`."""
        return all(self.ledger.all(about, name) for name in names)

    # -- state

    def running(self, ref: Ref) -> bool:
        return self.text(ref, "state") == "running"

    def alive(self, ref: Ref) -> bool:
        """It has processes: running, or paused."""
        return self.text(ref, "state") in ("running", "paused")

    def ended(self, ref: Ref) -> bool:
        """It ran and is down, or is between two runs of a loop."""
        return self.text(ref, "state") in ("exited", "dead", "restarting")

    def well(self, ref: Ref) -> bool:
        """Running, and its healthcheck, if it has one, passes."""
        return self.running(ref) and self.text(ref, "health") in ("healthy", "none", "")

    def troubled(self, ref: Ref) -> bool:
        """Something outside the log says that it is not well: only then do old lines of the log explain anything."""
        failed = self.ended(ref) and self.number(ref, "exit_code") != 0 and not self.dismissed(ref)
        never = self.text(ref, "state") == "created" and self.get(ref, "start_error") is not None
        down = any(row.value == "down" for row in self.all(ref, "serving"))
        return failed or never or down or self.text(ref, "health") == "unhealthy" or self.relapsing(ref)

    def relapsing(self, ref: Ref) -> bool:
        """Up for moments, and not for the second time only: between two crashes of a loop it looks like any other, and
        one that was restarted once may well be over it."""
        up, count = self.number(ref, "uptime"), self.number(ref, "restart_count")
        return self.running(ref) and (count or 0) >= 2 and up is not None and up < SHORT_S and not self.anew(ref)

    def anew(self, ref: Ref) -> bool:
        """Its last run did its work for a while and ended well: its policy is meant to begin it anew. Where the engine
        has forgotten how it ended, its runs have taken so long on the whole."""
        ends = self.events(ref, "start", "die")
        dies = [place for place, item in enumerate(ends) if item.action == "die"]
        code = ends[dies[-1]].details.get("exit_code") if dies else self.text(ref, "exit_code")
        if code != "0":
            return False
        if dies and dies[-1] and ends[dies[-1] - 1].action == "start":
            return epoch(ends[dies[-1]].at) - epoch(ends[dies[-1] - 1].at) >= SHORT_S
        made, ended = self.number(ref, "created_at"), self.number(ref, "finished_at")
        runs = self.number(ref, "restart_count")
        return bool(made and ended and runs and (ended - made) / runs >= SHORT_S)

    def dismissed(self, ref: Ref) -> bool:
        """It was told to end and did: what it exited with then is no fault. Killed in the end is another matter."""
        code = self.number(ref, "exit_code")
        if self.text(ref, "state") != "exited" or code == 137:
            return False
        ends = [item.action for item in self.events(ref, "start", "die", "kill", "stop")]
        last = ends[len(ends) - ends[::-1].index("start") :] if "start" in ends else ends
        return code in ASKED or last[-2:] == ["die", "stop"]

    # -- events and logs

    def events(self, ref: Ref, *actions: str) -> tuple[Happening, ...]:
        """Oldest first, of these actions only if any are named. Those of a former life are among them."""
        found = []
        for fact in sorted(self.all(ref, "event"), key=lambda item: item.key):
            action, *words = str(fact.value).split(" ")
            if not actions or action in actions:
                found.append(Happening(fact.key, action, dict(zip(words[::2], words[1::2], strict=False)), fact))
        return tuple(found)

    def signals(self, ref: Ref, *kinds: str) -> tuple[Signal, ...]:
        """What lines of the log say that are known to mean something, newest first; see `logtemplates/signals.py`."""
        found = []
        for fact in self.all(ref, "log_signal"):
            kind, values = parse(fact.key)
            if not kinds or kind in kinds:
                told = (self.number(ref, f"log_signal_{word}", fact.key) for word in WORDS)
                count, at, first, after, apart = told
                lines = int(after or 0), int(apart or 0)
                found.append(Signal(kind, values, str(fact.value), int(count or 1), at, fact, first, *lines))
        return tuple(sorted(found, key=lambda item: -(item.at or 0.0)))

    def ongoing(self, ref: Ref, signal: Signal) -> bool:
        """Said within the last minute while it runs, and not over; or anything said in the run that ended."""
        if not self.alive(ref) or self.relapsing(ref):
            return True
        return signal.at is not None and self.now - signal.at <= ONGOING_S and not self.over(signal)

    def over(self, signal: Signal) -> bool:
        """It was said again and again, and the log went on without it for far longer than it ever paused, in time or
        in lines (a request that times out keeps those behind it waiting, one that is answered does not), up to when it
        was read: what came of it while a diagnosis took its time nobody has seen. Of one burst nobody knows yet how
        long the next is in coming; of several the mean is no pause, but the lines between them are."""
        if signal.at is None or signal.after < OVER_LINES or signal.after < signal.apart:
            return False
        lasted = signal.at - (signal.first or signal.at)
        burst = signal.count > OVER_LINES and lasted < BURST_S
        pause = max(lasted / max(1, signal.count - 1), BURST_S if burst else 0.0)
        silent_s = signal.fact.reading.at - signal.at
        long = signal.apart > 0 and signal.after >= max(LONG_OVER_LINES, LONG_OVER_PAUSES * signal.apart)
        return silent_s > OVER_S + OVER_PAUSES * pause or (silent_s > OVER_S and long and not burst)

    def current(self, ref: Ref, *kinds: str) -> tuple[Signal, ...]:
        """Those signals that may explain what is now: of a container that is not well, or said within a minute."""
        return tuple(item for item in self.signals(ref, *kinds) if self.troubled(ref) or self.ongoing(ref, item))

    # -- who is near

    def uses(self, ref: Ref) -> Iterator[Link]:
        """What it needs, strongest evidence first; mere neighbours on a network are not among them."""
        return (link for link in self.links if link.source == ref and not link.weak)

    def users(self, ref: Ref) -> tuple[Ref, ...]:
        """Whom it would hurt if this one failed."""
        return tuple(dict.fromkeys(link.source for link in self.links if link.target == ref and not link.weak))

    def incoming(self, ref: Ref) -> bool:
        """Somebody is connected to it now."""
        return bool(self.all(ref, "client"))

    def called(self, ref: Ref, host: str) -> Ref | None:
        """The container that `ref` means by a host name or an address: by its links, then by name, alias, address."""
        word = host.lower().rstrip(".")
        for link in self.uses(ref):
            if link.target is not None and link.target_name.lower() == word:
                return link.target
        mine = {fact.key for fact in self.all(ref, "network")}
        found = [peer for peer in self.peers if peer != ref and word in self.names(peer)]
        near = [peer for peer in found if mine & {fact.key for fact in self.all(peer, "network")}]
        return next(iter(near or found), None)

    def names(self, ref: Ref) -> frozenset[str]:
        """What others may call it: name, service, aliases, short id, addresses."""
        said = [ref.name, self.text(ref, "service"), self.text(ref, "id")[:12]]
        said += [str(fact.value) for name in ("alias", "network") for fact in self.all(ref, name)]
        return frozenset(word.lower() for word in said if word and word != "None")
