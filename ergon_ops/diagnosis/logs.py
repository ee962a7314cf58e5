"""Logs: written faster than anybody reads and kept for ever, or written where nobody looks."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.amounts import size
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import SETTLED_S, Scene
from ergon_ops.diagnosis.servers import present
from ergon_ops.logtemplates.supervisors import ITS_FILE
from ergon_ops.refs import Ref

FLOOD = 256 * 1024  # bytes a second: 20 GB a day
ROTATING = ("local", "journald", "syslog", "none", "awslogs", "gelf", "fluentd", "splunk", "gcplogs")


@rule(
    "log_flood_unrotated",
    severity="critical",
    needs=("state", "config", "logfile"),
    details=("setting", "value"),
    tier="T2",
    aside=True,
    fixes=("recreate",),
)
def log_flood_unrotated(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Its log grows by more than 256 KiB a second and is never rotated: it fills the engine's disk.

    By two looks at the log file; json-file without `max-size` keeps everything (docs.docker.com, JSON file driver).
    """
    growth, driver = scene.get(ref, "log_growth"), scene.get(ref, "log_driver")
    if growth is None or driver is None or driver.value in ROTATING or not scene.running(ref):
        return
    rate = float(growth.value or 0)
    if rate < FLOOD or scene.get(ref, "log_option", "max-size") is not None:
        return
    held = scene.get(ref, "log_size")
    so_far = f"; it holds {size(float(held.value or 0))}" if held is not None else ""
    yield Conclusion(
        summary=f"Its log grows by {size(rate)} a second and is never rotated: max-size is not set{so_far}.",
        evidence=(growth, driver, *present(held)),
        details={"setting": "max-size", "value": int(rate), **({"used_bytes": held.value} if held is not None else {})},
    )


@rule(
    "logs_to_file",
    severity="warning",
    needs=("state", "config", "logfile", "signals"),
    details=("path",),
    tier="T2",
    symptom=True,
)
def logs_to_file(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It writes its log into files of its own, and nothing of it reaches the engine: `docker logs` is empty.

    By the files its processes hold open for writing, and an empty log of the current run; or one that has only what a
    supervisor says of itself, or what was said before all output went into files.
    """
    told, up = scene.get(ref, "log_run_lines"), scene.number(ref, "uptime")
    if told is None or not scene.running(ref) or (up or 0.0) < SETTLED_S:
        return
    supervised, led = scene.get(ref, "log_supervisor_lines"), scene.get(ref, "log_into_files")
    files = scene.all(ref, "log_file")
    what, why = "whose log of it is empty", None
    if told.value != 0:
        files = tuple(fact for fact in files if fact.value and not ITS_FILE.search(fact.key))
        if supervised is not None and supervised.value == told.value:
            what, why = "whose log of it has only its supervisor's words", supervised
        else:
            what, why = "whose log of it has only what was said at first", led
    if not files or (told.value != 0 and why is None):
        return
    ordered = sorted(files, key=lambda fact: (-int(fact.value or 0), fact.key))
    first = ordered[0]
    names = " and ".join(fact.key for fact in ordered[:2])
    yield Conclusion(
        summary=f"It logs to {names} inside: nothing of it reaches the engine, {what}.",
        evidence=(first, told, *present(why), *ordered[1:3]),
        details={"path": first.key, "count": told.value},
    )
