"""`manifest init|validate|show|hash|schema|diff`: what containers are and are there for, as a text one can keep."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ergon_ops.errors import ManifestError, UsageError
from ergon_ops.interfaces.commands.program import Program, notice, print_json, say
from ergon_ops.interfaces.commands.spec import Argument, Command

if TYPE_CHECKING:
    from ergon_ops.manifest import Manifest

FILE = "manifest.json"
DOINGS = ("init", "validate", "show", "hash", "schema", "diff")
Done = int | Coroutine[Any, Any, int]


def manifest(program: Program, arguments: Namespace) -> Done:
    if arguments.doing != "init":
        for name in ("from_running", "force", "output"):
            if getattr(arguments, name):
                raise UsageError(f"--{name.replace('_', '-')} belongs to manifest init", next="leave it out")
    return DOES[arguments.doing](program, arguments)


def validate(program: Program, arguments: Namespace) -> int:
    """Every problem a line of its own: they are worked through one by one."""
    path = path_of(arguments)
    try:
        found = load(path)
    except ManifestError as error:
        problems = error.details.get("problems", [])
        if program.as_json or not problems:
            if program.as_json:
                print_json({"valid": False, "problems": problems, **error.to_json()})
                return error.exit
            raise
        for item in problems:
            step = f" — {item['next']}" if item["next"] else ""
            say(f"{item['pointer'] or '(whole document)'}: {item['message']}{step}")
        several = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
        notice(f"ergon-ops: {path}: {several} — correct them, then: ergon-ops manifest validate {path}")
        return error.exit
    if program.as_json:
        print_json({"valid": True, "problems": [], **told(found)})
    else:
        say(f"{path} is valid: {counted(found)}.")
    return 0


def show(program: Program, arguments: Namespace) -> int:
    """As it is understood: defaults, amounts and commands in one form; values that are secret stay out."""
    from ergon_ops.redaction import redact_json

    found = load(path_of(arguments))
    document = redact_json(dict(found.document()))
    print_json({**told(found), "manifest": document}) if program.as_json else print(_pretty(document))
    return 0


def hash_(program: Program, arguments: Namespace) -> int:
    found = load(path_of(arguments))
    print_json({"digest": found.digest()}) if program.as_json else print(found.digest())
    return 0


def schema(program: Program, arguments: Namespace) -> int:
    from ergon_ops.manifest import json_schema

    print_json(json_schema()) if program.as_json else print(_pretty(json_schema()))
    return 0


async def diff(program: Program, arguments: Namespace) -> int:
    """Exit 1 where there are differences, as `diff` has it."""
    async with program.assistant() as assistant:
        document = await assistant.manifest_difference(arguments.target or FILE)
    lines = document.pop("text")
    if program.as_json:
        print_json(document)
    else:
        for line in lines:
            say(line)
        if not lines:
            say(f"{', '.join(document['compared'])}: as {document['manifest']} says.")
    return 1 if lines else 0


async def init(program: Program, arguments: Namespace) -> int:
    """From what runs, or from the files of a folder: then it is written there."""
    from ergon_ops.packaging.writing import refuse_overwrite

    folder = Path(arguments.target or ".")
    output = arguments.output or (FILE if arguments.from_running else str(folder / FILE))
    if not arguments.from_running:
        from ergon_ops.assistant.projects import describe

        return write(program, arguments, {**describe(program.settings, folder), "path": output})
    if output != "-":
        refuse_overwrite(Path(output), force=arguments.force)
    async with program.assistant() as assistant:
        document = await assistant.manifest_of_running((arguments.target or "").removeprefix("project:"))
    return write(program, arguments, document)


def write(program: Program, arguments: Namespace, document: dict[str, Any]) -> int:
    """`document` holds the manifest, its digest and notes about what could not be told."""
    from ergon_ops.packaging.writing import write_beside

    text = _pretty(document["manifest"])
    kept = None
    if arguments.output != "-":
        document["path"] = document.get("path") or arguments.output or FILE
        kept = write_beside(Path(document["path"]), text + "\n", force=arguments.force)
        document["kept"] = str(kept) if kept else None
    if program.as_json:
        print_json(document)
        return 0
    if arguments.output == "-":
        print(text)
    if evidence := document.get("evidence"):
        for name, rows in evidence.items():
            found = ", ".join(dict.fromkeys(where(row) for items in rows.values() for row in items))
            notice(f"{name}: from {found}")
    for note in document["notes"]:
        notice(f"ergon-ops: {note}")
    if arguments.output != "-":
        was = f" The one that was there is kept as {kept}." if kept else ""
        say(
            f"Wrote {document['path']}: {', '.join(document['manifest'].get('containers', {})) or 'no container'}.{was}"
        )
    return 0


def where(row: dict[str, Any]) -> str:
    return f"{row['file']}:{row['line']}" if row["line"] else str(row["file"])


def path_of(arguments: Namespace) -> Path:
    """The file that is meant; a folder stands for the one in it."""
    path = Path(arguments.target or FILE)
    return path / FILE if path.is_dir() else path


def load(path: Path) -> Manifest:
    """A file, or what comes in by `-`."""
    from ergon_ops.manifest import load as load_file
    from ergon_ops.manifest import parse

    if str(path) == "-":
        return parse(sys.stdin.read(), "stdin")
    return load_file(path)


def told(found: Manifest) -> dict[str, Any]:
    from ergon_ops.manifest import start_order

    return {"digest": found.digest(), "applications": list(found.applications), "order": list(start_order(found))}


def counted(found: Manifest) -> str:
    from ergon_ops.manifest import start_order

    order = start_order(found)
    names = ", ".join(found.applications)
    inside = f"{len(found.applications)} application{'s' * (len(found.applications) != 1)} ({names})" if names else ""
    what = (
        f"started in this order: {' → '.join(order)}"
        if len(order) > 1
        else f"one container, {order[0]}"
        if order
        else ""
    )
    return "; ".join(part for part in (inside, what) if part)


def _pretty(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


DOES: dict[str, Callable[[Program, Namespace], Done]] = {
    "init": init,
    "validate": validate,
    "show": show,
    "hash": hash_,
    "schema": schema,
    "diff": diff,
}

COMMANDS = (
    Command(
        "manifest",
        "init|validate|show|hash|schema|diff [FILE|FOLDER|NAME] [options]",
        "what containers are there for, as a text: write, check, compare",
        manifest,
        (
            ("manifest validate ergon.json", "every problem at once, each with its place and a next step; exit 2"),
            ("manifest hash", "of manifest.json: the same for every spelling that means the same"),
            ("manifest diff webapp", "where a running container is not what its manifest says; exit 1"),
            ("manifest diff ergon.json", "the same for all containers of a manifest"),
            ("manifest init .", "writes manifest.json from the files of a project, with what each line rests on"),
            ("manifest init --from-running shop", "writes manifest.json from what runs of a Compose project"),
            ("manifest init --from-running --output - | less", "from everything that runs, only to look at"),
            ("manifest schema > manifest.schema.json", "a JSON Schema, for editors"),
        ),
        "A file may be `-`: it is read from stdin. Written manifests hold no values of the environment.",
        (
            Argument("doing", "what to do", choices=DOINGS),
            Argument(
                "target",
                f"a file ({FILE} if none is named); for init a folder, for diff also a container",
                "FILE",
                "?",
                (),
                "files",
            ),
            Argument("--from-running", "init: from the containers that run; the word after it is a project"),
            Argument("--output", "init: the file to write; `-` only shows it", "FILE", completes="files"),
            Argument("--force", "init: over a file that is there; the old one is kept beside it"),
        ),
    ),
)
