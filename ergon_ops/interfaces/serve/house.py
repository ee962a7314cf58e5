"""What the faces of the daemon share: the assistant, who is there, and under which keys and tokens each CI is known."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import field
from pathlib import Path

from ergon_ops.assistant import Assistant
from ergon_ops.assistant.project_list import Project
from ergon_ops.assistant.watch import Watch
from ergon_ops.dataclass import dataclass
from ergon_ops.errors import EngineError, NoSuchContainer
from ergon_ops.interfaces.serve.talk import Reply, reply
from ergon_ops.messages import Question
from ergon_ops.settings import Settings
from ergon_ops.store import Store
from ergon_ops.store.callers import Caller
from ergon_ops.tekton.names import DISPATCHER, free_key, key_of, taken

AT_ONCE = 4  # more would not be quicker, and would keep `/health` waiting
FRESH_S = 0.5
Asked = tuple[str, tuple[str, ...], int | None, int]


@dataclass(slots=True)
class Bridge:
    """`secret` makes the tokens in the paths that aish's entries hold; `keys`: as what each container is registered."""

    assistant: Assistant
    watch: Watch
    secret: str
    settings: Settings
    port: int = 0
    tekton: Path | None = None
    dispatcher: str = DISPATCHER
    keys: dict[str, str] = field(default_factory=dict)  # key → the container's short name, or project:NAME
    names: dict[str, str] = field(default_factory=dict)  # CI name → key
    started_at: float = field(default_factory=time.time)
    calls: Counter[Caller] = field(default_factory=Counter)
    refusals: Counter[Caller] = field(default_factory=Counter)
    _shared: dict[Asked, asyncio.Future[Reply]] = field(default_factory=dict)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @property
    def reachable(self) -> bool:
        """Some engine answers."""
        return len(self.watch.failures) < len(self.watch.house.reads)

    def refused(self, caller: str) -> None:
        self.refusals["http", caller] += 1

    def write_callers(self, store: Store) -> None:
        """Who asked and who was refused since the last time, into the state."""
        asked, refused = Counter(self.calls), Counter(self.refusals)
        self.calls.clear()
        self.refusals.clear()
        store.callers.note(asked, refused)

    async def reply(self, asked: Question) -> Reply:
        """One turn, with as many at a time as the machine can do well. Who asks the same as somebody who is being
        answered, or was a moment ago, and nothing happened since, is told the same: outside of a conversation it is the
        same question."""
        self.calls[asked.actor.interface, asked.actor.identity] += 1
        if asked.session or asked.history or asked.context:
            return await self._turn(asked)
        key = (asked.text, asked.names, asked.max_tokens, self.watch.house.recent.happenings())
        known = self._shared.get(key)
        if known is None:
            known = self._shared[key] = asyncio.ensure_future(self._turn(asked))
            known.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(known)

    def _forget(self, key: Asked, done: asyncio.Future[Reply]) -> None:
        """What went wrong is tried again by the next who asks."""
        well = not done.cancelled() and done.exception() is None
        fresh = FRESH_S if well and not done.result().failed and not done.result().document.get("exit") else 0.0
        asyncio.get_running_loop().call_later(fresh, self._shared.pop, key, None)

    async def _turn(self, asked: Question) -> Reply:
        with self.watch.house.recent.asking():
            async with self._turns:
                return await reply(self.assistant, asked)

    def token(self, key: str) -> str:
        """What the path of one CI carries: who knows one of them does not know the others."""
        return hmac.new(self.secret.encode(), f"ci {key}".encode(), hashlib.sha256).hexdigest()[:32]

    def knows(self, key: str, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.token(key).encode())

    def path_token(self, path: str) -> str | None:
        """For the guard: a path of aish's carries its own token, and it is the right one."""
        parts = path.split("/")
        if len(parts) == 4 and parts[1] == "aish" and self.knows(parts[2], parts[3]):
            return parts[3]
        return None

    def name_all(self, foreign: frozenset[str] = frozenset()) -> dict[str, str]:
        """Gives every container its key for as long as it exists, also one that is down: then it is asked why. Who has
        one keeps it. `foreign` are keys that others hold."""
        wanted = {row["ci"]: row["name"] for row in self.watch.roster()}
        self.names = {ci: key for ci, key in self.names.items() if ci in wanted and key not in foreign}
        for ci in wanted:
            if ci not in self.names:
                self.names[ci] = free_key(ci, {*self.names.values(), *foreign, self.dispatcher})
        self.keys = {self.names[ci]: container for ci, container in wanted.items()}
        return self.keys

    def name_projects(self, found: Iterable[Project], foreign: frozenset[str] = frozenset()) -> dict[str, str]:
        """Each project's own key, unless that is Tekton's, somebody else's or a container's: then it has none."""
        for project in found:
            key = key_of(project.ci)
            if project.there and not (project.has_ci or taken(key) or key in {*foreign, *self.keys, self.dispatcher}):
                self.keys[key] = f"project:{project.name}"
        return self.keys

    def key_of(self, ci: str) -> str | None:
        return self.names.get(ci)

    def container_of_key(self, key: str) -> str | None:
        """Whom its question is for: a container's short name, or `project:NAME`."""
        return self.keys.get(key)

    async def container_of(self, name: str) -> str:
        """The container that a CI's key or name stands for, or a container's own name. Raises NoSuchContainer; where
        an engine does not answer, EngineError."""
        for row in self.watch.roster():
            if name.lower() in (row["ci"].lower(), row["name"].lower(), (self.names.get(row["ci"]) or "").lower()):
                return str(row["name"])
        known = [row["ci"] for row in self.watch.roster()]
        import difflib

        near = difflib.get_close_matches(name.lower(), known, 3, 0.3)
        step = f"did you mean {', '.join(near)}?" if near else "GET /api/ci lists them"
        for host, failure in self.watch.failures.items():
            text = f"{host}: {failure['message']} Whether {name[:80]!r} is there is not known."
            raise EngineError(text, next=str(failure["next"]))
        raise NoSuchContainer(f"No Container CI is called {name[:80]!r}", next=step, details={"nearest": near})
