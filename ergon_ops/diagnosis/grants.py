"""What a host grants a user beside the container's own limits: processes, inotify instances and watches."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.calls import BINDS
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import ending, present
from ergon_ops.refs import Ref

OFTEN = 2
XFSZ = 153  # 128 + SIGXFSZ
ROOT = ("", "root", "0", "0:0", "None")


@rule(
    "user_process_limit",
    severity="critical",
    needs=("state", "config", "limits", "pids", "signals", "security", "events"),
    details=("setting", "value"),
    tier="T2",
    over=("process_leak",),
    fixes=("recreate",),
)
def user_process_limit(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The ulimit `nproc` is reached: its user may start no more, though the container's process limit is far.

    The kernel counts all of the user's processes on the host, not those of the container, and does not count root's.
    """
    ulimit, user = scene.get(ref, "ulimit", "nproc"), scene.get(ref, "user")
    said = next(
        (item for item in scene.current(ref, "no_processes") if item.count >= OFTEN or scene.troubled(ref)), None
    )
    if ulimit is None or said is None or user is None or str(user.value) in ROOT:
        return
    limit, tasks = scene.number(ref, "pids_limit"), scene.number(ref, "pids")
    if limit is not None and tasks is not None and tasks >= limit:
        return
    yield Conclusion(
        summary=f"Its user {user.value} has as many processes as the ulimit nproc, {ulimit.value}, lets it have.",
        evidence=(said.fact, ulimit, user, *ending(scene, ref)),
        details={"setting": "nproc", "value": ulimit.value, "user": str(user.value)},
    )


@rule(
    "file_size_limit",
    severity="critical",
    needs=("state", "config", "signals", "security", "events"),
    details=("setting", "value"),
    tier="T2",
    over=("crash_loop", "restart_policy_absent", "segfault"),
    fixes=("recreate",),
)
def file_size_limit(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A file may not grow beyond the ulimit `fsize` (EFBIG, or SIGXFSZ: exit code 153), whatever the disk has left."""
    ulimit, code = scene.get(ref, "ulimit", "fsize"), scene.get(ref, "exit_code")
    said = next((item.fact for item in scene.current(ref, "file_too_large")), None)
    killed = code if code is not None and code.value == XFSZ and scene.ended(ref) else None
    if ulimit is not None and (said is not None or killed is not None):
        yield Conclusion(
            summary=f"A file of it has reached the ulimit fsize, {ulimit.value}: it may grow no more.",
            evidence=present(said, killed, ulimit),
            details={"setting": "fsize", "value": ulimit.value},
        )


@rule(
    "memlock_limit",
    severity="critical",
    needs=("state", "config", "signals", "security", "events"),
    details=("setting",),
    tier="T2",
    over=("crash_loop", "restart_policy_absent"),
    fixes=("recreate",),
)
def memlock_limit(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It wants to lock memory, and the ulimit `memlock` (64 KiB unless told otherwise) does not let it."""
    said = next((item for item in scene.current(ref, "memlock") if scene.troubled(ref)), None)
    ulimit = scene.get(ref, "ulimit", "memlock")
    if said is not None:
        most = f", {ulimit.value}," if ulimit is not None else ""
        yield Conclusion(
            summary=f"It may not lock the memory that it wants to: the ulimit memlock{most} is too low.",
            evidence=(said.fact, *present(ulimit, scene.get(ref, "user")), *ending(scene, ref)),
            details={"setting": "memlock", **({"value": ulimit.value} if ulimit is not None else {})},
        )


@rule(
    "ephemeral_ports_exhausted",
    severity="critical",
    needs=("state", "config", "signals", "sockets"),
    details=("setting", "value"),
    tier="T2",
    fixes=("recreate",),
)
def ephemeral_ports_exhausted(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """No local port is left for another connection: the range that its sysctl gives is used up (EADDRNOTAVAIL)."""
    span = scene.get(ref, "sysctl", "net.ipv4.ip_local_port_range")
    said = next((item for item in scene.current(ref, "address_unavailable") if item.count >= OFTEN), None)
    if span is None or said is None or BINDS.search(said.text):
        return
    yield Conclusion(
        summary=f"No local port is left for another connection: net.ipv4.ip_local_port_range is {span.value}.",
        evidence=(said.fact, span, *present(*scene.all(ref, "connection")[:1])),
        details={"setting": "net.ipv4.ip_local_port_range", "value": span.value},
    )


@rule(
    "bind_address_unavailable",
    severity="critical",
    needs=("state", "config", "signals", "networks", "events"),
    details=("listen_address",),
    tier="T2",
    over=("crash_loop", "restart_policy_absent"),
    fixes=("recreate",),
)
def bind_address_unavailable(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It is told to listen on an address that is none of its own (EADDRNOTAVAIL)."""
    own = {fact.value for fact in scene.all(ref, "network")}
    for said in scene.current(ref, "address_unavailable"):
        address = said.values.get("host", "")
        binds = address or BINDS.search(said.text) or scene.current(ref, "binding")
        if not scene.troubled(ref) or not binds or address in own:
            continue
        at = f" {address}" if address else ""
        yield Conclusion(
            summary=f"It is told to listen on the address{at or ' of another'}, which is none of its own.",
            evidence=(said.fact, *present(scene.get(ref, "network_mode")), *ending(scene, ref)),
            details={
                "listen_address": address,
                **({"port": int(said.values["port"])} if "port" in said.values else {}),
            },
        )
        return


@rule(
    "inotify_limit",
    severity="critical",
    needs=("state", "config", "signals", "files", "events"),
    details=("setting",),
    tier="T2",
    over=("open_files_limit", "crash_loop", "restart_policy_absent"),
    fixes=("host_advice",),
)
def inotify_limit(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It may watch no more files: the host's limit of inotify instances or watches of one user is reached.

    The kernel answers EMFILE or ENOSPC, though neither files nor disk are used up; the settings are the host's,
    fs.inotify.max_user_instances and max_user_watches.
    """
    said = next(
        (item for item in scene.current(ref, "inotify_full") if item.count >= OFTEN or scene.troubled(ref)), None
    )
    if said is None:
        return
    word = "watches" if "watch" in said.text.lower().replace("add_watch", "watch") else "instances"
    beside = (scene.get(ref, "state"), scene.get(ref, "user"))
    yield Conclusion(
        summary=f"The host's limit of inotify {word} of one user is reached: it can watch no more files.",
        evidence=(said.fact, *present(*beside), *ending(scene, ref)),
        details={"setting": f"fs.inotify.max_user_{word}"},
    )
