"""What a kind of change must be able to do: be prepared, done, recognised and undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Reads, Writes
from ergon_ops.facts import Group, Value
from ergon_ops.proposals import Intent

Arrival = Literal["old", "new", "half"]


class Case(Protocol):
    """One change at work. `facts` is what was written down about it so far."""

    @property
    def intent(self) -> Intent: ...
    @property
    def change_id(self) -> str: ...
    @property
    def container_id(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...
    @property
    def reads(self) -> Reads: ...
    @property
    def hands(self) -> Writes: ...
    @property
    def clock(self) -> Callable[[], float]: ...
    @property
    def sleep(self) -> Callable[[float], Awaitable[None]]: ...
    def note(self, text: str, facts: Mapping[str, Any] | None = None) -> None:
        """One more journal row, written before a further call to the engine."""
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """`doing` and `done` begin a sentence about the change, `undone` one about its rollback."""

    doing: str
    done: str
    undone: str


class Deed(Protocol):
    """`reversible` false: what it did cannot be taken back. `state` is what the container must be in afterwards ("" =
    as it was, `any` = that does not tell), `fresh` that a new run of it must begin. `slow`: the engine may still carry
    out a call whose caller is gone, for as long as the container takes to stop."""

    @property
    def state(self) -> str: ...
    @property
    def fresh(self) -> bool: ...
    @property
    def slow(self) -> bool: ...
    def reversible(self, intent: Intent) -> bool: ...
    def words(self, case: Case) -> Words: ...
    async def prepare(self, case: Case) -> Mapping[str, Any]:
        """What undoing it will need, without secrets. Raises PolicyRefused where it must not or cannot be done."""
        ...

    async def apply(self, case: Case) -> None: ...
    async def arrived(self, case: Case) -> Arrival:
        """Which state the engine shows. Raises NoSuchContainer when it is gone."""
        ...

    async def undo(self, case: Case) -> None:
        """The former state; begun again after a death it goes on."""
        ...


async def values_of(case: Case, *groups: Group) -> dict[str, Value]:
    """The readings without a key, by name."""
    found = await case.reads.read(case.intent.target, groups)
    return {item.name: item.value for item in found if not item.key}


def was_active(case: Case) -> bool:
    before = case.facts.get("before") or {}
    return before.get("state") in ("running", "restarting", "paused")


async def wake(case: Case, container_id: str) -> None:
    """It ran before: if it does not now, what we did ended it."""
    now = await case.hands.standing(container_id)
    if now is not None and not now.active and was_active(case):
        case.note(f"starting {now.name}, which ran before")
        await case.hands.start(container_id)
