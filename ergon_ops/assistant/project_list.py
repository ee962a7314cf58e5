"""Which projects there are: those that were added, those a manifest was registered for, and, read only, Tekton's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError, NoSuchProject
from ergon_ops.events import timestamp
from ergon_ops.refs import slug
from ergon_ops.settings import Settings
from ergon_ops.store import Store
from ergon_ops.tekton.projects import TektonProject
from ergon_ops.tekton.projects import projects as of_tekton

Document = dict[str, Any]
Source = Literal["list", "manifest", "tekton"]
OURSELVES = Path(__file__).parent.parent  # the demo's manifest lies in this program


@dataclass(frozen=True, slots=True)
class Project:
    """`id` stands for it in addresses: Tekton's own, else its name's letters and digits. `has_ci`: somebody else speaks
    for it under `<name>-ci` already."""

    id: str
    name: str
    path: str
    source: Source
    tekton_id: str = ""
    has_ci: bool = False

    @property
    def there(self) -> bool:
        return bool(self.path) and Path(self.path).is_dir()

    @property
    def ci(self) -> str:
        return f"{slug(self.name)}-ci"


def projects(store: Store, tekton: Path | None) -> tuple[tuple[Project, ...], tuple[str, ...]]:
    """Everyone once, by name; a folder that is in two lists is that of the first. Second: what could not be read."""
    notes: tuple[str, ...] = ()
    theirs: tuple[TektonProject, ...] = ()
    try:
        theirs = of_tekton(tekton) if tekton is not None else ()
    except ErgonError as error:
        notes = (str(error),)
    found: dict[str, Project] = {}
    ids: set[str] = set()
    for name, path, source, twin in _rows(store, theirs):
        if name in found or (path and any(path == other.path for other in found.values())):
            continue
        wanted = twin.id if twin and source == "tekton" else slug(name) or "project"
        id = next(option for option in _options(wanted) if option not in ids)
        ids.add(id)
        found[name] = Project(id, name, path, source, twin.id if twin else "", bool(twin and twin.has_ci))
    return tuple(sorted(found.values(), key=lambda one: one.name)), notes


def _rows(store: Store, theirs: Iterable[TektonProject]) -> Iterator[tuple[str, str, Source, TektonProject | None]]:
    """In the order that counts; each with what Tekton calls the same folder."""
    by_path = {row.path: row for row in theirs if row.path}
    yield from ((row.name, row.path, "list", by_path.get(row.path)) for row in store.projects.all())
    for known in store.manifests.all():
        folder = Path(known.path).parent
        if known.name and not folder.is_relative_to(OURSELVES):
            yield known.name, str(folder), "manifest", by_path.get(str(folder))
    yield from ((row.name, row.path, "tekton", row) for row in theirs)


def _options(wanted: str) -> Iterator[str]:
    yield wanted
    yield from (f"{wanted}-{number}" for number in range(2, 10_000))


def tekton_of(settings: Settings) -> Path | None:
    return Path(settings.tekton_root) if settings.tekton_root else None


def one(found: Iterable[Project], word: str) -> Project:
    """By id, name, Tekton's id or its CI's name. Raises NoSuchProject with the nearest."""
    rows = list(found)
    for key in ("id", "name", "tekton_id", "ci"):
        for row in rows:
            if getattr(row, key) == word:
                return row
    import difflib

    near = difflib.get_close_matches(word, [row.id for row in rows], 3, 0.3)
    step = f"did you mean {', '.join(near)}?" if near else "ergon-ops project list"
    raise NoSuchProject(f"no project is called {word[:80]!r}", next=step, details={"nearest": near})


def told(store: Store, project: Project) -> Document:
    """A row of `project list`."""
    return {
        "id": project.id,
        "name": project.name,
        "path": project.path,
        "source": project.source,
        "tekton_id": project.tekton_id or None,
        "ci": project.ci,
        "there": project.there,
        "plans": _plans(store, project.path),
        "docker_config": docker_config(store, project.path),
    }


def _plans(store: Store, path: str) -> list[Document]:
    return [
        {"application": row.application, "status": row.status, "detail": row.detail, "at": timestamp(row.at)}
        for row in store.projects.plans(path)
    ]


def docker_config(store: Store, path: str) -> Document | None:
    """What was last written for it, with what is proven of that now; None if nothing was."""
    kept = store.projects.docker_config(path)
    if kept is None:
        return None
    body: Document = json.loads(kept.body)
    proofs = {row.application: row for row in store.projects.plans(path)}
    for row in body["dockerfiles"]:
        proof = proofs.get(row["application"])
        row["status"] = proof.status if proof else "own"
        row["detail"] = proof.detail if proof else ""
    status = status_of(row["status"] for row in body["dockerfiles"])
    return {**body, "status": status, "generated_at": timestamp(kept.at)}


def status_of(statuses: Iterable[str]) -> str:
    """Of several: the worst that counts. Dockerfiles that a person wrote have none of their own until proven."""
    rows = set(statuses) - {"own"}
    return next((word for word in ("failed", "not proven", "proven") if word in rows), "own")
