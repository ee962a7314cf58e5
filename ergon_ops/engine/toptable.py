"""Processes as the engine's `top` tells them, for engines whose /proc is out of sight. It runs `ps` on their side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ergon_ops.engine.documents import Document, words
from ergon_ops.engine.procfs import RUNNABLE, both_ends
from ergon_ops.engine.protocols import Process
from ergon_ops.facts import Reading, reading
from ergon_ops.redaction import safe_text
from ergon_ops.refs import Ref

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

WANTED = "-eo pid,ppid,stat,nlwp,rss,etimes,args"
SOURCE = "api:top"
LONGEST = 32_000
TITLES = {
    "PID": "pid", "PPID": "parent", "STAT": "state", "S": "state", "NLWP": "threads", "THCNT": "threads", "RSS": "rss",
    "ELAPSED": "age", "CMD": "command", "COMMAND": "command", "ARGS": "command",
}  # fmt: skip


def processes(document: Document, *, at: float) -> tuple[Process, ...]:
    """Rows under whatever titles that `ps` has; a row that names no process is left out."""
    titles = [TITLES.get(title.upper(), "") for title in words(document, "Titles")]
    table = document.get("Processes")
    found = (_process(titles, row, at) for row in table if isinstance(row, list)) if isinstance(table, list) else ()
    return tuple(process for process in found if process)


def threads(ref: Ref, table: Sequence[Process], *, at: float) -> tuple[Reading, ...]:
    """A process counts as runnable as a whole: this `ps` tells no states of threads."""
    if not table:
        return ()
    runnable = sum(process.state in RUNNABLE for process in table)
    count = sum(process.threads for process in table)
    return (
        reading(ref, "threads", count, at=at, source=SOURCE),
        reading(ref, "threads_runnable", runnable, at=at, source=SOURCE),
    )


def _process(titles: Sequence[str], row: Sequence[object], at: float) -> Process | None:
    cells = [str(cell) for cell in row]
    if len(cells) == 1 and len(titles) > 1:
        cells = cells[0].split(None, len(titles) - 1)  # an engine that leaves its rows in one piece
    given = dict(zip(titles, cells, strict=False))
    pid = _number(given.get("pid"))
    if not pid:
        return None
    command, age = given.get("command", ""), given.get("age", "")
    return Process(
        pid,
        _number(given.get("parent")),
        program(command),
        both_ends(safe_text(command, LONGEST)),
        state=(given.get("state") or "S")[:1],
        threads=_number(given.get("threads")) or 1,
        rss_bytes=_number(given.get("rss")) * 1024,
        started_at=at - float(age) if age.isdigit() else 0.0,
        source=SOURCE,
    )


def program(command: str) -> str:
    """`/usr/sbin/nginx -g …`, `nginx: worker process` and `-bash` are nginx, nginx and bash; `[kworker]` is itself."""
    first = command.split(" ", 1)[0]
    return first.rpartition("/")[2].removeprefix("-").rstrip(":") or first


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def ask(api: Client, container_id: str) -> Document:
    """With our columns, or with whatever that `ps` shows by itself."""
    from docker.errors import APIError

    path = f"/containers/{container_id}/top"
    try:
        found: Document = api.fetch(path, ps_args=WANTED)
    except APIError:
        found = api.fetch(path)
    return found
