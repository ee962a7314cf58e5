"""What the router is asked with and what it answers."""

from __future__ import annotations

from typing import Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.refs import Ref

RouteKind = Literal["one", "several", "all", "host", "ask_back", "none", "unknown_name"]


@dataclass(frozen=True, slots=True)
class Focus:
    """What was talked about last: its containers, the `rest` of that question; the candidates of a question that was
    asked back (with the text that waits for the answer); and open findings as (id, cause, container)."""

    refs: tuple[Ref, ...] = ()
    text: str = ""
    candidates: tuple[Ref, ...] = ()
    findings: tuple[tuple[str, str, Ref], ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """`refs` are who answers (of `ask_back`: the candidates), `about` containers the question only mentions.
    `rest` is the question with the name taken out, or the last question when only a name was given.
    `changes`: a change is ordered, for `targets` (of `tell me about a and restart b` only b).
    `needs_services`: reading processes and sockets first could change this answer."""

    kind: RouteKind
    refs: tuple[Ref, ...] = ()
    question_back: str = ""
    guess: bool = False
    why: str = ""
    rest: str = ""
    nearest: tuple[str, ...] = ()
    needs_services: bool = False
    about: tuple[Ref, ...] = ()
    changes: bool = False
    targets: tuple[Ref, ...] = ()
