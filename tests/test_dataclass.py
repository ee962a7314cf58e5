"""Our `dataclass` against the standard library's: the same classes, declared by both, behave alike."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from typing import Any, ClassVar

import pytest

from ergon_ops.dataclass import dataclass

Declare = Callable[..., Any]


def both(**options: bool) -> Iterator[Any]:
    for declare in (dataclasses.dataclass, dataclass):
        yield shaped(declare, **options)


def shaped(declare: Declare, **options: bool) -> Any:
    class Point:
        kinds: ClassVar[int] = 2
        x: int
        y: float = 1.5
        tags: list[str] = field(default_factory=list, compare=False)
        secret: str = field(default="s", repr=False)
        far: bool = field(init=False, default=False)
        later: int = field(default=0, kw_only=True)

        def __post_init__(self) -> None:
            object.__setattr__(self, "far", self.x > 10)

    return declare(slots=True, **options)(Point)


@pytest.mark.parametrize("frozen", [True, False])
def test_made_compared_and_told_alike(frozen: bool) -> None:
    theirs, ours = both(frozen=frozen)
    for given, named in (((1,), {}), ((11, 2.0), {"later": 3}), ((1, 1.5, ["a"]), {"secret": "t"})):
        one, two = theirs(*given, **named), ours(*given, **named)
        assert asdict(one) == asdict(two)
        assert repr(one) == repr(two)
        assert two == ours(*given, **named)
        assert two != one
    assert (ours(1) == ours(2)) is (theirs(1) == theirs(2)) is False
    assert ours(1, 1.5, ["a"]) == ours(1, 1.5, ["b"])
    assert ours(1).tags is not ours(1).tags
    assert [item.name for item in fields(ours)] == [item.name for item in fields(theirs)]
    assert ours.__match_args__ == theirs.__match_args__
    assert ours.__slots__ == theirs.__slots__
    assert asdict(replace(ours(1, later=4), x=12)) == asdict(replace(theirs(1, later=4), x=12))


def test_frozen_is_frozen_and_hashes() -> None:
    theirs, ours = both(frozen=True)
    made = ours(1)
    assert hash(made) == hash(ours(1, tags=["x"]))
    assert len({made, ours(1), ours(2)}) == 2
    for declared in (theirs, ours):
        with pytest.raises(FrozenInstanceError):
            declared(1).x = 2
        with pytest.raises(FrozenInstanceError):
            del declared(1).x
    assert copy.copy(made) == copy.deepcopy(made) == made


def test_one_that_may_change_has_no_hash() -> None:
    for declared in both():
        made = declared(1)
        made.x = 2
        assert made.x == 2
        with pytest.raises(TypeError):
            hash(made)
        with pytest.raises(AttributeError):
            made.other = 1


@pytest.mark.parametrize("given", [((), {}), ((1, 2.0, [], "s", True, 6), {}), ((1,), {"z": 1}), ((1,), {"x": 1})])
def test_wrong_arguments_are_refused_alike(given: tuple[Any, dict[str, Any]]) -> None:
    for declared in both(frozen=True):
        for _ in range(2):  # the first call is another function than the second
            with pytest.raises(TypeError):
                declared(*given[0], **given[1])


def test_order_and_inheritance() -> None:
    def family(declare: Declare) -> tuple[Any, Any]:
        class Pair:
            a: int
            b: int = 0

        parent = declare(frozen=True, slots=True, order=True)(Pair)

        class Child(parent):  # type: ignore[misc, valid-type]
            c: str = "c"

        return parent, declare(frozen=True, slots=True, order=True)(Child)

    for declare in (dataclasses.dataclass, dataclass):
        parent, child = family(declare)
        assert sorted([parent(2), parent(1, 5), parent(1)]) == [parent(1), parent(1, 5), parent(2)]
        assert parent(1) <= parent(1)
        assert parent(2) >= parent(1)
        assert not parent(1) > parent(1)
        assert child(1, 2) < child(1, 2, "d")
        assert child(1).b == 0
        assert child(1) != parent(1)
        with pytest.raises(TypeError):
            parent(1) < child(1)  # noqa: B015


@dataclass(frozen=True, slots=True)
class Stored:
    name: str
    sizes: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"<{self.name}>"


def test_what_a_class_says_itself_stays_and_it_can_be_pickled() -> None:
    made = Stored("a", (1, 2))
    assert repr(made) == "<a>"
    assert pickle.loads(pickle.dumps(made)) == made
