"""`node_modules` out of npm's own lock, as `npm ci --ignore-scripts` lays them out, without npm."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ergon_ops.errors import ErgonError, UsageError
from ergon_ops.packaging.image.elsewhere import FETCH_S, draft, pack, tarball_name
from ergon_ops.packaging.image.entries import Entry, Tree, cleaned, link
from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.locks import Locked, LockedPackages
from ergon_ops.packaging.image.other_locks import OtherLock, other_lock, silent
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.tarballs import unpacked
from ergon_ops.packaging.image.wishes import NPM_LOCKS
from ergon_ops.packaging.image.workspaces import catalogs, members, plain
from ergon_ops.packaging.plan import Unpack
from ergon_ops.packaging.programs import output_of

CPU = {"amd64": "x64", "arm64": "arm64"}
MOST_NAMED = 5
LINKED = "link:"  # instead of a tarball: a folder of the project's own


async def lock_modules(
    step: Unpack, wanted: str, context: Path, shelf: Shelf, progress: Callable[[str], None]
) -> LockedPackages:
    """By the project's package-lock.json, or one that npm makes now, of what another lock fixes. Raises ErgonError."""
    own = next((context / name for name in NPM_LOCKS if (context / name).is_file()), None)
    other = None if own else other_lock(context)
    with draft(shelf) as folder:
        text = own.read_bytes() if own else await _made(step, context, folder, progress, other)
        document = _document(own or context / "package-lock.json", text)
        rows = dict(_installed(document, production=step.production))
        if not own:
            progress(held_against(other, rows.values(), context))
        progress(f"dependencies: fetching {len(rows)} npm packages")
        distinct = sorted({(row["name"], row["version"]) for row in rows.values()})
        await pack([Locked("", name, version, "") for name, version in distinct], folder)
        files = {}
        for name, version in distinct:
            path = folder / tarball_name(name, version)
            if not path.is_file():
                raise ErgonError(f"npm pack gave no {path.name}")
            files[name, version] = shelf.keep(path, name=name, version=version)
    places = {place: files[row["name"], row["version"]].file for place, row in rows.items()}
    places |= dict(_own(document))
    return LockedPackages(step.manager, wanted, "", (), tuple(sorted(files.values())), dict(sorted(places.items())))


def held_against(other: OtherLock | None, rows: Iterable[Mapping[str, Any]], context: Path) -> str:
    """What became of another manager's lock, in a sentence."""
    if other is None:
        unread = silent(context)
        return (
            f"dependencies: {unread} says no versions that can be read: npm chose them"
            if unread
            else ("dependencies: no lock of the project fixes versions: npm chose them")
        )
    found = {(str(row["name"]), str(row["version"])) for row in rows}
    missing = other.missing(found)
    told = f"dependencies: {len(found) - len(missing)} of {len(found)} packages are of versions of {other.name}"
    return (
        told
        if not missing
        else f"{told}; not in it: {', '.join(missing[:MOST_NAMED])}"
        + (f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else "")
    )


async def _made(
    step: Unpack, context: Path, folder: Path, progress: Callable[[str], None], other: OtherLock | None
) -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        raise ErgonError("npm is not installed here, so nothing can be locked", next="install Node and npm")
    by = f", with what {other.name} fixes" if other else ""
    progress(f"dependencies: asking npm which versions fit{by}")
    words = [npm, "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    asked = _asked(step, context)
    lock = folder / "package-lock.json"
    attempts = [other, *([replace(other, inner={})] if other.inner else [])] if other else []
    for one in attempts:
        _write(folder, {name: one.fixed(text, root=name == "package.json") for name, text in asked.items()})
        try:
            await output_of(words, deadline_s=FETCH_S, folder=folder, doing="npm install --package-lock-only")
            break
        except ErgonError as error:
            less = "it chooses by itself" if not one.inner else "without the versions of single packages"
            progress(f"dependencies: npm cannot have what {one.name} fixes ({error.message}): {less}")
    if not lock.exists():
        _write(folder, asked)
        await output_of(words, deadline_s=FETCH_S, folder=folder, doing="npm install --package-lock-only")
    return lock.read_bytes() if lock.exists() else b"{}"


def _asked(step: Unpack, context: Path) -> dict[str, dict[str, Any]]:
    """What is asked for, by the place of its package.json: of the project, and of each package of its workspace."""
    inner = members(context)
    names = dict.fromkeys((*(name for name in step.files if name.endswith("package.json")), *inner))
    kept = catalogs(context)
    asked = {name: plain(_document(context / name, (context / name).read_bytes(), oldest=0), kept) for name in names}
    if inner and "package.json" in asked:
        asked["package.json"]["workspaces"] = [name.rpartition("/")[0] for name in inner]
    return asked


def _write(folder: Path, asked: Mapping[str, Mapping[str, Any]]) -> None:
    for name, text in asked.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(text))


def _document(path: Path, text: bytes, *, oldest: int = 2) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads(text)
    except ValueError as error:
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(f"{path}{line}: {error}", next="correct it, or make it anew with npm install") from error
    if found.get("lockfileVersion", 3) < oldest:
        raise UsageError(f"{path} is of an old form", next="npm install --package-lock-only writes the new one")
    return found


def _installed(document: Mapping[str, Any], *, production: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place (`node_modules/x`) and entry of each package that belongs on this platform."""
    system, machine = platform().split("/")
    for place, row in (document.get("packages") or {}).items():
        if "node_modules/" not in f"{place}/" or row.get("link"):
            continue
        if production and (row.get("dev") or row.get("devOptional")):
            continue
        fits = _fits(row.get("os"), system) and _fits(row.get("cpu"), CPU.get(machine, machine))
        if not fits or (row.get("libc") and "glibc" not in row["libc"]):
            continue
        name = row.get("name") or place.rsplit("node_modules/", 1)[-1]
        if not str(row.get("version", "")) or str(row.get("resolved", "")).startswith(("git", "file:")):
            raise UsageError(f"{place} comes from no registry", next="take a version of it that does")
        yield place, {**row, "name": name}


def _own(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Packages of the workspace, each with the folder that it is in."""
    for place, row in (document.get("packages") or {}).items():
        inner = str(row.get("resolved") or "")
        if row.get("link") and inner and ".." not in inner.split("/") and not inner.startswith(("/", "file:")):
            yield place, f"{LINKED}{inner}"


def _fits(allowed: list[str] | None, here: str) -> bool:
    if not allowed:
        return True
    refused = [name[1:] for name in allowed if name.startswith("!")]
    return here not in refused if refused else here in allowed


def modules(step: Unpack, row: LockedPackages, shelf: Shelf) -> Tree:
    """The packages in their places, and links to their programs. Raises ErgonError for an unsound tarball."""
    by_file = {item.file: item for item in row.files}
    made: Tree = {}
    programs: dict[str, Entry] = {}
    for place, name in row.places.items():
        root = f"{cleaned(step.target)}/{place}"
        if name.startswith(LINKED):
            up = "../" * place.count("/")
            made[root] = link(f"{up}{cleaned(name.removeprefix(LINKED))}")
            continue
        files = dict(unpacked(shelf.place(by_file[name])))
        for program, path in _programs(files):
            target = files.get(path)
            if target is not None and target.kind == "file":
                files[path] = Entry("file", 0o755, sha256=target.sha256, size=target.size, content=target.content)
            beside, _, own = root.rpartition("node_modules/")
            programs[f"{beside}node_modules/.bin/{program}"] = link(f"../{own}/{path}")
        made |= {f"{root}/{path}": entry for path, entry in files.items()}
    return {**made, **programs}


def _programs(files: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    about = files.get("package.json")
    if about is None or not isinstance(about.content, bytes):
        return
    try:
        said = json.loads(about.content)
    except ValueError:
        return
    found = said.get("bin")
    if isinstance(found, str):
        found = {str(said.get("name", "")).rsplit("/", 1)[-1]: found}
    for name, path in found.items() if isinstance(found, dict) else ():
        if isinstance(path, str) and ".." not in path and "/" not in name:
            yield name, cleaned(path)
