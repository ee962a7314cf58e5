"""The two folders an operator edits, `tools/` and `prompts/`: where they are, and how they are loaded.

Both ship in the wheel as `ergon_ops/_shipped/<name>`; in a checkout they lie at the top. An operator's own folders come
first: a file of the same name hides ours. Tools are imported under the private package name `ergon_tools`, whose search
path is that list, so relative imports between tool files work and an operator's file can still use shipped helpers.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Literal

from ergon_ops.errors import UsageError
from ergon_ops.tool import Tool, kind_of, tool_of

Kind = Literal["tools", "prompts"]
PACKAGE = "ergon_tools"
# What a file of tools may fail with while it is imported; anything else is a bug to be seen.
_IMPORT_FAILURES = (
    ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError, LookupError, ArithmeticError, OSError,
    RuntimeError,
)  # fmt: skip


def shipped(kind: Kind) -> Path:
    """Our own folder of that kind, in a wheel or in a checkout."""
    inside = Path(__file__).parent / "_shipped" / kind
    return inside if inside.is_dir() else Path(__file__).parent.parent / kind


def search_path(kind: Kind, operator: Sequence[Path] = ()) -> tuple[Path, ...]:
    """The operator's folders, then ours. Raises UsageError for one that is missing or that others can write to."""
    for folder in operator:
        if not folder.is_dir():
            raise UsageError(f"the {kind} folder {folder} is not there", next=f"make it, or unset it in {kind}")
        _refuse_shared(folder)
    return (*operator, shipped(kind))


def load_tools(operator: Sequence[Path] = ()) -> dict[str, Tool]:
    """Every tool by name. Loading runs code: an operator's folder must be theirs alone, and their tools are reads."""
    folders = search_path("tools", operator)
    _make_package(folders)
    found: dict[str, Tool] = {}
    for info in sorted(pkgutil.iter_modules([str(folder) for folder in folders]), key=lambda info: info.name):
        if info.name.startswith("_"):
            continue
        module = _imported(info.name)
        own = shipped("tools") not in Path(str(module.__file__)).parents
        for tool in _tools_in(module, own=own):
            if tool.name in found:
                raise UsageError(
                    f"two files define the tool {tool.name!r}", next=f"rename the one in {module.__file__}"
                )
            found[tool.name] = tool
    return found


def prompt(name: str, operator: Sequence[Path] = ()) -> str:
    """The text of `prompts/<name>.md`, the operator's before ours, placeholders as they stand."""
    for folder in search_path("prompts", operator):
        path = folder / f"{name}.md"
        if path.is_file():
            try:
                return path.read_text("utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(
                    f"the prompt {path} cannot be read: {error}", next="correct it: text in UTF-8"
                ) from error
    raise UsageError(f"there is no prompt {name!r}", next=f"add {name}.md to {shipped('prompts')}")


def render(name: str, values: Mapping[str, str], *, operator: Sequence[Path] = ()) -> str:
    """A prompt with every `$name` filled in. Raises UsageError listing all names that are missing or not used."""
    from string import Template

    template = Template(prompt(name, operator))
    if not template.is_valid():
        raise UsageError(f"prompt {name!r} has a $ that starts no name", next="write $$ for a dollar sign")
    wanted = set(template.get_identifiers())
    missing, unknown = sorted(wanted - values.keys()), sorted(values.keys() - wanted)
    problems = [f"needs ${', $'.join(missing)}"] * bool(missing) + [f"does not use ${', $'.join(unknown)}"] * bool(
        unknown
    )
    if problems:
        raise UsageError(f"prompt {name!r} {' and '.join(problems)}", next="correct its placeholders")
    return template.substitute(values)


def _make_package(folders: Sequence[Path]) -> None:
    """`ergon_tools` with this search path; modules of an earlier path are forgotten."""
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(PACKAGE + ".")]:
        del sys.modules[name]
    package = ModuleType(PACKAGE, "The tools that are loaded: an operator's, then ours.")
    package.__path__ = [str(folder) for folder in folders]
    sys.modules[PACKAGE] = package
    importlib.invalidate_caches()


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"{PACKAGE}.{name}")
    except _IMPORT_FAILURES as error:
        text = f"the tool file {name}.py cannot be loaded: {type(error).__name__}: {error}"
        raise UsageError(text, next="correct or remove the file") from error


def _tools_in(module: ModuleType, *, own: bool) -> list[Tool]:
    """The marked functions a file defines itself, not those it imports."""
    marked = [item for item in vars(module).values() if kind_of(item) and item.__module__ == module.__name__]
    tools = [tool_of(function, own=own) for function in marked]
    for tool in tools:
        if own and tool.kind == "change":
            text = f"{module.__file__}: {tool.name} is marked @change, and an operator's tools are reads"
            raise UsageError(text, next="mark it @read and propose nothing")
    return tools


def _refuse_shared(folder: Path) -> None:
    """Who can write a tool file runs code as us: neither the folder nor a file in it may be writable by others."""
    for path in (folder, *sorted(folder.glob("*.py"))):
        found = path.stat()
        if found.st_uid not in (0, os.geteuid()):
            raise UsageError(f"{path} belongs to somebody else", next=f"chown it, or do not name {folder}")
        shared = found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and found.st_gid != os.getegid())
        if shared:
            raise UsageError(f"others can write to {path}", next=f"chmod go-w {path}")
