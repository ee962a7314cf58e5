"""`package`: bit-identical images of a manifest's containers; `registry`: what was built of what."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ergon_ops.errors import UsageError
from ergon_ops.interfaces.commands.program import Program, notice, print_json, say
from ergon_ops.interfaces.commands.spec import Argument, Command

FILE = "manifest.json"
Document = dict[str, Any]


async def package(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.packages import Wanted
    from ergon_ops.assistant.packages import package as make

    wanted = Wanted(
        path_of(arguments.manifest),
        tuple(name.strip() for name in (arguments.container or "").split(",") if name.strip()),
        Path(arguments.output) if arguments.output else None,
        arguments.load,
        arguments.lock,
        arguments.executor or "",
        arguments.verify,
    )
    document = await make(program.settings, wanted, notice)
    failed = any(row["status"] == "not-reproducible" for row in document["images"])
    status = 1 if failed else 0
    if program.as_json:
        print_json(document)
        return status
    for row in document["images"]:
        _tell(row)
    return status


def path_of(word: str) -> Path:
    """A folder stands for the manifest in it."""
    return Path(word) / FILE if Path(word).is_dir() else Path(word)


def _tell(row: Document) -> None:
    for note in row["notes"]:
        notice(f"ergon-ops: {row['container']}: {note}")
    for path in row["secrets"]:
        notice(f"ergon-ops: {path}: may hold a secret, it is left out of the image")
    if row["lock"]["made"]:
        notice(f"ergon-ops: {row['lock']['path']} was made: commit it with the manifest")
    where = "loaded into the engine; " if row["loaded"] else ""
    say(f"{row['tag']}  {row['image_digest']}")
    say(f"  {where}{row['archive']}, {row['size'] / 1e6:.1f} MB, {row['status']}, in {row['took_s']:.1f} s")
    for item in row["differences"]:
        say(f"    {_differs(item)}")
    found = row["violation"]
    if found and found["other_digest"] == row["image_digest"]:
        say(f"  The same inputs gave {found['image_digest']} before. What differs:")
        for item in found["difference"][:20]:
            say(f"    {_differs(item)}")
    if found:
        say(f"  Both are on record: ergon-ops registry show {row['tag']}")


def _differs(item: Document) -> str:
    why = f" — accepted: {item['accepted']}" if item.get("accepted") else ""
    return f"{item['path'] or '-'}: {item['change']}, likely {item['cause'] or 'unknown'}{why}"


async def registry(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant import registry as kept

    if arguments.doing == "show" and not arguments.name:
        raise UsageError("registry show needs a name", next="a container, a tag, or the beginning of a digest")
    match arguments.doing:
        case "list":
            document = await kept.listed(program.settings)
            lines = _listed(document)
        case "show":
            document = await kept.shown(program.settings, arguments.name)
            lines = _shown(document)
        case _:
            document = await kept.send(program.settings, path_of(arguments.name) if arguments.name else None)
            lines = _sent(document)
    if program.as_json:
        print_json(document)
        return 0
    if document.get("engine"):
        notice(f"ergon-ops: what runs is not known: {document['engine']}")
    for line in lines:
        say(line)
    return 0


def _listed(document: Document) -> Iterator[str]:
    """An image a line, however often it was built; what was found out about it once stays true of the same bytes."""
    from ergon_ops.store.builds import STATUSES

    running: dict[str, list[str]] = {}
    for row in document["running"]:
        running.setdefault(row["image_digest"], []).append(row["container"])
    builds: dict[tuple[str, str], list[Document]] = {}
    for row in document["builds"]:
        builds.setdefault((row["tag"], row["image_digest"]), []).append(row)
    for (tag, image), rows in builds.items():
        status = max((row["status"] for row in rows), key=STATUSES.index)
        times = f", built {len(rows)} times" if len(rows) > 1 else ""
        runs = f", runs as {', '.join(running[image])}" if image in running else ""
        yield f"{tag}  {image[7:19]}  {status}  {rows[0]['at']}{times}{runs}"
    if not document["builds"]:
        yield "No image was built here yet: ergon-ops package MANIFEST"
    for row in document["violations"]:
        yield f"{row['input_digest'][7:19]}: a second build gave another image, {row['other_digest'][7:19]}"
    yield from _waiting(document["deliveries"])


def _shown(document: Document) -> Iterator[str]:
    yield f"{document['tag']}  {document['status']}"
    for key in ("input", "manifest", "source", "lock", "image", "config"):
        yield f"  {key}: {document[f'{key}_digest']}"
    gone = "" if document["archive_kept"] else " (no longer there: package makes it again)"
    yield f"  archive: {document['archive']}{gone}"
    yield f"  built {len(document['builds'])} times, last {document['at']} by {document['environment']}"
    yield f"  runs as: {', '.join(document['running']) or 'nobody'}"
    for row in document["violations"]:
        yield f"  violation: the same inputs gave {row['image_digest']} and {row['other_digest']}"
        yield from (f"    {_differs(item)}" for item in row["difference"][:20])


def _sent(document: Document) -> Iterator[str]:
    for row in document["deliveries"]:
        if row["sent_at"]:
            yield f"{row['digest'][7:19]}: stored by Ergon as {row['receipt']}"
    yield from _waiting(document["deliveries"])
    if not document["deliveries"]:
        yield "Nothing waits to be sent."


def _waiting(deliveries: list[Document]) -> Iterator[str]:
    for row in deliveries:
        if not row["sent_at"]:
            again = "the daemon tries again, and so does registry send"
            yield f"{row['digest'][7:19]}: waits for Ergon ({row['error']}); {again}"


COMMANDS = (
    Command(
        "package",
        "MANIFEST [options]",
        "bit-identical images of a manifest's containers, with or without an engine",
        package,
        (
            ("package shop/manifest.json", "one archive for each container that has applications"),
            ("package shop --container api --load", "and into the engine, as api:HASH"),
            ("package shop --verify", "builds twice in varied surroundings and tells every file that differs; exit 1"),
            ("package shop --lock", "bases and dependencies are resolved and fixed anew"),
        ),
        "The same manifest, sources and lock give the same bytes everywhere. The archive is an OCI layout that"
        " `docker load` reads as well. Bases and dependencies are fixed by sha256 in MANIFEST.ergon-lock.json; where it"
        " is missing it is made. Files that may hold secrets are left out and told of.",
        (
            Argument("manifest", f"a manifest 1.0 in JSON, or the folder of a {FILE}", "MANIFEST", completes="files"),
            Argument("--container", "only this one, or several with commas", "C"),
            Argument("--output", "the folder for the archives; the cache if none is named", "DIR", completes="files"),
            Argument("--load", "put the image into the engine"),
            Argument("--verify", "build it twice in varied surroundings, and compare"),
            Argument("--lock", "resolve bases and dependencies anew"),
            Argument("--executor", "docker: let an engine make every layer as well", choices=("none", "docker")),
        ),
    ),
    Command(
        "registry",
        "list|show|send [NAME|MANIFEST]",
        "images that were built, of what, and where they run; manifests to Tekton's Ergon",
        registry,
        (
            ("registry list", "builds, the containers that run them, and violations: one input, two images"),
            ("registry show api", "digests, lock, files and builds of one; also by tag or digest"),
            ("registry send shop/manifest.json", "stores it in Ergon's registry; while Ergon is away it waits in line"),
        ),
        "Ergon is found by the setting ergon_url, else by TEKTON_ROOT, else on port 8002 of this machine. Values that"
        " may be secrets are not sent.",
        (
            Argument("doing", "what to do", choices=("list", "show", "send")),
            Argument("name", "show: a container, tag or digest; send: a manifest", "NAME", "?", completes="files"),
        ),
    ),
)
