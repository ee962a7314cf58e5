"""Tekton's own list of projects, read and never written.

Source: Tekton `tekton/core/project_manager.py`: `projects` of `$TEKTON_ROOT/.tekton/projects/projects.json`, replaced
atomically by whoever changes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError

PLACE = Path(".tekton/projects/projects.json")
LARGEST = 16 * 1024 * 1024


class ProjectsUnreadable(ErgonError):
    code = "projects_unreadable"


@dataclass(frozen=True, slots=True)
class TektonProject:
    """`path` may be empty, or a folder that is not there; `has_ci`: Tekton itself gives it the name `<name>-ci`."""

    id: str
    name: str
    path: str
    state: str
    has_ci: bool


def projects(root: Path) -> tuple[TektonProject, ...]:
    """Empty where Tekton keeps no list. Raises ProjectsUnreadable for one that cannot be used; a row that says neither
    id nor name is left out."""
    path = root / PLACE
    try:
        if path.stat().st_size > LARGEST:
            raise ProjectsUnreadable(f"{path} is too large to be a list of projects", next="it is left out")
        body = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, RecursionError) as error:
        raise ProjectsUnreadable(f"{path} cannot be read: {error}", next="Tekton's projects are left out") from error
    rows = body.get("projects") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise ProjectsUnreadable(f"{path} is no list of projects", next="Tekton's projects are left out")
    return tuple(found for row in rows if (found := _project(row)) is not None)


def _project(row: Any) -> TektonProject | None:
    def text(key: str) -> str:
        return row[key].strip() if isinstance(row.get(key), str) else ""

    if not isinstance(row, dict) or not text("name"):
        return None
    folder = text("local_directory")
    path = str(Path(folder).expanduser()) if folder.startswith(("/", "~/")) else ""
    return TektonProject(
        text("id") or text("name"), text("name"), path, text("state"), bool(text("companion_intelligence"))
    )
