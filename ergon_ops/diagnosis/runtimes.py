"""Runtimes and servers of workers: a heap that is full though the container's memory is not, one worker for all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.diagnosis.health import checked
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import ending, exit_code, present
from ergon_ops.facts import Fact, Group
from ergon_ops.refs import Ref

# Kind of signal: the runtime, what bounds its heap, and how a command line says so.
HEAPS = {
    "heap_full_node": ("node", "--max-old-space-size", re.compile(r"--max[-_]old[-_]space[-_]size[= ](\d+)")),
    "heap_full_java": ("java", "-Xmx", re.compile(r"-Xmx(\d+[kKmMgG]?)\b|-XX:MaxRAMPercentage=([\d.]+)")),
    "heap_full_php": ("php", "memory_limit", re.compile(r"memory_limit=(\d+[KMG]?)")),
}
NEEDS: tuple[Group, ...] = ("state", "config", "limits", "signals", "events", "processes")
WORKERS: tuple[Group, ...] = ("state", "config", "cpu", "services", "sockets", "probes", "signals")
ASYNC = ("uvicorn", "hypercorn", "daphne", "gunicorn uvicorn")
IDLE = 0.6
QUEUE = "accept_queue"
LATE = re.compile(r"exceeded timeout|timed? ?out|timeout", re.I)


@rule(
    "runtime_heap_oom",
    severity="critical",
    needs=NEEDS,
    details=("service", "setting"),
    tier="T2",
    over=("segfault",),
    fixes=("recreate",),
)
def runtime_heap_oom(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The runtime's own heap is full and it gives up, though the kernel killed nothing for the container's limit.

    Only its log line shows it: node exits with 134 or 139, and the engine's OOMKilled is false. Injected, Docker 20.10.
    """
    for signal in scene.current(ref, *HEAPS)[:1]:
        killed = scene.get(ref, "oom_killed")
        if killed is not None and killed.value is True and scene.ended(ref):
            return
        runtime, setting, pattern = HEAPS[signal.kind]
        command = scene.get(ref, "command")
        told = pattern.search(str(command.value)) if command is not None else None
        value = next(filter(None, told.groups()), "") if told else signal.values.get("value", "")
        code = exit_code(scene, ref)
        bound = f" ({setting} {value})" if told else ""
        yield Conclusion(
            summary=f"The heap of {runtime} is full{bound}, not the container's memory.",
            evidence=(signal.fact, *ending(scene, ref), *present(killed, command if told else None)),
            details={
                "service": runtime,
                "setting": setting,
                **({"value": value} if value else {}),
                **({"exit_code": code} if code and scene.ended(ref) else {}),
            },
        )


@rule(
    "single_worker_blocked",
    severity="critical",
    needs=WORKERS,
    window_s=2.0,
    details=("service", "count"),
    tier="T2",
    over=("healthcheck_timeout", "dependency_slow", "accept_backlog_overflow"),
    fixes=("recreate",),
)
def single_worker_blocked(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """One worker that does one thing at a time waits for something, and everybody else waits for it.

    One process with one thread (or one event loop), little use of the CPU, and callers that wait: connections that are
    not accepted, or a healthcheck that timed out. With a busy CPU it is work, not waiting.
    """
    for workers in scene.all(ref, "app_workers"):
        threads, server = scene.get(ref, "app_threads", workers.key), scene.get(ref, "app_server", workers.key)
        one_loop = server is not None and str(server.value).startswith(ASYNC)
        usage = scene.number(ref, "cpu_usage")
        name, _, port = workers.key.partition(":")
        if not port.isdigit() or workers.value != 1 or (not one_loop and (threads is None or threads.value != 1)):
            continue
        if usage is not None and usage >= IDLE:
            continue
        waiting = _waiting(scene, ref, port)
        late = _late_check(scene, ref, port)
        if (waiting is None and late is None) or _never_takes(scene, ref, port, waiting):
            continue
        count = (
            f"{waiting.value} connections wait to be accepted" if waiting is not None else "its healthcheck timed out"
        )
        if waiting is not None and waiting.value == 1:
            count = "1 connection waits to be accepted"
        yield Conclusion(
            summary=f"{name} has one worker, which is busy waiting: {count}, and the CPU is idle.",
            evidence=present(waiting, late, workers, threads, scene.get(ref, "cpu_usage"), server),
            details={"service": name, "count": 1, "port": int(port)},
        )


def _waiting(scene: Scene, ref: Ref, port: str) -> Fact | None:
    """Connections to that port that are made and not accepted."""
    rows = (row for row in scene.all(ref, QUEUE) if row.key.rpartition("/")[0].endswith(f":{port}"))
    return next((row for row in rows if isinstance(row.value, int) and row.value > 0), None)


def _never_takes(scene: Scene, ref: Ref, port: str, waiting: Fact | None) -> bool:
    """Calls are lost, and all that are there still wait, or as many as may: it serves nobody, slowly or not."""
    lost = scene.number(ref, "listen_overflows")
    there = sum(int(row.value) for row in scene.all(ref, "client") if row.key.partition(" ")[0] == port and row.value)
    if not lost or waiting is None or not isinstance(waiting.value, int):
        return False
    room = scene.number(ref, "accept_backlog", waiting.key)
    return 0 < there <= waiting.value or (bool(room) and waiting.value >= (room or 0.0))


def _late_check(scene: Scene, ref: Ref, port: str) -> Fact | None:
    """The healthcheck's last output, if it asks that port and failed now for want of time. A check that is a program of
    its own may take its time over anything."""
    if str(checked(scene, ref) or "") != port:
        return None
    streak, output = scene.number(ref, "health_streak"), scene.get(ref, "health_output")
    return output if streak and output is not None and LATE.search(str(output.value)) else None
