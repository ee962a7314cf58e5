"""Applications behind a server of workers (gunicorn, uvicorn, a bare runtime): how many can answer at once.

From the process table and what the command line and the environment say; nothing is asked of the application.
"""

from __future__ import annotations

import shlex

from ergon_ops.engine.probes.subject import Row, Subject, option, shown
from ergon_ops.engine.protocols import ProbeTarget, Process

WORKERS = {"gunicorn": ("-w", "--workers"), "uvicorn": ("--workers",), "hypercorn": ("-w", "--workers")}


async def probe(subject: Subject, target: ProbeTarget) -> list[Row]:
    if not target.processes:
        return []
    head, *others = target.processes
    workers = _answering(target, head, others)
    busiest = max(workers, key=lambda process: process.threads)
    rows = [
        Row("app_workers", target.key, len(workers), "proc:cgroup.procs"),
        Row("app_threads", target.key, busiest.threads, f"proc:{busiest.pid}/stat#num_threads"),
    ]
    return [*rows, *_told(subject, target, head)]


def _answering(target: ProbeTarget, head: Process, others: list[Process]) -> list[Process]:
    """A master of gunicorn, and of several uvicorn workers, only minds its children. What runs another program (a
    shell, curl, a healthcheck that hangs) answers nobody."""
    alike = [process for process in others if process.name == head.name]
    if target.detail not in WORKERS:
        return [head, *alike]
    workers = [process for process in alike if "resource_tracker" not in process.command]
    return workers or [head]


def _told(subject: Subject, target: ProbeTarget, head: Process) -> list[Row]:
    source = f"proc:{head.pid}/cmdline"
    words = _words(head.command)
    given = _words(subject.environment.get("GUNICORN_CMD_ARGS", "")) if target.detail == "gunicorn" else []
    rows = []
    flags = WORKERS.get(target.detail, ())
    said = option(words, *flags) or option(given, *flags)
    where = f"{source}#{flags[-1]}" if flags else source
    if not said and flags:
        said, where = subject.environment.get("WEB_CONCURRENCY", ""), "api:inspect#Config.Env.WEB_CONCURRENCY"
    if said.isdigit():
        rows.append(Row("app_told_workers", target.key, int(said), where))
    threads = option(words, "--threads") or option(given, "--threads")
    if threads.isdigit():
        rows.append(Row("app_told_threads", target.key, int(threads), f"{source}#--threads"))
    if server := _server(target, words, given):
        rows.append(Row("app_server", target.key, server, source))
    return rows


def _server(target: ProbeTarget, words: list[str], given: list[str]) -> str:
    """`gunicorn sync`, `uvicorn`, `http.server`, `flask`; "" for a program of which nothing is known."""
    if target.detail == "gunicorn":
        chosen = option(words, "-k", "--worker-class") or option(given, "-k", "--worker-class")
        threaded = (option(words, "--threads") or option(given, "--threads") or "1") != "1"
        return f"gunicorn {shown(chosen) or ('gthread' if threaded else 'sync')}"
    module = option(words, "-m")
    return target.detail or (shown(module) if module == "http.server" else "")


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()
