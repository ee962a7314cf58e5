"""Projects as the operator meets them: looked at, listed, written down, with what is proven of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ergon_ops import manifest
from ergon_ops.assistant.project_list import Project, docker_config, one, projects, tekton_of, told
from ergon_ops.assistant.refining import known, looked_at
from ergon_ops.assistant.registering import opened, register
from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError, ManifestError, UsageError
from ergon_ops.manifest import Manifest
from ergon_ops.packaging.analysis import Analysis, Application, analyse
from ergon_ops.packaging.containers import images, left_out
from ergon_ops.packaging.describing import document_of
from ergon_ops.packaging.dockerfile import dockerfile, dockerignore
from ergon_ops.packaging.plan import ImagePlan
from ergon_ops.packaging.planning import plan_of
from ergon_ops.packaging.writing import by_us, refuse_overwrite, replace_text, write_beside
from ergon_ops.redaction import redact, redact_json
from ergon_ops.settings import Settings
from ergon_ops.store import Store

Document = dict[str, Any]
FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Written:
    """One application's Dockerfile: where it is or goes, and its text. `own` if a person wrote it: it is kept."""

    application: Application
    path: Path
    text: str
    plan: ImagePlan | None
    own: bool = False


def add(settings: Settings, folder: Path, name: str = "") -> Document:
    """Into the list. A manifest in the folder is registered: its containers then have the roles it gives them."""
    found = analyse(folder)
    path = folder.resolve()
    written = manifest_in(path)
    name = name or (written.project.name if written and written.project else found.name)
    with opened(settings) as store:
        store.projects.add(name, str(path))
    if written is not None:
        register(settings, written, path / FILE)
    return {"project": name, "path": str(path), "registered": written is not None, **found.to_json(), "name": name}


def manifest_in(path: Path) -> Manifest | None:
    """Raises ManifestError for one that is not valid: what it says must not be guessed."""
    return manifest.load(path / FILE) if (path / FILE).is_file() else None


def listed(settings: Settings, *, tekton: Path | None = None) -> Document:
    """All of them; `notes` says what could not be read."""
    with opened(settings) as store:
        found, notes_ = projects(store, tekton or tekton_of(settings))
        return {"projects": [told(store, project) for project in found], "notes": list(notes_)}


def generate(settings: Settings, word: str, *, tekton: Path | None) -> Document:
    """A project's manifest and its Dockerfiles, as texts with what they rest on; nothing is written into its folder.
    What is kept of it is its `docker_config`. Raises NoSuchProject, UsageError."""
    with opened(settings) as store:
        project = one(projects(store, tekton)[0], word)
    if not project.there:
        raise UsageError(
            f"the folder of {project.name}, {project.path or 'which is not known'}, is not there",
            next="ergon-ops project add DIR names another",
        )
    folder = Path(project.path)
    with opened(settings) as store:
        found = looked_at(folder, known(store, folder))
    work = list(_work(folder.resolve(), found))
    if not work and not found.services:
        raise _impossible(folder, found) if found.applications else nothing_in(folder, found)
    with opened(settings) as store:
        rows = [_generated(folder.resolve(), item) for item in work]
        written = keep(store, folder, found, work)
        config = docker_config(store, str(folder.resolve()))
    assert config is not None
    return {
        "project": told_short(project),
        "manifest": written,
        "dockerfile": rows[0]["dockerfile"] if rows else None,
        "dockerfiles": [{**state, **row} for row, state in zip(rows, config["dockerfiles"], strict=True)],
        **evidence_of(found),
        "status": config["status"],
        "notes": notes(found),
        "docker_config": config,
    }


def told_short(project: Project) -> Document:
    return {"id": project.id, "name": project.name, "path": project.path, "source": project.source}


def _generated(root: Path, item: Written) -> Document:
    """Of one that a person wrote no word goes out that might be a secret."""
    return {
        "application": item.application.name,
        "path": str(item.path.relative_to(root)),
        "own": item.own,
        "dockerfile": redact(item.path.read_text("utf-8", "replace")) if item.own else item.text,
        "dockerignore": dockerignore(item.plan) if item.plan else None,
    }


def keep(store: Store, folder: Path, found: Analysis, work: Sequence[Written], *, force: bool = False) -> Document:
    """The plans, and the project's `docker_config` with them. Gives the manifest: the folder's own if it is valid."""
    root = folder.resolve()
    for item in work:
        if item.plan is not None and (force or not item.own):
            body = json.dumps(item.plan.to_json(), ensure_ascii=False)
            store.projects.keep_plan(
                str(root), item.application.name, body=body, dockerfile=item.text, status="not proven"
            )
    document, digest = manifest_for(root, found)
    rows = [{"application": item.application.name, "path": str(item.path.relative_to(root))} for item in work]
    config = {"manifest_digest": digest, "manifest": document, "dockerfiles": rows}
    store.projects.keep_docker_config(str(root), json.dumps(config, ensure_ascii=False))
    return document


def manifest_for(root: Path, found: Analysis) -> tuple[Document, str]:
    """What is there, without values that are secret, else what would be written; and its digest."""
    try:
        there = manifest_in(root)
    except ManifestError:
        there = None  # it is told of by `manifest validate`; an image can be made all the same
    if there is not None:
        return redact_json(dict(there.document())), there.digest()
    document = document_of(found)
    return document, manifest.parse(json.dumps(document, ensure_ascii=False)).digest()


def describe(settings: Settings, folder: Path) -> Document:
    """`manifest init DIR`: the manifest of what is in a folder. Raises UsageError where nothing was found."""
    with opened(settings) as store:
        found = looked_at(folder, known(store, folder))
    if not found.applications and not found.services:
        raise nothing_in(folder, found)
    document = document_of(found)
    parsed = manifest.parse(json.dumps(document, ensure_ascii=False), str(folder))
    return {"manifest": document, "digest": parsed.digest(), "notes": notes(found), **evidence_of(found)}


def nothing_in(folder: Path, found: Analysis) -> UsageError:
    step = "; ".join(str(fault) for fault in found.faults) or "a Procfile or a Dockerfile says what runs"
    return UsageError(f"no application was found in {folder.resolve()}", next=step)


def evidence_of(found: Analysis) -> Document:
    rows = {item.name: item.to_json() for item in found.applications}
    return {key: {name: row[key] for name, row in rows.items()} for key in ("evidence", "said_by")}


def notes(found: Analysis) -> list[str]:
    """What a person should know beside the result: broken files, secrets, what is missing."""
    told = [str(fault) for fault in found.faults]
    told += [f"{item}: holds a secret, it is left out of every image" for item in found.secrets]
    told += [f"{item.name}: {text}" for item in found.applications for text in item.missing]
    said = ((item.name, field, who) for item in found.applications for field, who in item.said_by.items())
    return told + [f"{name}: {field} is what {who} concluded" for name, field, who in said]


def dockerfiles(settings: Settings, folder: Path, *, force: bool = False) -> tuple[Document, list[Written]]:
    """Writes a Dockerfile and a .dockerignore for each application that can have one. All or nothing: what is in the
    way is found before anything is written. Raises UsageError."""
    with opened(settings) as store:
        found = looked_at(folder, known(store, folder))
    root = folder.resolve()
    work = list(_work(root, found))
    if not work:
        raise UsageError(f"no application was found in {root}", next="a Procfile or a Dockerfile says what runs")
    todo = [item for item in work if item.plan is not None and (force or not item.own)]
    if not todo and not any(item.own for item in work):
        raise _impossible(root, found)
    for item in todo:
        refuse_overwrite(item.path, force=force or not item.path.exists() or ours(item.path))
    rows = [_write(root, item, force=force) for item in work]
    with opened(settings) as store:
        keep(store, root, found, work, force=force)
    if force:  # what a person wrote is kept beside it: the one that is there now is of the plan
        work = [replace(item, own=item.plan is None) for item in work]
    return {
        "project": found.name,
        "path": str(root),
        "dockerfiles": rows,
        "notes": [*notes(found), *_unmade(found, work)],
    }, work


def _unmade(found: Analysis, work: Sequence[Written]) -> Iterator[str]:
    """Programs that are known, and for which no Dockerfile is written."""
    done = {item.application.name for item in work}
    for item in found.applications:
        if item.name not in done and item.type != "dockerfile":
            try:
                plan_of(item, labels={})
            except UsageError as error:
                yield error.message


def _impossible(root: Path, found: Analysis) -> ErgonError:
    for item in found.applications:
        try:
            plan_of(item, labels={})
        except UsageError as error:
            return error
    return UsageError(f"no Dockerfile can be written for {root}", next="write one by hand")


def _work(root: Path, found: Analysis) -> Iterator[Written]:
    document, digest = manifest_for(root, found)
    labels = {"io.ergon-ops.manifest": digest}
    more = tuple((document.get("packaging") or {}).get("ignore") or ())
    taken: set[Path] = set()
    described = _described(root, found)
    for program in found.applications:
        item, said = described.get(program.name, (program, None))
        if item is None:
            continue
        base = root / (item.context or item.path)
        path = base / "Dockerfile"
        if path in taken:
            path = base / f"{item.name}.Dockerfile"
        taken.add(path)
        own = path.exists() and not ours(path)
        try:
            ignore = (*more, *(left_out(root / FILE, base) if has_manifest(root) else ()))
            plan = said or plan_of(item, labels={**labels, "io.ergon-ops.container": item.name}, ignore=ignore)
        except UsageError:
            plan = None
        if plan is not None or own or item.dockerfile:
            path = path if plan is not None or own else root / item.dockerfile
            text = dockerfile(plan) if plan is not None else path.read_text("utf-8", "replace")
            yield Written(item, path, text, plan, own=own or plan is None)


def _described(root: Path, found: Analysis) -> dict[str, tuple[Application | None, ImagePlan | None]]:
    """By the analysis' name: what the folder's manifest says of a program, and the plan that `package` has for it. A
    second program of a container is in the image of the first: None."""
    try:
        there = manifest_in(root)
    except ManifestError:
        there = None
    rows: dict[str, tuple[Application | None, ImagePlan | None]] = {}
    for items, plan in images(there, found, root / FILE) if there is not None else ():
        rows |= dict.fromkeys((item.name for item in items), (None, None))
        rows[items[0].name] = (items[0], plan)
    return rows


def has_manifest(root: Path) -> bool:
    """Ours: a web application's own manifest.json is another thing of the same name."""
    try:
        return '"manifest_version"' in (root / FILE).read_text("utf-8", "replace")
    except OSError:
        return False


def ours(path: Path) -> bool:
    """Written by us and not changed since, and so written anew at will."""
    try:
        return by_us(path.read_text("utf-8", "replace"))
    except OSError:
        return False


def _write(root: Path, item: Written, *, force: bool) -> Document:
    row: Document = {
        "application": item.application.name,
        "path": str(item.path.relative_to(root)),
        "kept": None,
        "written": False,
        "text": item.text,
    }
    if item.plan is None or (item.own and not force):
        return {**row, "text": item.path.read_text("utf-8", "replace")}
    kept = write_beside(item.path, item.text, force=True) if item.own else None
    if not item.own:
        replace_text(item.path, item.text)
    ignore = item.path.with_name(".dockerignore")
    if not ignore.exists() or ours(ignore):
        replace_text(ignore, dockerignore(item.plan))
    return {**row, "written": True, "kept": str(kept.relative_to(root)) if kept else None}
