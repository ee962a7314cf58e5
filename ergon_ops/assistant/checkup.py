"""`doctor`: what works here, and the next step for what does not. Looks only, and at each thing once."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, Literal

from ergon_ops import __version__
from ergon_ops.assistant.minds import mind_of
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.connect import Endpoint, contexts, endpoints
from ergon_ops.engine.reads import open_reads
from ergon_ops.errors import EngineError, ErgonError
from ergon_ops.folders import load_tools, prompt
from ergon_ops.settings import Settings
from ergon_ops.store import Store


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    result: Literal["ok", "warn", "failed"]
    text: str
    exit: int = 0
    next: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "result": self.result, "text": self.text, "next": self.next}


def failed(name: str, error: ErgonError, *, where: str = "") -> Check:
    message = error.message.rstrip(".")
    text = f"{message} ({where})" if where and f"({where})" not in message else message
    return Check(name, "failed", text, error.exit if isinstance(error, EngineError) else 1, error.next)


async def examine(settings: Settings) -> tuple[Check, ...]:
    """All checks, the engines' in parallel."""
    wrong: tuple[Check, ...] = ()
    try:
        points = endpoints(settings.docker, settings.hosts)
    except ErgonError as error:
        points, wrong = (), (replace(failed("engine", error), exit=EngineError.exit),)
    engines = await asyncio.gather(*(check_engine(point) for point in points))
    plain: list[Callable[[], Sequence[Check]]] = [
        lambda: check_contexts(settings, points),
        check_program,
        lambda: check_state(settings),
        lambda: check_tools(settings),
        lambda: check_model(settings),
    ]
    return (*wrong, *(check for group in engines for check in group), *(check for look in plain for check in look()))


async def check_engine(point: Endpoint) -> tuple[Check, ...]:
    name = f"engine {point.host}"
    reads = open_reads(point)
    try:
        info = await reads.info()
        rows = await reads.containers()
    except EngineError as error:
        return (failed(name, error, where=point.source),)
    finally:
        await quietly(reads.close())
    running = sum(row.state == "running" for row in rows)
    api = f", API {info.api_version}" if info.api_version else ""
    said = f"Docker {info.version}{api}, {running} running of {len(rows)} ({point.source})"
    files = f"cgroup v{info.cgroup_version} files and /proc"
    if info.files_readable:
        return (
            Check(name, "ok", said),
            Check(f"facts {point.host}", "ok", files),
        )
    slow = "by the API: rates take up to 2.5 s, ports are declared, not seen listening"
    return (Check(name, "ok", said), Check(f"facts {point.host}", "warn", slow))


async def quietly(closing: Coroutine[Any, Any, None]) -> None:
    try:
        await closing
    except ErgonError:
        return


def check_contexts(settings: Settings, points: Sequence[Endpoint]) -> Sequence[Check]:
    """The engines that could be read as well, and a context that is chosen but hidden by DOCKER_HOST."""
    others = sorted(set(contexts(settings.docker.config_dir)) - {point.host for point in points})
    if not others:
        return ()
    chosen = settings.docker.docker_context
    if chosen and settings.docker.docker_host and not settings.hosts:
        step = "unset DOCKER_HOST, or name the hosts: ERGON_OPS_HOSTS=default," + chosen
        return (Check("contexts", "warn", f"DOCKER_HOST hides the context {chosen}", next=step),)
    return (
        Check("contexts", "ok", f"also there: {', '.join(others)} (ERGON_OPS_HOSTS=default,{others[0]} reads two)"),
    )


def check_program() -> Sequence[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    return (Check("program", "ok", f"ergon-ops {__version__}, Python {version}, user id {os.geteuid()}"),)


def check_state(settings: Settings) -> Sequence[Check]:
    """The state folder, and what changes left behind in it."""
    try:
        store = Store.open(settings.state_dir)
    except ErgonError as error:
        return (failed("state", error),)
    try:
        if store.notice:
            return (Check("state", "warn", store.notice),)
        return (Check("state", "ok", str(settings.state_dir)), *check_changes(store))
    except ErgonError as error:
        return (failed("state", error),)
    finally:
        store.close()


def check_changes(store: Store) -> Sequence[Check]:
    problems = store.journal.verify()
    found = [Check("journal", "failed", problem, 1, "ergon-ops journal --verify") for problem in problems[:1]]
    for row in store.changes.in_flight():
        if row.change.state == "unverified":
            text = f"the {row.change.id} of {row.container} was not watched to its end"
            found.append(Check("changes", "warn", text, next=f"ergon-ops approve {row.change.id} looks again"))
    return found


def check_tools(settings: Settings) -> Sequence[Check]:
    try:
        names = sorted(load_tools(settings.tools))
        prompt("persona", settings.prompts)
    except ErgonError as error:
        return (failed("tools and prompts", error),)
    return (Check("tools and prompts", "ok", ", ".join(names)),)


def check_model(settings: Settings) -> Sequence[Check]:
    mind = mind_of(settings)
    return (Check("mind", "warn" if mind.ask_consent else "ok", f"{mind.name}: {mind.why}"),)
