"""It was started, and the kernel could not run its program: a script with the wrong line ends, without a first line,
for an interpreter that is not there; a program for another kind of machine."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.lives import failure
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.startup import beside, refused, said
from ergon_ops.facts import Fact, Group
from ergon_ops.refs import Ref

NEEDS: tuple[Group, ...] = ("state", "config", "signals", "files", "image", "events")


def unrunnable(scene: Scene, ref: Ref, kind: str, words: str) -> tuple[str, tuple[Fact, ...]]:
    """The program that could not be run for this reason, by the log or by the engine's words, with the evidence."""
    code, error = failure(scene, ref), refused(scene, ref)
    lines = scene.current(ref, kind) if code is not None else ()
    told = said(error, rf"exec:? \"?(?P<path>/[^\s\":]+)\"?: {words}")
    if lines and code is not None:
        path = lines[0].values.get("path", "")
        return path or _only(scene, ref), (lines[0].fact, code)
    if told is not None and error is not None:
        return told["path"], (error, *beside(scene, ref, "exit_code"))
    return "", ()


def _only(scene: Scene, ref: Ref) -> str:
    files = scene.all(ref, "program_file")
    return files[0].key if len(files) == 1 else ""


@rule(
    "entrypoint_crlf",
    severity="critical",
    needs=NEEDS,
    details=("path",),
    tier="T2",
    over=("exec_format_error", "entrypoint_interpreter_missing"),
    fixes=("rebuild_advice",),
)
def entrypoint_crlf(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Its script has Windows line ends: the kernel looks for an interpreter with a carriage return in its name.

    The log says "no such file or directory" of a script that is there; its first line tells.
    """
    path, evidence = unrunnable(scene, ref, "exec_missing", "no such file or directory")
    if not evidence:
        path, evidence = unrunnable(scene, ref, "exec_crlf", "no such file or directory")
        path = path or scene.text(ref, "command").partition(" ")[0]
    file = scene.get(ref, "program_file", path)
    crlf = file is not None and str(file.value).startswith("script crlf")
    if evidence and (crlf or evidence[0].key.startswith("exec_crlf")):
        yield Conclusion(
            summary=f"The script {path} has Windows line ends (CRLF), so its interpreter is not found.",
            evidence=(*((file,) if file is not None else ()), *evidence),
            details={"path": path},
        )


@rule(
    "entrypoint_interpreter_missing",
    severity="critical",
    needs=NEEDS,
    details=("path",),
    tier="T2",
    fixes=("rebuild_advice",),
)
def entrypoint_interpreter_missing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Its program is there, but the interpreter of the script or the loader of the program is not."""
    path, evidence = unrunnable(scene, ref, "exec_missing", "no such file or directory")
    file = scene.get(ref, "program_file", path)
    kind = str(file.value) if file is not None else ""
    if not evidence or kind.startswith("script crlf") or kind == "missing":
        return
    missing = kind.partition("script without ")[2]
    what = f"its interpreter {missing}" if missing else "its interpreter or loader"
    yield Conclusion(
        summary=f"{path} is there, but {what} is not in the image.",
        evidence=(*((file,) if file is not None else ()), *evidence),
        details={"path": path, **({"value": missing} if missing else {})},
    )


@rule(
    "image_wrong_architecture",
    severity="critical",
    needs=(*NEEDS, "identity"),
    details=("image", "value"),
    tier="T2",
    over=("exec_format_error",),
    fixes=("rebuild_advice",),
)
def image_wrong_architecture(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Its program is made for another kind of machine than this host."""
    path, evidence = unrunnable(scene, ref, "exec_format", "exec format error")
    file, platform = scene.get(ref, "program_file", path), scene.get(ref, "image_platform")
    here = scene.text(ref, "machine")
    made = str(file.value).removeprefix("elf ") if file is not None and str(file.value).startswith("elf ") else ""
    made = made or str(platform.value if platform else "").partition("/")[2]
    if (
        not evidence
        or not made
        or not here
        or made == here
        or (file is not None and str(file.value).startswith(("text", "empty", "script")))
    ):
        return
    told = tuple(fact for fact in (file, platform, scene.get(ref, "machine")) if fact is not None)
    yield Conclusion(
        summary=f"{path or 'Its program'} is made for {made}, and this host is {here}.",
        evidence=(*told[:1], *evidence, *told[1:]),
        details={
            "image": scene.text(ref, "image"),
            "value": made,
            "expected": here,
            **({"path": path} if path else {}),
        },
    )


@rule("exec_format_error", severity="critical", needs=NEEDS, details=("path",), tier="T2", fixes=("rebuild_advice",))
def exec_format_error(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The kernel cannot run its program: a script without a first line `#!`, an empty or damaged file."""
    path, evidence = unrunnable(scene, ref, "exec_format", "exec format error")
    if not evidence:
        return
    file = scene.get(ref, "program_file", path)
    kind = str(file.value) if file is not None else ""
    why = {"text": "it is a script without #! in its first line", "empty": "it is empty"}.get(
        kind, "it is neither a program for this machine nor a script with #! in its first line"
    )
    yield Conclusion(
        summary=f"The kernel cannot run {path or 'its program'}: {why}.",
        evidence=(*((file,) if file is not None else ()), *evidence),
        details={"path": path},
    )
