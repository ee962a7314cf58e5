"""`dataclass` with slots, as the standard library's, declared at a tenth of the price.

The library compiles six functions for every class, 1–2 ms each time, and a cold command declares 140 of them: a quarter
of what it costs. Here what can be shared is shared, and `__init__` is compiled when the first instance is made.
`fields`, `replace`, `asdict`, `field` and `__post_init__` are the library's own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, slots: bool, frozen: bool = False, order: bool = False) -> Callable[[type], type]:
        """As `dataclasses.dataclass`; `slots` must be true."""
        assert slots, "without slots, take the standard library's"
        return lambda cls: _declared(cls, frozen, order)


def _declared(cls: type, frozen: bool, order: bool) -> type:
    own = set(vars(cls))
    cls.__doc__ = cls.__doc__ or cls.__name__  # else the library writes the signature there, which takes a while
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    given: dict[str, Any] = {"__init__": _first_init(made), "__repr__": _repr, **_comparing(made, frozen, order)}
    if frozen:
        given |= {"__setattr__": _frozen, "__delattr__": _frozen, "__getstate__": _state, "__setstate__": _restore}
    for name, function in given.items():
        if name not in own:
            setattr(made, name, function)
    return made  # type: ignore[no-any-return]


def _comparing(made: type, frozen: bool, order: bool) -> dict[str, Any]:
    names = [item.name for item in fields(made) if item.compare]
    if len(names) > 1:
        values: Callable[[Any], Any] = attrgetter(*names)
    else:
        values = lambda item: tuple(getattr(item, name) for name in names)  # noqa: E731

    def equal(self: Any, other: Any) -> Any:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    given: dict[str, Any] = {"__eq__": equal, "__hash__": (lambda self: hash(values(self))) if frozen else None}
    if order:
        given |= {
            "__lt__": lambda self, other: values(self) < values(other) if _alike(self, other) else NotImplemented,
            "__le__": lambda self, other: values(self) <= values(other) if _alike(self, other) else NotImplemented,
            "__gt__": lambda self, other: values(self) > values(other) if _alike(self, other) else NotImplemented,
            "__ge__": lambda self, other: values(self) >= values(other) if _alike(self, other) else NotImplemented,
        }
    return given


def _alike(one: Any, other: Any) -> bool:
    return other.__class__ is one.__class__


def _first_init(made: Any) -> Callable[..., None]:
    def __init__(self: Any, *given: Any, **named: Any) -> None:
        made.__init__ = _init(made)
        made.__init__(self, *given, **named)

    return __init__


def _init(made: type) -> Callable[..., None]:
    """What the library would compile; slots are set through their descriptors, so that a frozen class lets itself."""
    scope: dict[str, Any] = {"_MISSING": MISSING}
    heads = {False: ["self"], True: list[str]()}
    lines = []
    for item in fields(made):
        scope[f"_set_{item.name}"] = _slot(made, item.name)
        head, value = _argument(item, scope)
        heads[bool(item.kw_only)] += head
        lines += [f" _set_{item.name}(self, {value})"] if value else []
    if hasattr(made, "__post_init__"):
        lines.append(" self.__post_init__()")
    arguments = ", ".join([*heads[False], *(["*", *heads[True]] if heads[True] else [])])
    exec(f"def __init__({arguments}):\n" + "\n".join(lines or [" pass"]), scope)
    scope["__init__"].__qualname__ = f"{made.__qualname__}.__init__"
    made_init: Callable[..., None] = scope["__init__"]
    return made_init


def _slot(made: type, name: str) -> Any:
    descriptor = next(vars(base)[name] for base in made.__mro__ if name in vars(base))
    return descriptor.__set__


def _argument(item: Field[Any], scope: dict[str, Any]) -> tuple[Iterable[str], str]:
    """How it stands in the head of `__init__`, and what is stored for it."""
    name = item.name
    if item.default_factory is not MISSING:
        scope[f"_make_{name}"] = item.default_factory
        made = f"_make_{name}()"
        return ([f"{name}=_MISSING"], f"{made} if {name} is _MISSING else {name}") if item.init else ((), made)
    if item.default is not MISSING:
        scope[f"_default_{name}"] = item.default
        return ([f"{name}=_default_{name}"], name) if item.init else ((), f"_default_{name}")
    return ([name], name) if item.init else ((), "")


def _repr(self: Any) -> str:
    told = (f"{item.name}={getattr(self, item.name)!r}" for item in fields(self) if item.repr)
    return f"{self.__class__.__qualname__}({', '.join(told)})"


def _frozen(self: Any, name: str, *_: Any) -> NoReturn:
    raise FrozenInstanceError(f"cannot change field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, item.name) for item in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for item, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, item.name, value)
