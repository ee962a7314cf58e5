"""Workers of servers: as many as the CPUs it may use, not as many as the host has."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ergon_ops.changes.optimizations.rule import Site, Wish, mib, optimization
from ergon_ops.changes.optimizations.runtimes import own_words
from ergon_ops.proposals import Expect

MOST_WORKERS, OF_LIMIT = 12, 0.8
CONNECTIONS = 1024
VERIFY_S = 20.0
FLAGS = ("-w", "--workers")


def usable(site: Site) -> tuple[int | None, str]:
    """Whole CPUs it may use, as `min(online, ceil(limit))`, and the formula with its numbers."""
    online, limit = site.cpus, site.number("cpu_limit")
    if not online:
        return None, ""
    if limit is None:
        return int(online), f"{online:g} CPUs online"
    count = int(min(online, math.ceil(limit)))
    return max(1, count), f"min({online:g} CPUs online, ceil({limit:g})) = {max(1, count)}"


@optimization(
    "NGINX-W",
    kinds=("app_setting",),
    purpose="hygiene",
    source="docker-nginx 30-tune-worker-processes.sh: min(online, ceil(quota / period), cpuset)",
    formula="min(CPUs online, ceil(CPU limit))",
    needs=("state", "limits", "probes", "host"),
)
def nginx_workers(site: Site) -> Iterator[Wish]:
    """Start as many nginx workers as there are CPUs for it: `auto` counts those of the host."""
    told, config = site.fact("nginx_worker_processes"), site.fact("nginx_config")
    count, shown = usable(site)
    if told is None or count is None or config is None:
        return
    word, online = str(told.value), site.cpus or 1.0
    now = int(online) if word == "auto" else int(word) if word.isdigit() else None
    # Fewer than there are CPUs for may well be meant; more than that only get in each other's way.
    if now is None or now <= count:
        return
    yield site.intent(
        "app_setting",
        {"service": "nginx", "setting": "worker_processes", "value": str(count), "persist": False},
        rule="NGINX-W",
        why=(told, config, site.fact("cpu_limit"), site.scene.get(site.host, "host_cpus")),
        formula=f"{shown}; now {word}{f' = {now}' if word == 'auto' else ''}",
        note=f"Changed in {config.value} of the container and loaded without a break.",
    )


@optimization(
    "NGINX-C",
    kinds=("app_setting",),
    purpose="performance",
    source="nginx.org ngx_core_module: worker_connections are not enough",
    formula="max(1024, worker_connections x 2)",
    needs=("state", "limits", "probes"),
    cures=("nginx_worker_connections",),
    only_cures=True,
)
def nginx_connections(site: Site) -> Iterator[Wish]:
    """Let nginx hold more connections where its log says that they are not enough."""
    now = site.fact("nginx_worker_connections")
    if now is None:
        return
    target = max(CONNECTIONS, 2 * int(now.value or 0))
    yield site.intent(
        "app_setting",
        {"service": "nginx", "setting": "worker_connections", "value": str(target), "persist": False},
        rule="NGINX-C",
        why=(now, site.fact("nginx_config")),
        formula=f"max({CONNECTIONS}, {now.value} x 2) = {target}",
        expect=Expect("nginx_worker_connections", "", ">=", target, VERIFY_S),
    )


@optimization(
    "GUNI-W",
    kinds=("recreate",),
    purpose="performance",
    source="gunicorn design.rst: (2 x cores) + 1, 4 to 12 are usually enough; the bound by memory is ours",
    formula="min(2 x CPUs + 1, 12, memory limit x 0.8 / memory of a worker)",
    needs=("state", "limits", "memory", "config", "probes", "services", "host"),
    cures=("single_worker_blocked",),
)
def gunicorn_workers(site: Site) -> Iterator[Wish]:
    """Start as many gunicorn workers as its CPUs and its memory bear."""
    server = next((fact for fact in site.all("app_server") if str(fact.value).startswith("gunicorn")), None)
    workers = site.fact("app_workers", server.key) if server is not None else None
    count, shown = usable(site)
    if server is None or workers is None or count is None:
        return
    now = int(workers.value or 0)
    target, shown = min(2 * count + 1, MOST_WORKERS), f"2 x {count} CPUs + 1 = {2 * count + 1} ({shown})"
    used, limit = site.number("memory_working_set"), site.number("memory_limit")
    if used and limit and now:
        bearing = max(1, int(limit * OF_LIMIT / (used / (now + 1))))
        shown += f", at most {mib(limit)} x {OF_LIMIT} / {mib(used / (now + 1))} a process = {bearing}"
        target = min(target, bearing)
    few, many = now < target and (site.finding is not None or now == 1), now > 2 * target
    if not few and not many:
        return
    why = (server, workers, site.fact("cpu_limit"), site.fact("memory_limit"), site.scene.get(site.host, "host_cpus"))
    patch = _patch(site, target)
    if patch is None:
        yield site.withheld(
            "recreate",
            f"{shown}: {target} workers instead of {now}, and its command line is not known well enough to change it",
            rule="GUNI-W",
            next=f"--workers {target} in its command, or WEB_CONCURRENCY={target} where it has no --workers",
            why=why,
        )
        return
    yield site.intent(
        "recreate",
        {"patch": patch},
        rule="GUNI-W",
        why=why,
        formula=f"{shown}: {target}; now {now}",
        expect=Expect("app_workers", server.key, "==", target, VERIFY_S),
        guards=(Expect("memory_ratio", "", "<", 0.95, VERIFY_S),) if limit else (),
        risk="medium",
    )


def _patch(site: Site, target: int) -> dict[str, object] | None:
    """Its own flag replaced if its command has one, else the variable it reads."""
    told = next(iter(site.all("app_told_workers")), None)
    if told is None or "WEB_CONCURRENCY" in told.reading.source:
        return {"env": {"WEB_CONCURRENCY": str(target)}}
    words = own_words(site)
    if words is None:
        return None
    changed = _with_workers(words, target)
    return None if changed == words else {"command": changed}


def _with_workers(words: list[str], target: int) -> list[str]:
    changed = list(words)
    for at, word in enumerate(words):
        if word in FLAGS and at + 1 < len(words) and words[at + 1].isdigit():
            changed[at + 1] = str(target)
        elif word.startswith("--workers=") or (word.startswith("-w") and word[2:].isdigit()):
            changed[at] = f"{word[: word.index('=') + 1] if '=' in word else '-w'}{target}"
    return changed
