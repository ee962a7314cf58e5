"""What a host grants a user beside the container's own limits: processes, inotify instances and watches."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import ending, present
from ergon_ops.refs import Ref

OFTEN = 2
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
