"""`doctor`: what works here, and the next step for what does not. Looks only, and at each thing once."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Literal

from ergon_ops import __version__
from ergon_ops.assistant.minds import mind_of
from ergon_ops.engine.connect import Endpoint, endpoints
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
    text = f"{error.message} ({where})" if where else error.message
    return Check(name, "failed", text, error.exit if isinstance(error, EngineError) else 1, error.next)


async def examine(settings: Settings) -> tuple[Check, ...]:
    """All checks, the engines' in parallel."""
    wrong: tuple[Check, ...] = ()
    try:
        points = endpoints(settings.docker, settings.hosts)
    except ErgonError as error:
        points, wrong = (), (replace(failed("engine", error), exit=EngineError.exit),)
    engines = await asyncio.gather(*(check_engine(point) for point in points))
    plain: list[Callable[[], Check]] = [
        check_program,
        lambda: check_state(settings),
        lambda: check_tools(settings),
        lambda: check_model(settings),
    ]
    return (*wrong, *(check for group in engines for check in group), *(look() for look in plain))


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


def check_program() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("program", "ok", f"ergon-ops {__version__}, Python {version}, user id {os.geteuid()}")


def check_state(settings: Settings) -> Check:
    try:
        store = Store.open(settings.state_dir)
    except ErgonError as error:
        return failed("state", error)
    try:
        if store.notice:
            return Check("state", "warn", store.notice)
        return Check("state", "ok", str(settings.state_dir))
    finally:
        store.close()


def check_tools(settings: Settings) -> Check:
    try:
        names = sorted(load_tools(settings.tools))
        prompt("persona", settings.prompts)
    except ErgonError as error:
        return failed("tools and prompts", error)
    return Check("tools and prompts", "ok", ", ".join(names))


def check_model(settings: Settings) -> Check:
    mind = mind_of(settings)
    return Check("mind", "warn" if mind.ignored else "ok", f"{mind.name}: {mind.why}")
