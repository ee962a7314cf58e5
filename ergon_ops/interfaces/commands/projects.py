"""`project add|list|dockerfile`: folders of sources, what is in them, and Dockerfiles that are proven."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from ergon_ops.errors import UsageError
from ergon_ops.interfaces.commands.manifests import where
from ergon_ops.interfaces.commands.program import Program, notice, print_json, say
from ergon_ops.interfaces.commands.spec import Argument, Command

DOINGS = ("add", "list", "dockerfile")
Document = dict[str, Any]


async def project(program: Program, arguments: Namespace) -> int:
    for name in ("prove", "force", "refine"):
        if getattr(arguments, name) and arguments.doing != "dockerfile":
            raise UsageError(f"--{name} belongs to project dockerfile", next="leave it out")
    folder = Path(arguments.folder or ".")
    match arguments.doing:
        case "add":
            return _add(program, folder, arguments.name or "")
        case "list":
            return _list(program)
        case _:
            return await _dockerfile(program, folder, arguments)


def _add(program: Program, folder: Path, name: str) -> int:
    from ergon_ops.assistant.projects import add

    document = add(program.settings, folder, name)
    if program.as_json:
        print_json(document)
        return 0
    tell_applications(document)
    say(f'Added {document["name"]}. Ask it: ergon-ops ask project:{document["name"]} "how do I run you?"')
    return 0


def tell_applications(document: Document) -> None:
    for item in document["applications"]:
        run = f", run by {' '.join(item['run'])}" if item["run"] else ""
        port = f", port {item['port']}" if item["port"] else ""
        at = ", ".join(where(row) for row in item["evidence"]["type"][:1])
        say(f"{item['name']}: {item['type']} in {item['path']}{run}{port} ({at})")
    for fault in document["faults"]:
        line = f":{fault['line']}" if fault["line"] else ""
        notice(f"ergon-ops: {fault['file']}{line}: {fault['message']}")
    for item in document["secrets"]:
        notice(f"ergon-ops: {where(item)}: holds a secret, it is left out of every image")


def _list(program: Program) -> int:
    from ergon_ops.assistant.projects import listed

    document = listed(program.settings)
    if program.as_json:
        print_json(document)
        return 0
    for row in document["projects"]:
        gone = "" if row["there"] else " (the folder is gone)"
        proofs = "".join(f"; {plan['application']}: {plan['detail'] or plan['status']}" for plan in row["plans"])
        say(f"{row['name']}: {row['path']}{gone}{proofs}")
    for note in document["notes"]:
        notice(f"ergon-ops: {note}")
    if not document["projects"]:
        say("No project is known here: ergon-ops project add DIR")
    return 0


async def _dockerfile(program: Program, folder: Path, arguments: Namespace) -> int:
    from ergon_ops.assistant.projects import dockerfiles

    asked = await _refined(program, folder) if arguments.refine else None
    document, work = dockerfiles(program.settings, folder, force=arguments.force)
    status = 0
    if asked is not None:
        document["refinement"] = asked
    if arguments.prove:
        from ergon_ops.assistant.proofs import prove

        document["proofs"] = await prove(program.settings, folder, work, notice)
        status = 0 if all(row["status"] == "proven" for row in document["proofs"]) else 1
    if program.as_json:
        print_json(document)
        return status
    for row, item in zip(document["dockerfiles"], work, strict=True):
        kept = f" The one that was there is kept as {row['kept']}." if row["kept"] else ""
        other = "--force writes one anew" if item.plan else "nothing but it says how an image is made"
        stays = f"is written by hand and stays as it is ({other})"
        say(f"{row['application']}: {row['path']} {'written.' + kept if row['written'] else stays}")
    for note in document["notes"]:
        notice(f"ergon-ops: {note}")
    for row in document.get("proofs", ()):
        say(f"{row['application']}: {row['detail']}")
    return status


async def _refined(program: Program, folder: Path) -> Document:
    """What a model adds is told with its line; what did not hold, with the reason."""
    from ergon_ops.assistant.refining import refine
    from ergon_ops.assistant.registering import opened

    with opened(program.settings) as store:
        asked = await refine(program.settings, store, folder)
    for row in asked["held"] if not program.as_json else ():
        at = f"{row['file']}:{row['line']}"
        notice(f"{row['application']}: {row['field']} is {row['value']} ({at}), as {asked['said_by']} concluded")
    for row in asked["refused"] if not program.as_json else ():
        notice(f"{row['application']}: {row['field']} {row['value']!r} does not hold: {row['why']}")
    return asked


COMMANDS = (
    Command(
        "project",
        "add|list|dockerfile [DIR] [options]",
        "folders of sources: what is in them, and Dockerfiles made of it",
        project,
        (
            ("project add .", "looks at a folder; from then on it can be asked: ask project:NAME"),
            ("project list", "those that were added, or started from a manifest, and what is proven of them"),
            ("project dockerfile shop", "a Dockerfile and a .dockerignore for each application in it"),
            (
                "project dockerfile shop --refine --model anthropic",
                "a model fills in what the files leave open",
            ),
            ("project dockerfile shop --prove", "builds, starts and probes it, removes everything; exit 1 if it fails"),
        ),
        "A Dockerfile written by hand is never replaced without --force, and then kept beside the new one.",
        (
            Argument("doing", "what to do", choices=DOINGS),
            Argument("folder", "the project's folder, . if none is named", "DIR", "?", completes="files"),
            Argument("--name", "add: the project's name, if not its folder's", "NAME"),
            Argument("--prove", "dockerfile: build, start, probe, and remove it again"),
            Argument("--refine", "dockerfile: ask the model that is set up for what the files leave open"),
            Argument("--model", "with --refine: provider:model", "MODEL", completes="models"),
            Argument("--force", "dockerfile: also where one was written by hand"),
        ),
    ),
)
