"""Wheels unpacked as `pip install --target` does it, without pip: the same files, whatever Python runs this.

Layout and file names: the wheel specification (packaging.python.org, binary distribution format); the script's text and
what is written beside the metadata: pip 23 and 24 (`pip/_internal/operations/install/wheel.py`).
"""

from __future__ import annotations

import base64
import configparser
import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image.entries import Entry, Tree, cleaned, file

SCRIPT = """#!{interpreter}
# -*- coding: utf-8 -*-
import re
import sys
from {module} import {name}
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit({call}())
"""
BIN = "bin"
LARGEST = 1024**3


def canonical(name: str) -> str:
    """`Foo_Bar.baz` → `foo-bar-baz`, as PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def unpacked(wheels: Iterable[Path], target: str, *, interpreter: str, requested: Iterable[str] = ()) -> Tree:
    """All of them in one folder of modules, scripts in its `bin`. Raises ErgonError for what is no sound wheel."""
    asked = {canonical(name) for name in requested}
    made: Tree = {}
    for path in sorted(wheels, key=lambda one: one.name):
        try:
            made |= {f"{target}/{name}": entry for name, entry in _wheel(path, interpreter, asked)}
        except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, configparser.Error, OSError) as error:
            raise ErgonError(f"{path.name} is no sound wheel: {error}", next="lock anew: --lock") from error
    return made


def _wheel(path: Path, interpreter: str, asked: set[str]) -> Iterator[tuple[str, Entry]]:
    name, version = path.name.split("-")[:2]
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if sum(info.file_size for info in members) > LARGEST:
            raise ErgonError(f"{path.name} unpacks to more than 1 GiB")
        about = _folder(members, name, version, ".dist-info")
        record = f"{about}/RECORD"
        made: dict[str, Entry] = {}
        renamed: dict[str, str] = {}  # as RECORD has it → as it is on the disk
        for info in members:
            if info.filename in (record, f"{record}.jws", f"{record}.p7s"):
                continue
            where, is_script = _place(info.filename, f"{name}-{version}.data")
            content = archive.read(info)
            mode = 0o755 if (info.external_attr >> 16) & 0o111 else 0o644
            made[where] = file(_shebang(content, interpreter) if is_script else content, mode)
            renamed[info.filename] = where
        made |= _console_scripts(archive, about, interpreter)
        made[f"{about}/INSTALLER"] = file(b"pip\n")
        if canonical(name) in asked:
            made[f"{about}/REQUESTED"] = file(b"")
        made[record] = file(_record(archive.read(record).decode(), record, made, renamed))
    yield from made.items()


def _folder(members: list[zipfile.ZipInfo], name: str, version: str, ending: str) -> str:
    tops = {info.filename.partition("/")[0] for info in members}
    found = [top for top in sorted(tops) if top.endswith(ending) and canonical(top).startswith(canonical(name))]
    if len(found) != 1:
        raise ErgonError(f"{name}-{version} has no metadata of its own", next="lock anew: --lock")
    return found[0]


def _place(name: str, data: str) -> tuple[str, bool]:
    """Where a member goes, and whether it is a script. Raises ErgonError for a name that climbs out."""
    if name.startswith("/") or ".." in name.split("/") or "\\" in name:
        raise ErgonError(f"a wheel has a file named {name!r}")
    if not name.startswith(f"{data}/"):
        return cleaned(name), False
    kind, _, rest = name.removeprefix(f"{data}/").partition("/")
    if kind == "scripts":
        return f"{BIN}/{rest}", True
    if kind == "headers":
        return f"include/python/{data.partition('-')[0]}/{rest}", False
    return cleaned(rest), False


def _shebang(content: bytes, interpreter: str) -> bytes:
    """`#!python` is the wheel's way to say: the Python it is installed for."""
    first, line, rest = content.partition(b"\n")
    return f"#!{interpreter}".encode() + line + rest if first.startswith(b"#!python") else content


def _console_scripts(archive: zipfile.ZipFile, about: str, interpreter: str) -> dict[str, Entry]:
    if f"{about}/entry_points.txt" not in archive.namelist():
        return {}
    points = configparser.RawConfigParser(delimiters=("=",), strict=False)
    points.optionxform = str  # type: ignore[assignment,method-assign]
    points.read_string(archive.read(f"{about}/entry_points.txt").decode())
    made = {}
    for section in ("console_scripts", "gui_scripts"):
        for script, value in points.items(section) if points.has_section(section) else ():
            module, _, call = value.partition("[")[0].strip().partition(":")
            text = SCRIPT.format(interpreter=interpreter, module=module, name=call.partition(".")[0], call=call)
            made[f"{BIN}/{script}"] = file(text.encode(), 0o755)
    return made


def _record(text: str, record: str, made: dict[str, Entry], renamed: dict[str, str]) -> bytes:
    """The list of what was installed, with what was made here in it, as pip writes it."""
    rows = {(record, "", "")}
    was = {row[0]: (row[1], row[2]) for row in csv.reader(text.splitlines()) if len(row) == 3}
    back = {where: name for name, where in renamed.items()}
    for where, entry in made.items():
        content = entry.content if isinstance(entry.content, bytes) else b""
        name = back.get(where, "")
        shown = f"../../{where}" if where.startswith(f"{BIN}/") or (".data/" in name and "lib/" not in name) else where
        same = name in was and not where.startswith(f"{BIN}/")
        rows.add((shown, *was[name]) if same else (shown, _hash(content), str(len(content))))
    output = io.StringIO(newline="")
    csv.writer(output).writerows(sorted(rows))
    return output.getvalue().encode()  # with the line ends of csv, as pip has them


def _hash(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
