"""Shapes of arguments: each takes one value and gives it back complete, or says in one line what it should be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.redaction import redact_value

NEEDED: Any = ...  # the default of an argument that has none


class Shape(Protocol):
    @property
    def default(self) -> Any: ...
    def check(self, where: str, value: Any) -> Any:
        """`where` names the argument in a refusal. Raises UsageError."""
        ...


def wrong(where: str, value: object, wanted: str) -> UsageError:
    shown = repr(value)
    return UsageError(f"{where} = {shown[:60]}{'…' if len(shown) > 60 else ''} is out of range", next=wanted)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number in these bounds, or one of `also`."""

    low: int
    high: int
    default: Any = NEEDED
    also: tuple[int, ...] = ()

    def check(self, where: str, value: Any) -> int:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not (self.low <= value <= self.high or value in self.also):
            extra = "".join(f", or {item}" for item in self.also)
            raise wrong(where, value, f"a whole number from {self.low} to {self.high}{extra}")
        return int(value)


@dataclass(frozen=True, slots=True)
class Number:
    low: float
    high: float
    default: Any = NEEDED

    def check(self, where: str, value: Any) -> float:
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not self.low <= value <= self.high:
            raise wrong(where, value, f"a number from {self.low:g} to {self.high:g}")
        return value


@dataclass(frozen=True, slots=True)
class Switch:
    default: Any = NEEDED

    def check(self, where: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise wrong(where, value, "true or false")
        return value


@dataclass(frozen=True, slots=True)
class OneOf:
    words: tuple[str, ...]
    default: Any = NEEDED

    def check(self, where: str, value: Any) -> str:
        if value not in self.words:
            raise wrong(where, value, f"one of {', '.join(self.words)}")
        return str(value)


@dataclass(frozen=True, slots=True)
class Word:
    """A text of that pattern; `what` says it in words."""

    pattern: str
    what: str
    default: Any = NEEDED

    def check(self, where: str, value: Any) -> str:
        if not isinstance(value, str) or "\0" in value or not re.fullmatch(self.pattern, value, re.DOTALL):
            raise wrong(where, value, self.what)
        return value


@dataclass(frozen=True, slots=True)
class Scalar:
    """A short text or a number, kept as a text."""

    default: Any = NEEDED

    def check(self, where: str, value: Any) -> str:
        plain = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        if not plain or not 0 < len(str(value)) <= 100:
            raise wrong(where, value, "a text of at most 100 characters, or a number")
        return str(value)


@dataclass(frozen=True, slots=True)
class Many:
    """A list of at most `most`."""

    item: Shape
    most: int = 100
    default: Any = NEEDED
    least: int = 0

    def check(self, where: str, value: Any) -> list[Any]:
        listed = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
        if not listed or not self.least <= len(value) <= self.most:
            raise wrong(where, value, f"a list of {self.least} to {self.most}")
        return [self.item.check(f"{where}[{place}]", item) for place, item in enumerate(value)]


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of these fields; those without a default are needed. Optional ones that are left out stay out."""

    shapes: Mapping[str, Shape]
    default: Any = NEEDED
    least: int = 0

    def check(self, where: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise wrong(where, value, f"an object with {', '.join(self.shapes)}")
        unknown = sorted(set(value) - set(self.shapes), key=str)
        if unknown:
            raise UsageError(f"{where} has no {unknown[0]!r}", next=f"it has: {', '.join(self.shapes)}")
        missing = [name for name, shape in self.shapes.items() if shape.default is NEEDED and name not in value]
        if missing:
            raise UsageError(f"{where} needs {missing[0]!r}", next=f"it has: {', '.join(self.shapes)}")
        if len(value) < self.least:
            raise UsageError(f"{where} is empty", next=f"it has: {', '.join(self.shapes)}")
        return {name: self.shapes[name].check(f"{where}.{name}", item) for name, item in value.items()}


@dataclass(frozen=True, slots=True)
class Environment:
    """Names to values, null to remove. What looks like a secret is refused: proposals are stored and shown."""

    default: Any = None
    most: int = 100
    names: Word = field(default_factory=lambda: Word(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}", "a variable's name"))

    def check(self, where: str, value: Any) -> dict[str, str | None]:
        if not isinstance(value, Mapping) or not 0 < len(value) <= self.most:
            raise wrong(where, value, "an object of names and values")
        return {
            self.names.check(where, name): self._value(f"{where}.{name}", name, item) for name, item in value.items()
        }

    def _value(self, where: str, name: str, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str) or "\0" in value or len(value) > 4000:
            raise UsageError(f"{where} is no text of at most 4000 characters", next="null removes a variable")
        if redact_value(name, value) != value:
            raise UsageError(
                f"{where} looks like a secret, and a proposal is stored and shown",
                next="set it where the container is defined, then make it anew from there",
            )
        return value
