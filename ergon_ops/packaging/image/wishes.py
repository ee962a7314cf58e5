"""What a project asks for, in its package manager's own words; and what another lock of its own fixes already."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.manifest.canonical import digest
from ergon_ops.packaging.image.workspaces import members
from ergon_ops.packaging.plan import Unpack

LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
NPM_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wishes:
    """`digest` is of everything that a lock follows from; `words` are pip's; `constraints` `name==version`."""

    digest: str
    words: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()


def wishes(step: Unpack, context: Path) -> Wishes:
    """Raises UsageError for a file that cannot be read, with its line where it has one."""
    texts = {name: _read(context / name) for name in step.files}
    more = LOCKS if step.manager == "pip" else (*NPM_LOCKS, *members(context))
    for name in more:
        if name not in texts and (context / name).is_file():
            texts[name] = _read(context / name)
    about = {name: hashlib.sha256(content).hexdigest() for name, content in texts.items()}
    asked = digest(
        {
            "manager": step.manager,
            "files": about,
            "packages": list(step.packages),
            "production": step.production,
        }
    )
    if step.manager != "pip":
        return Wishes(asked)
    words = ("-r", step.files[0]) if step.files else step.packages
    lines = [line for name in step.files for line in texts[name].decode("utf-8-sig", "replace").splitlines()]
    requested = sorted({name for line in (*lines, *step.packages) if (name := _name(line))})
    fixed = tuple(sorted({line for name in LOCKS if name in texts for line in _fixed(context / name, texts[name])}))
    return Wishes(asked, words, fixed, tuple(requested))


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is too large to be read", next="is this the list of dependencies?")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", next="check the file and its rights") from error


def _name(line: str) -> str:
    found = re.match(r"\s*([A-Za-z0-9][\w.-]*)", line)
    return found[1] if found and "://" not in line.partition("#")[0].partition("@")[0] else ""


def _fixed(path: Path, content: bytes) -> list[str]:
    """Versions that uv, Poetry, PDM or Pipenv chose."""
    import tomllib

    try:
        if path.name.endswith("Pipfile.lock"):
            found: dict[str, Any] = json.loads(content).get("default") or {}
            return [f"{name}{row['version']}" for name, row in found.items() if row.get("version")]
        rows = tomllib.loads(content.decode("utf-8-sig")).get("package") or []
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}", next="correct it, or make it anew") from error
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}: {error.msg}", next="correct it, or make it anew") from error
    except (UnicodeDecodeError, AttributeError, TypeError) as error:
        raise UsageError(f"{path} is no lock: {error}", next="make it anew") from error
    kept = [row for row in rows if isinstance(row, dict) and row.get("version")]
    return [f"{row['name']}=={row['version']}" for row in kept if not _own(row)]


def _own(row: dict[str, Any]) -> bool:
    """The project itself, and folders beside it."""
    source = row.get("source")
    return isinstance(source, dict) and any(key in source for key in ("virtual", "editable", "directory", "path"))
