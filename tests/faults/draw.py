"""Everything in a scenario that a rule could learn by heart is drawn: names, ports, keys, sizes, codes, words."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
MIB = 2**20

# Of no use to anybody who guesses: nothing here is a program, a role or a state.
FIRST = (
    "amber", "birch", "cobalt", "dune", "elm", "fjord", "garnet", "hazel", "indigo", "juniper", "kelp", "larch",
    "maple", "nectar", "opal", "pewter", "quartz", "russet", "sage", "teal", "umber", "violet", "willow", "zinc",
)  # fmt: skip
SECOND = (
    "badger", "crane", "dipper", "egret", "falcon", "gecko", "heron", "ibis", "jackal", "kestrel", "lynx", "marten",
    "newt", "otter", "plover", "quail", "raven", "shrew", "tapir", "urchin", "vole", "wren", "yak", "zebra",
)  # fmt: skip
TOPICS = (
    "LEDGER", "CATALOG", "INVOICE", "BASKET", "PROFILE", "REPORT", "TARIFF", "SEARCH", "DIGEST", "ROUTE", "STOCK",
    "TICKET", "GALLERY", "WEATHER", "LESSON", "RECIPE",
)  # fmt: skip
TAKEN_PORTS = frozenset({3306, 5432, 6379, 8086, 9200, 11211, 27017})


@dataclass(slots=True)
class Draw:
    """One scenario's dice. `secrets` are the values that no output may hold; names and ports of the host differ from
    run to run, since two runs with one seed may share an engine."""

    seed: str
    run: str = ""
    secrets: list[str] = field(default_factory=list)
    _random: random.Random = field(init=False)
    _run_random: random.Random = field(init=False)
    _used: set[object] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._run_random = random.Random(f"{self.seed} {self.run}")

    def pick(self, *items: T) -> T:
        return self._random.choice(items)

    def between(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def name(self) -> str:
        """A container's, a network's or a volume's name."""
        dice = self._run_random
        return self._fresh(lambda: f"{dice.choice(FIRST)}-{dice.choice(SECOND)}-{self._tail(5, dice)}")

    def word(self) -> str:
        return self._fresh(lambda: f"{self.pick(*SECOND)}{self._tail(3)}")

    def port(self) -> int:
        """Unprivileged, and no program's usual one."""
        return self._fresh(lambda: self._random.choice([n for n in range(3001, 9999) if n not in TAKEN_PORTS]))

    def host_port(self) -> int:
        """Free on this host a moment ago."""
        while True:
            port = self._fresh(lambda: self._run_random.randint(20_000, 31_999))
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) != 0:
                    return port

    def exit_code(self) -> int:
        return self._random.choice([n for n in range(1, 90) if n not in (1, 2)])

    def env_key(self, *suffixes: str) -> str:
        return self._fresh(lambda: f"{self.pick(*TOPICS)}_{self.pick(*(suffixes or ('URL', 'BUCKET', 'REGION')))}")

    def folder(self) -> str:
        return self._fresh(lambda: f"/{self.pick('srv', 'data', 'opt', 'var/lib')}/{self.word()}")

    def secret(self) -> str:
        """A value that must not be seen again."""
        value = f"{self._tail(6)}Q{self._tail(12)}x"
        self.secrets.append(value)
        return value

    def mib(self, low: int, high: int) -> int:
        """A size in bytes, whole MiB."""
        return self.between(low, high) * MIB

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        return self._random.sample(list(items), count)

    def _tail(self, length: int, dice: random.Random | None = None) -> str:
        return "".join((dice or self._random).choice("bcdfghjkmnpqrstvwxz23456789") for _ in range(length))

    def _fresh(self, make: Callable[[], T]) -> T:
        while (made := make()) in self._used:
            pass
        self._used.add(made)
        return made
