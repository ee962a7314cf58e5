"""Healthchecks: whether the check is wrong, or what it checks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.diagnosis.calls import LOOPBACK, Listener, listeners, seen
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.events import epoch
from ergon_ops.facts import Fact, Group
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

NEEDS: tuple[Group, ...] = ("state", "config", "sockets", "signals")
PROGRAM = r"[\"'`‘]?(?P<name>[\w./+-]+)[\"'`’]?"
MISSING = (
    re.compile(rf"exec:? {PROGRAM}: (?:executable file not found|stat .*no such file|no such file)", re.I),
    re.compile(rf"^(?:/bin/)?(?:ba|da|a)?sh: (?:line )?(?:\d+: )?{PROGRAM}: (?:command )?not found", re.I | re.M),
    re.compile(rf"{PROGRAM}: executable file not found", re.I),
    # Two programs of a pipe that write at once: `sh: 1: sh: 1: grep: not found`, then `nc: not found`.
    re.compile(rf"^(?:/bin/)?(?:ba|da|a)?sh: (?:\d+: )?.{{0,40}}?{PROGRAM}: (?:command )?not found", re.I | re.M),
    re.compile(rf"exec:? {PROGRAM}: no such file or directory", re.I),
)
DENIED = re.compile(rf"exec:? {PROGRAM}: permission denied", re.I)
EXCEEDED = re.compile(r"exceeded timeout \((?P<time>[^)]+)\)", re.I)
REFUSED = re.compile(r"refused|couldn't connect|could not connect|ECONNREFUSED|failed to connect", re.I)
PLACE = re.compile(
    r"(?:https?|tcp)://(?P<host>\[?[\w.:-]+?\]?)(?::(?P<port>\d{2,5}))?(?=[/\s'\"]|$)"
    r"|(?<![\w.])(?P<host_2>localhost|127\.0\.0\.1|0\.0\.0\.0)[: ](?P<port_2>\d{2,5})\b"
    r"|/dev/tcp/(?P<host_3>\[?[\w.:-]+?\]?)/(?P<port_4>\d{2,5})\b"
    r"|(?:-p|--port)[= ](?P<port_3>\d{2,5})\b"
)
# Any server says once that it starts; what it loads is another matter.
BEGINS = re.compile(r"\b(?:starting|booting|initiali[sz]ing|bootstrapping)\b", re.I)
STEP = re.compile(r"\b(?P<done>\d+) ?(?:/|of|out of) ?(?P<all>\d+)\b|\b(?P<share>\d+)(?:\.\d+)? ?%", re.I)
STEM = re.compile(r"\b([a-z]{4,}?)(?:ing|ed)\b", re.I)
NO_PAGE = re.compile(
    r"(?:returned error:? |HTTP/\d(?:\.\d)? |HTTP Error |status(?: code)?:? )(?P<code>40[134])\b"
    r"|\b(?P<code_2>40[134]) (?:Not Found|Unauthorized|Forbidden)",
    re.I,
)
BOOT_S = 600.0
NO_CODE = -1  # of a check that was ended, or could not be begun


def failing(scene: Scene, ref: Ref) -> Fact | None:
    """The fact that its healthcheck fails now, of a container that runs."""
    fact = scene.get(ref, "health")
    return fact if fact is not None and fact.value == "unhealthy" and scene.running(ref) else None


def checked(scene: Scene, ref: Ref) -> int | None:
    """The port of itself that the healthcheck asks, if its command names one."""
    match = PLACE.search(scene.text(ref, "health_command"))
    if match is None:
        return None
    host = (match["host"] or match["host_2"] or match["host_3"] or "localhost").strip("[]").lower()
    if host not in LOOPBACK and host not in ("0.0.0.0", ref.name.lower()) and not host.startswith("127."):
        return None
    port = match["port"] or match["port_2"] or match["port_3"] or match["port_4"]
    return int(port) if port else {"https": 443, "http": 80}.get(match[0].partition("://")[0])


def _told(scene: Scene, ref: Ref, *names: str) -> tuple[Fact, ...]:
    found = (scene.get(ref, name) for name in names)
    return tuple(fact for fact in found if fact is not None and fact.value is not None)


@rule(
    "healthcheck_cmd_missing",
    severity="warning",
    needs=NEEDS,
    details=("path",),
    tier="T2",
    over=("healthcheck_failing_app",),
    fixes=("recreate",),
)
def healthcheck_cmd_missing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The healthcheck's program is not in the image: the check fails whatever the application does.

    Exit code -1 in the exec form, 127 from a shell, 1 behind `|| exit 1`: only the output tells.
    """
    health, output = failing(scene, ref), scene.get(ref, "health_output")
    if health is None or output is None:
        return
    text = str(output.value)
    match = next((found for pattern in (*MISSING, DENIED) if (found := pattern.search(text))), None)
    if match is None:
        return
    reason = "may not be executed" if match.re is DENIED else "is not in the image"
    yield Conclusion(
        summary=f"The healthcheck cannot run: its program {match['name']} {reason}.",
        evidence=(output, health, *_told(scene, ref, "health_exit_code", "health_command")),
        details={"path": match["name"], **_code(scene, ref)},
    )


def _code(scene: Scene, ref: Ref) -> dict[str, int]:
    code = scene.number(ref, "health_exit_code")
    return {} if code is None else {"exit_code": int(code)}


@rule(
    "healthcheck_timeout",
    severity="warning",
    needs=NEEDS,
    details=("setting", "value"),
    tier="T1",
    symptom=True,
    over=("healthcheck_failing_app",),
    fixes=("recreate",),
)
def healthcheck_timeout(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The healthcheck takes longer than it may: the engine ends it before it has an answer."""
    health, output = failing(scene, ref), scene.get(ref, "health_output")
    match = EXCEEDED.search(str(output.value)) if output is not None else None
    if health is None or output is None or match is None:
        return
    codes = [fact.value for fact in scene.all(ref, "health_check")]
    if codes and codes.count(NO_CODE) * 2 <= sum(code != 0 for code in codes):
        return  # most of them did end, and failed
    allowed = scene.number(ref, "health_timeout")
    limit = f"{allowed:g} s" if allowed else match["time"]
    yield Conclusion(
        summary=f"The healthcheck does not end within its timeout of {limit}.",
        evidence=(output, *_told(scene, ref, "health_timeout"), health, *_told(scene, ref, "health_command")),
        details={"setting": "timeout", "value": allowed or match["time"]},
    )


@rule(
    "start_period_too_short",
    severity="warning",
    needs=NEEDS,
    details=("setting", "value"),
    tier="T2",
    over=("healthcheck_failing_app", "healthcheck_timeout", "healthcheck_wrong_port"),
    fixes=("recreate",),
)
def start_period_too_short(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It is called unhealthy while it still starts: every check failed since, and its last words are of starting.

    Checks that fail within the start period do not count; here they do, long before the application listens. One that
    listens elsewhere has started; it may still load something.
    """
    health, uptime = failing(scene, ref), scene.number(ref, "uptime")
    period, started = scene.get(ref, "health_start_period"), scene.get(ref, "started_at")
    if health is None or uptime is None or uptime > BOOT_S or period is None or started is None:
        return
    checks = [fact for fact in scene.all(ref, "health_check") if epoch(fact.key) >= float(started.value or 0)]
    first = min((epoch(fact.key) for fact in checks), default=None)
    booting = _booting(scene, ref)
    if first is None or booting is None or any(fact.value == 0 for fact in checks):
        return
    port = checked(scene, ref)
    if port is not None and (listeners(scene, ref, port) or (listeners(scene, ref) and BEGINS.search(booting.text))):
        return
    allowed = float(period.value or 0) if not isinstance(period.value, str) else 0.0
    yield Conclusion(
        summary=f"The healthcheck fails while the application still starts: its start period is {allowed:g} s.",
        evidence=(period, booting.fact, health, started, checks[0]),
        details={"setting": "start_period", "value": allowed},
    )


FEW_LINES = 3


def _booting(scene: Scene, ref: Ref) -> Signal | None:
    """Its last words, if they are of starting: that it does, or how far it is with what it said it would load."""
    said, steps = (next(iter(scene.signals(ref, kind)), None) for kind in ("booting", "progress"))
    if said is None or said.after < FEW_LINES:
        return said
    step = STEP.search(steps.text) if steps is not None else None
    if steps is None or step is None or steps.after >= FEW_LINES or steps.count < 2 or BEGINS.search(said.text):
        return None
    done, whole = (step["share"], "100") if step["share"] else (step["done"], step["all"])
    same = {word.lower() for word in STEM.findall(said.text)} & {word.lower() for word in STEM.findall(steps.text)}
    total = bool(step["all"]) and re.search(rf"\b{step['all']}\b", said.text) is not None
    return steps if int(done) < int(whole) and (same or total) else None


@rule(
    "healthcheck_wrong_port",
    severity="warning",
    needs=NEEDS,
    details=("port",),
    tier="T2",
    over=("healthcheck_failing_app",),
    fixes=("recreate",),
)
def healthcheck_wrong_port(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The healthcheck asks a port that nothing listens on, while the application listens on another one."""
    health, port, visible = failing(scene, ref), checked(scene, ref), seen(scene, ref)
    output = scene.get(ref, "health_output")
    others = listeners(scene, ref)
    if health is None or port is None or visible is None or not others or listeners(scene, ref, port):
        return
    if port in {fact.value for fact in (*scene.all(ref, "exposed_port"), *scene.all(ref, "published_port"))}:
        return  # it should listen there
    told = _told(scene, ref, "health_command")
    found = others[0]
    yield Conclusion(
        summary=f"The healthcheck asks port {port}, where nothing listens; {_program(found)} listens on"
        f" port {found.port}.",
        evidence=(*told, found.fact, health, visible, *((output,) if output else ())),
        details={"port": port, "target_port": found.port},
    )


@rule("healthcheck_wrong_path", severity="warning", needs=NEEDS, details=("value", "port"), tier="T2",
      over=("healthcheck_failing_app",), fixes=("recreate",))  # fmt: skip
def healthcheck_wrong_path(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The application answers its healthcheck that there is no such page (404), or that it wants a login (401, 403)."""
    health, output, port = failing(scene, ref), scene.get(ref, "health_output"), checked(scene, ref)
    match = NO_PAGE.search(str(output.value)) if output is not None else None
    found = listeners(scene, ref, port) if port is not None else ()
    if health is None or output is None or match is None or not found:
        return
    code = match["code"] or match["code_2"]
    why = "it does not have the page that is asked for" if code == "404" else "it wants a login for the page"
    yield Conclusion(
        summary=f"The application answers its healthcheck on port {port} with {code}: {why}.",
        evidence=(output, found[0].fact, health, *_told(scene, ref, "health_command")),
        details={"value": code, "port": port, **_code(scene, ref)},
    )


def _program(listener: Listener) -> str:
    return str(listener.fact.value) if listener.fact.value else "the application"


@rule(
    "healthcheck_failing_app",
    severity="critical",
    needs=NEEDS,
    details=("exit_code",),
    tier="T1",
    symptom=True,
)
def healthcheck_failing_app(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The healthcheck runs and says that the application does not work; why, no other rule knows."""
    health, output, code = failing(scene, ref), scene.get(ref, "health_output"), scene.get(ref, "health_exit_code")
    if health is None or code is None or code.value in (None, 0):
        return
    text = str(output.value) if output is not None else ""
    if EXCEEDED.search(text):
        return
    port, visible = checked(scene, ref), seen(scene, ref)
    silent = port is not None and visible is not None and not listeners(scene, ref, port)
    details: dict[str, object] = {"exit_code": code.value, **({"port": port} if port is not None else {})}
    streak = _told(scene, ref, "health_streak", "health_command")
    more: tuple[Fact, ...] = ()
    if silent and visible is not None:
        said, more = f"nothing listens on port {port}, which it asks", (visible,)
    elif REFUSED.search(text):
        said = "its connection is refused"
    else:
        said = f"its command ends with code {code.value}"
    yield Conclusion(
        summary=f"The healthcheck fails: {said}.",
        evidence=(*((output,) if output and output.value else ()), health, code, *more, *streak),
        details=details,
    )
