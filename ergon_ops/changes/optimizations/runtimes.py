"""Heaps of runtimes that fit the container's memory, and programs that stay in the foreground."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ergon_ops.changes.optimizations.rule import MIB, Site, Wish, mib, optimization

SHARE, LEAST = 0.75, 64 * MIB
HIDDEN = ("‹redacted", "…")
NODE_FLAG = "--max-old-space-size"


def own_words(site: Site) -> list[str] | None:
    """The words of its command behind the entrypoint; None where they are not seen whole."""
    said, count = site.text("command"), int(site.number("command_arguments") or 0)
    if not count or any(mark in said for mark in HIDDEN):
        return None
    try:
        return shlex.split(said)[-count:]
    except ValueError:
        return None


@optimization(
    "HEAP",
    kinds=("recreate",),
    purpose="hygiene",
    source="Red Hat: MaxRAMPercentage 70-75 (JVM), max-old-space-size below the limit (node); 75 % is ours",
    formula="memory limit x 0.75",
    needs=("state", "limits", "config"),
    cures=("runtime_heap_oom",),
    only_cures=True,
)
def heap(site: Site) -> Iterator[Wish]:
    """Give a runtime that ran out of its own heap three quarters of the container's memory."""
    runtime = str((site.finding.details if site.finding else {}).get("service") or "")
    limit = site.number("memory_limit") or 0.0
    size = int(limit * SHARE) // MIB
    words = own_words(site)
    told = next((word for word in words or () if word.startswith(NODE_FLAG)), "")
    if runtime == "node" and told and words is not None:
        said = told.partition("=")[2]
        now = int(said) if said.isdigit() else 0
        target = max(size, 2 * now) if not limit else size
        if target <= now:
            return
        patch: dict[str, object] = {"command": [f"{NODE_FLAG}={target}" if word == told else word for word in words]}
        formula = f"{mib(limit)} limit x {SHARE} = {target} MiB" if limit else f"{now} MiB x 2 = {target} MiB"
    elif runtime == "node" and size * MIB >= LEAST:
        patch = {"env": {"NODE_OPTIONS": f"{NODE_FLAG}={size}"}}
        formula = f"{mib(limit)} limit x {SHARE} = {size} MiB"
    elif runtime in ("java", "jvm") and limit and site.fact("env_key", "JAVA_TOOL_OPTIONS") is None:
        patch = {"env": {"JAVA_TOOL_OPTIONS": f"-XX:MaxRAMPercentage={SHARE * 100:.0f}"}}
        formula = f"{SHARE:.0%} of {mib(limit)}"
    else:
        return
    if "env" in patch and site.fact("env_key", "NODE_OPTIONS") is not None:
        return  # what else is in it is not known, and would be lost
    yield site.intent(
        "recreate",
        {"patch": patch},
        rule="HEAP",
        why=(site.fact("memory_limit"), site.fact("command")),
        formula=formula,
        note="If it leaks, it will fill any heap.",
        risk="medium",
    )


@optimization(
    "FOREGROUND",
    kinds=("recreate",),
    purpose="hygiene",
    source="nginx.org ngx_core_module: daemon off for containers",
    formula="-g 'daemon off;'",
    needs=("state", "config"),
    cures=("foreground_process_missing",),
    only_cures=True,
)
def foreground(site: Site) -> Iterator[Wish]:
    """Keep nginx in the foreground, where its container lives as long as it does."""
    words = own_words(site)
    if not words or words[0].rpartition("/")[2] != "nginx" or "-g" in words:
        return
    yield site.intent(
        "recreate",
        {"patch": {"command": [*words, "-g", "daemon off;"]}},
        rule="FOREGROUND",
        why=(site.fact("command"), site.fact("exit_code")),
        formula=f"{shlex.join(words)} -> {shlex.join([*words, '-g', 'daemon off;'])}",
        risk="medium",
    )
