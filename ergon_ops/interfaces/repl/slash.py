"""The chat's commands, one table: it drives help, completion and what runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.interfaces.repl import deciding, looking, meters, sitting

if TYPE_CHECKING:
    from ergon_ops.interfaces.repl.chat import Chat

Run = Callable[["Chat", Sequence[str]], Awaitable[None]]
Words = Literal["", "names", "proposals", "changes", "facts", "handles", "sessions", "models", "commands"]


@dataclass(frozen=True, slots=True)
class Slash:
    """`completes` is what its words are."""

    name: str
    usage: str
    what: str
    run: Run
    completes: Words = ""
    aliases: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        return f"{self.name} {self.usage}".rstrip()


SLASHES: tuple[Slash, ...] = (
    Slash("/switch", "[NAME]", "talk to another container; without a name to all of them", sitting.switch, "names"),
    Slash("/list", "", "every container and how it is", looking.list_),
    Slash("/facts", "[WORD…]", "what was read in this session; only what has these words in it", looking.facts),
    Slash("/why", "[ID…]", "the facts under the last answer (value, source, time), or one by id", looking.why, "facts"),
    Slash("/show", "[HANDLE]", "the full output of the last tools, or of one by its handle", looking.show, "handles"),
    Slash("/findings", "[NAME]", "what the rules find wrong, looked at now", looking.findings, "names"),
    Slash("/logs", "[LINES] [TEXT…]", "its last log lines (30), only those with TEXT in them", looking.logs),
    Slash("/metrics", "[NAME]", "its numbers as they move, until a key is pressed", meters.metrics, "names"),
    Slash("/propose", "[NAME]", "what would be better for it, as proposals with numbers", deciding.propose, "names"),
    Slash("/proposals", "", "what waits for approval", deciding.proposals),
    Slash("/approve", "ID", "approve a proposal: it is applied and verified", deciding.approve, "proposals"),
    Slash("/reject", "ID", "reject a proposal", deciding.reject, "proposals"),
    Slash("/undo", "[CHANGE]", "take back the last change made in this chat", deciding.undo, "changes"),
    Slash("/sent", "[NUMBER]", "the exact bytes that were sent to a model", sitting.sent),
    Slash("/model", "[MODEL]", "which model answers, or another one for this chat", sitting.model, "models"),
    Slash("/cost", "", "tokens and cost, by turn and in all", sitting.cost),
    Slash("/session", "[NAME|list]", "this session, or go on with another one", sitting.session, "sessions"),
    Slash("/more", "[all]", "the rest of an output that was too long", looking.more),
    Slash("/help", "[COMMAND]", "these commands", sitting.help_, "commands", ("/?",)),
    Slash("/exit", "", "leave (Ctrl-D does too)", sitting.leave, "", ("/quit", "/bye", "/q")),
)  # fmt: skip
BY_NAME: dict[str, Slash] = {word: slash for slash in SLASHES for word in (slash.name, *slash.aliases)}


def find(word: str) -> Slash:
    """The command of that name, or the only one that begins so. Raises UsageError with the nearest."""
    word = word.lower()
    if word in BY_NAME:
        return BY_NAME[word]
    begin = [slash for slash in SLASHES if len(word) > 2 and slash.name.startswith(word)]
    if len(begin) == 1 and begin[0].name not in ("/approve", "/reject", "/undo", "/exit"):
        return begin[0]
    from difflib import get_close_matches

    near = get_close_matches(word, [slash.name for slash in SLASHES], n=1, cutoff=0.5)
    near = near or [slash.name for slash in begin]
    raise UsageError(f"there is no {word}", next=f"did you mean {near[0]}?" if near else "/help shows them all")
