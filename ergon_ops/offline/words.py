"""The words of the seam: what was asked, what to call, what is known, what is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Protocol

from ergon_ops.dataclass import dataclass
from ergon_ops.facts import Ledger
from ergon_ops.findings import Finding
from ergon_ops.proposals import Proposal, Withheld
from ergon_ops.refs import Ref

INTENTS: dict[str, str] = {
    "status": "how it is: services, memory, health",
    "health": "whether it is healthy, and what the healthcheck says",
    "services": "which programs serve what on which port",
    "insides": "what a service says of itself; what else was understood, where it says nothing",
    "details": "small things: zombies, DNS, time zone, rights, open files, platform, names, labels, size of the log",
    "memory": "working set, limit, failures",
    "cpu": "CPU used, quota, throttling",
    "disk": "filesystems at its mounts and block i/o",
    "network": "networks, addresses, bytes sent and received",
    "ports": "published and listening ports",
    "restarts": "restart count and policy",
    "why": "the cause of what is wrong",
    "uptime": "since when it runs, or since when it does not",
    "logs": "what the logs say, as templates with counts",
    "errors": "error lines of the logs",
    "changes": "what changed: events, start, image",
    "events": "what the engine saw happen",
    "wrong": "whether anything is wrong",
    "restart": "restart yourself: a proposal",
    "optimize": "what would be better: proposals with numbers",
    "limits": "memory, CPU, process limits",
    "config": "command, user, restart policy, log driver",
    "image": "image, digest, creation",
    "env": "names of environment variables, never values",
    "mounts": "volumes and bind mounts",
    "processes": "programs that run inside",
    "dependencies": "who it talks to, who talks to it",
    "identity": "who it is and what it can do",
    "host": "the host under it",
    "biggest": "which container uses most or least of something (`metric`, `superlative`)",
    "compare": "containers side by side (`metric`, or the usual numbers)",
    "list": "which containers there are",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a question asks for. `intents` in the order asked; empty exactly when `out_of_scope` says why.

    `window_s` seconds back ("last 5 minutes"); `since` the same as epoch seconds, only for a clock time with `now`
    given. `metric` is an intent name or "" (memory cpu disk network restarts uptime processes errors). `change` is the
    change asked for: "restart" is answered by a proposal, any other word is declined. `about` are the words of the
    question that are nobody's: a service, a port, a variable, a path it asks about. `topics` are the lexicon's topics
    that occur; `everyone`: "who is …", "any container …".
    """

    text: str
    intents: tuple[str, ...]
    window_s: float | None = None
    since: float | None = None
    grep: str = ""
    level: str = ""
    tail: int | None = None
    metric: str = ""
    superlative: str = ""
    change: str = ""
    out_of_scope: str = ""
    about: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    everyone: bool = False
    follow_up: bool = False

    @property
    def compare(self) -> bool:
        return "compare" in self.intents

    @property
    def fleet(self) -> bool:
        """It needs every container's facts even if one was routed to."""
        return self.everyone or bool({"biggest", "compare", "list"} & set(self.intents))


@dataclass(frozen=True, slots=True)
class Step:
    """One tool call on one container. An `optional` step may be refused or fail without a word in the answer."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    optional: bool = False


class Speaker(Protocol):
    """Who answers: the part of a persona that answers are made of. `services` are the names it should serve."""

    @property
    def ci_name(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def services(self) -> tuple[str, ...]: ...
    @property
    def depends_on(self) -> tuple[str, ...]: ...
    @property
    def capabilities(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """A required tool that the manifest does not grant; `line` is what to add to it."""

    tool: str
    capability: str
    line: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A tool that did not answer, or was forbidden to (`denied`); `message` is one line for a person. `gone`: there is
    no such container any more."""

    tool: str
    message: str
    denied: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """One container as the ledger knows it. `stored_at` set: the engine could not be asked, the facts are of then."""

    ref: Ref
    persona: Speaker
    ledger: Ledger
    now: float
    findings: tuple[Finding, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    failures: tuple[Failure, ...] = ()
    stored_at: float | None = None


@dataclass(frozen=True, slots=True)
class HostView:
    """The host as the ledger knows it: facts about `refs.host_ref(host)`."""

    host: str
    ledger: Ledger
    now: float
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One checked sentence, or one line of a list (`item`): joined by `Reply.text` they are the answer."""

    text: str
    fact_ids: tuple[str, ...] = ()
    finding_ids: tuple[str, ...] = ()
    item: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """`declined` says why nothing was answered; `questions` are examples that would be."""

    sentences: tuple[Sentence, ...]
    questions: tuple[str, ...] = ()
    declined: str = ""

    @property
    def text(self) -> str:
        """The answer: sentences joined by spaces, list lines each on a line of its own."""
        parts: list[str] = []
        listed = False
        for sentence in self.sentences:
            if parts:
                parts.append("\n" if sentence.item or listed else " ")
            parts.append(f"- {sentence.text}" if sentence.item else sentence.text)
            listed = sentence.item
        return "".join(parts)

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """Ids of all facts the answer was made of, in order, each once."""
        return tuple(dict.fromkeys(id for sentence in self.sentences for id in sentence.fact_ids))
