"""Never started: what the engine said when it tried. There is no log then, and the exit code is its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.diagnosis.lives import code_in, failure
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.facts import Fact
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

NOT_FOUND, NOT_EXECUTABLE = 127, 126
OFTEN = 3
LAST_S, TRACE = 2.0, 15  # the lines of a stack come after what it is of
JOBS = re.compile(r"\b(?:crond?|supercronic|ofelia|fcron|anacron|jobber)\b")
SHELL = re.compile(r"\S*sh: |\S+: (?:line )?\d+: ")
WORD = r"['\"]?(?P<value>[^'\"\s:]+)['\"]?"


def refused(scene: Scene, ref: Ref) -> Fact | None:
    """What the engine said when it could not start it; None if it runs, or was never tried."""
    if scene.text(ref, "state") not in ("created", "exited", "dead", "restarting"):
        return None
    return scene.get(ref, "start_error")


def words_of(error: Fact) -> str:
    """The engine's words, without what they always begin with."""
    words = str(error.value).removesuffix(": unknown").rpartition("unable to start container process: ")[2]
    return words[:200].rstrip(".")


def said(error: Fact | None, *patterns: str) -> dict[str, str] | None:
    """What the first of these patterns that the engine's words match names."""
    for pattern in patterns if error is not None else ():
        match = re.search(pattern, str(error.value if error else ""), re.IGNORECASE)
        if match is not None:
            return {name: value for name, value in match.groupdict().items() if value}
    return None


def beside(scene: Scene, ref: Ref, *names: str) -> tuple[Fact, ...]:
    """Those facts that say something, as second evidence."""
    found = (scene.get(ref, name) for name in names)
    return tuple(fact for fact in found if fact is not None and fact.value not in (None, ""))


@rule(
    "entrypoint_not_found",
    severity="critical",
    needs=("state", "config"),
    details=("exit_code", "value"),
    fixes=("recreate", "rebuild_advice"),
)
def entrypoint_not_found(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The command does not exist in the image: the engine could not start it (exit code 127, no log).

    Source: runc's words, `exec: "x": executable file not found in $PATH` or `stat /x: no such file or directory`.
    """
    error = refused(scene, ref)
    found = said(
        error,
        rf"exec:? {WORD}: executable file not found",
        r"exec:? \"(?P<value>[^\"]+)\": executable file not found",
        rf"exec: {WORD}: (?:stat \S+: )?no such file or directory",
        r"executable file [`'\"](?P<value>[^`'\"]+)[`'\"] not found",
    )
    if error is None or found is None:
        return
    command = found["value"]
    where = "there is no such file in the image" if "/" in command else "it is nowhere in the image's PATH"
    where = "all of it is taken for the name of one program" if " " in command else where
    yield Conclusion(
        summary=f"Could not be started: its command {command} is not found, {where} (exit code {NOT_FOUND}).",
        evidence=(error, *beside(scene, ref, "exit_code", "command")),
        details={
            "exit_code": scene.value(ref, "exit_code") or NOT_FOUND,
            "value": command,
            **({"path": command} if "/" in command else {}),
        },
    )


@rule(
    "entrypoint_not_executable",
    severity="critical",
    needs=("state", "config", "mounts", "signals"),
    details=("exit_code", "path"),
    fixes=("recreate", "rebuild_advice"),
)
def entrypoint_not_executable(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The command is there but may not be run: no execute permission, or a directory (exit code 126).

    By the engine, which then has no log of it, or by a shell or an init program in the container, whose log has the
    line; what such a program ends with then is its own affair.
    """
    error, code = refused(scene, ref), failure(scene, ref)
    found = said(error, rf"exec:? {WORD}: (?:permission denied|is a directory|text file busy)")
    if error is not None and found is not None:
        path, evidence = found["value"], (error, *beside(scene, ref, "exit_code", "command"))
    elif error is None and (denied := at_the_end(scene, ref, "exec_denied")) is not None and code is not None:
        path, evidence = denied.values.get("path", ""), (denied.fact, code)
    elif code is not None and code_in(code) == NOT_EXECUTABLE and error is None:
        lines = [line for line in scene.current(ref, "permission_denied", "is_directory") if "path" in line.values]
        if not lines:
            return
        path, evidence = lines[0].values["path"], (lines[0].fact, code)
    else:
        return
    ended_with = code_in(code) if code is not None else NOT_EXECUTABLE
    mounts = [fact for fact in scene.all(ref, "mount") if path == fact.key or path.startswith(f"{fact.key}/")]
    over = f" on the mount at {mounts[0].key}" if mounts else ""
    yield Conclusion(
        summary=f"Could not run {path}{over}: it is not executable, or a directory (exit code {ended_with}).",
        evidence=(*evidence, *mounts[:1]),
        details={"exit_code": ended_with, "path": path, **({"mount": mounts[0].key} if mounts else {})},
    )


@rule(
    "command_missing_in_shell",
    severity="critical",
    needs=("state", "config", "signals", "events"),
    details=("exit_code", "value"),
    tier="T2",
    fixes=("recreate", "rebuild_advice"),
)
def command_missing_in_shell(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The container started, and its shell did not find a command: exit code 127 with a log, and no start error.

    Or another program, an init or a supervisor or its own, did not, and ended with a code of its own. Or it runs on,
    and what it starts again and again, as a cron does its jobs, is not found.
    """
    code = failure(scene, ref)
    lines = scene.current(ref, "command_missing")
    if lines and scene.running(ref) and (lines[0].count >= OFTEN or JOBS.search(scene.text(ref, "command"))):
        yield _job_missing(scene, ref, lines[0])
        return
    if code is None or refused(scene, ref) is not None or not lines:
        return
    said_last = lines[0] if code_in(code) == NOT_FOUND else at_the_end(scene, ref, "command_missing")
    if said_last is None or (code_in(code) != NOT_FOUND and SHELL.match(said_last.text)):
        return  # a shell goes on with its next line
    command = said_last.values.get("value", "")
    who = "Its shell" if code_in(code) == NOT_FOUND else "It"
    yield Conclusion(
        summary=f"{who} does not find the command {command or 'it was told to run'}: it is not installed or not in"
        f" the PATH (exit code {code_in(code)}).",
        evidence=(said_last.fact, code, *beside(scene, ref, "command")),
        details={"exit_code": code_in(code), "value": command},
    )


def at_the_end(scene: Scene, ref: Ref, kind: str) -> Signal | None:
    """Such a line, if it is among the last that were said before it ended: what came after it may be a stack."""
    return next((signal for signal in scene.current(ref, kind) if ended_of(scene, ref, signal)), None)


def ended_of(scene: Scene, ref: Ref, signal: Signal) -> bool:
    ended = scene.number(ref, "finished_at")
    late = ended is not None and signal.at is not None and ended - signal.at > LAST_S
    return not late and signal.after <= TRACE


def _job_missing(scene: Scene, ref: Ref, signal: Signal) -> Conclusion:
    command = signal.values.get("value", "")
    return Conclusion(
        summary=f"What it runs again and again does not find the command {command}: it is not installed, or not there.",
        evidence=(signal.fact, *beside(scene, ref, "command", "state")),
        details={"value": command, "exit_code": scene.value(ref, "exit_code")},
    )


@rule(
    "working_dir_missing",
    severity="critical",
    needs=("state", "config"),
    details=("path",),
    fixes=("recreate", "rebuild_advice"),
)
def working_dir_missing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Its working directory is not there, is no directory, or may not be entered by its user."""
    error = refused(scene, ref)
    found = said(
        error,
        r"chdir to cwd \(\"?(?P<path>[^\")]+)\"?\).*?failed: (?P<why>.+?)(?::|$)",
        r"mkdir \S*?/merged(?P<path>/\S+?): (?P<why>not a directory)",
        r"Cannot mkdir: (?P<path>\S+) (?P<why>is not a directory)",
    )
    if error is not None and found is not None:
        yield Conclusion(
            summary=f"Could not be started: its working directory {found['path']} cannot be entered,"
            f" {found.get('why', 'no such directory')}.",
            evidence=(error, *beside(scene, ref, "exit_code", "user")),
            details={"path": found["path"]},
        )


@rule(
    "user_missing",
    severity="critical",
    needs=("state", "config"),
    details=("user",),
    fixes=("recreate", "rebuild_advice"),
)
def user_missing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The user or group it should run as is not in the image's passwd or group file."""
    error = refused(scene, ref)
    found = said(error, r"unable to find (?P<kind>user|group) (?P<user>[^\s:]+): no matching")
    if error is not None and found is not None:
        yield Conclusion(
            summary=f"Could not be started: the image knows no {found['kind'].lower()} {found['user']}.",
            evidence=(error, *beside(scene, ref, "user", "exit_code")),
            details={"user": found["user"]},
        )
