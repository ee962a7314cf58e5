"""A project's files, walked once: names and sizes of all of them, texts of those that are asked for.

Links that leave the tree are never followed, devices and pipes never opened, files beyond a size never read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from ergon_ops.errors import UsageError
from ergon_ops.packaging.analysis.evidence import Evidence, Fault

LARGEST_TEXT = 1024 * 1024
MOST_FILES = 200_000
DEEPEST = 40
# Nobody's sources: made by tools, or brought along by them.
LEFT_OUT = frozenset(
    """.git .hg .svn node_modules bower_components .venv venv env __pycache__ .tox .nox .mypy_cache .pytest_cache
    .ruff_cache .idea .vscode .next .nuxt .output .svelte-kit .turbo .cache .parcel-cache .terraform .gradle target
    site-packages dist build vendor third_party .eggs coverage htmlcov Pods""".split()  # noqa: SIM905
)
SHARED_NAMES = ("env",)  # of a virtual environment, and of somebody's sources
# Not what the project is, unless there is nothing else.
ASIDE = frozenset(
    """test tests __tests__ spec specs e2e example examples sample samples demo demos doc docs fixtures benchmark
    benchmarks testdata scripts tools contrib""".split()  # noqa: SIM905
)


class Tree:
    """`files` are paths relative to the root, with `/`, sorted; `faults` what could not be looked at."""

    def __init__(self, root: Path) -> None:
        """Raises UsageError for what is no folder, or cannot be listed."""
        if not root.exists():
            raise UsageError(f"there is no {root}", next="name a project's folder")
        if not root.is_dir():
            raise UsageError(f"{root} is not a folder", next="name the folder that it is in")
        self.root = root.resolve()
        self._prefix = f"{self.root}/"
        self.faults: list[Fault] = []
        self.files: dict[str, int] = {}
        self._texts: dict[str, str] = {}
        self._walk()
        self._by_folder: dict[str, list[str]] = {}
        for path in self.files:
            folder, _, name = path.rpartition("/")
            self._by_folder.setdefault(folder or ".", []).append(name)

    def _walk(self) -> None:
        todo = [("", 0)]
        while todo:
            folder, depth = todo.pop()
            try:
                entries = sorted(os.scandir(self.root / folder if folder else self.root), key=lambda one: one.name)
            except OSError as error:
                if not folder:
                    raise UsageError(
                        f"{self.root} cannot be read: {error.strerror}", next="check its rights"
                    ) from error
                self.fault(folder, f"cannot be read: {error.strerror}")
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if self._takes(entry, path) and depth < DEEPEST:
                    todo.append((path, depth + 1))
            if len(self.files) > MOST_FILES:
                raise UsageError(f"{self.root} has more than {MOST_FILES} files", next="name the project's own folder")
        self.files = dict(sorted(self.files.items()))

    def _takes(self, entry: os.DirEntry[str], path: str) -> bool:
        """Notes a file; True for a folder to go on with."""
        try:
            path.encode("utf-8")
            if entry.is_symlink():
                self._link(entry, path)
                return False
            if entry.is_dir(follow_symlinks=False):
                return entry.name not in LEFT_OUT or (entry.name in SHARED_NAMES and not _environment(entry.path))
            found = entry.stat(follow_symlinks=False)
        except UnicodeEncodeError:
            self.fault(path.encode("utf-8", "backslashreplace").decode(), "its name is not UTF-8")
            return False
        except OSError as error:
            self.fault(path, f"cannot be read: {error.strerror}")
            return False
        if stat.S_ISREG(found.st_mode):
            self.files[path] = found.st_size
        return False

    def _link(self, entry: os.DirEntry[str], path: str) -> None:
        target = Path(os.path.realpath(entry.path))
        if target != self.root and self.root not in target.parents:
            self.fault(path, "is a link that leaves the project: it is not followed")
        elif target.is_file():
            self.files[path] = target.stat().st_size

    def fault(self, file: str, message: str, line: int = 0) -> None:
        found = Fault(file, line, message)
        if found not in self.faults:
            self.faults.append(found)

    def has(self, path: str) -> bool:
        return path in self.files

    def names(self, folder: str) -> Sequence[str]:
        """The names of the files in one folder (`.` is the root)."""
        return self._by_folder.get(folder, ())

    def folders(self) -> Sequence[str]:
        """Folders that have files of their own, `.` first, aside ones last."""
        return sorted(self._by_folder, key=lambda folder: (aside(folder), folder != ".", folder))

    def text(self, path: str) -> str:
        """Empty for a file that is not there, too large or cannot be read; the latter two are faults."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def _read(self, path: str) -> str:
        size = self.files.get(path)
        if size is None:
            return ""
        if size > LARGEST_TEXT:
            self.fault(path, f"is too large to be read ({size / 1024**2:.0f} MiB)")
            return ""
        try:
            with open(f"{self._prefix}{path}", "rb") as file:  # a Path for each of thousands costs more than reading
                return file.read(LARGEST_TEXT).decode("utf-8", "replace").removeprefix("\ufeff")
        except OSError as error:
            self.fault(path, f"cannot be read: {error.strerror}")
            return ""

    def under(self, folder: str, *endings: str) -> Iterator[str]:
        """Files below a folder with one of these endings."""
        prefix = "" if folder == "." else f"{folder}/"
        return (path for path in self.files if path.startswith(prefix) and path.endswith(endings))

    def line(self, path: str, number: int) -> Evidence:
        lines = self.text(path).splitlines()
        return Evidence(path, number, shown(lines[number - 1]) if 0 < number <= len(lines) else "")

    def find(self, path: str, needle: str, *, after: int = 0) -> Evidence:
        """The first line that has `needle`; the whole file if none has."""
        for number, line in enumerate(self.text(path).splitlines(), 1):
            if number > after and needle in line:
                return Evidence(path, number, shown(line))
        return Evidence(path)


def _environment(folder: str) -> bool:
    """A virtual environment of Python, or one of conda."""
    made = ("pyvenv.cfg", "conda-meta", "bin/activate", "bin/python", "Scripts", "lib/python3")
    return any(os.path.exists(os.path.join(folder, name)) for name in made)


def shown(line: str) -> str:
    """A line as it may be told: one line of at most 120 characters, without secrets."""
    from ergon_ops.redaction import safe_text

    return safe_text(" ".join(line.split()), 120)


def inside(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def relative(path: str, folder: str) -> str:
    return path if folder == "." else path.removeprefix(f"{folder}/")


def within(path: str, folder: str) -> bool:
    """Whether a file or folder is the folder or lies in it."""
    return folder == "." or path == folder or path.startswith(f"{folder}/")


@lru_cache(maxsize=4096)
def aside(folder: str) -> bool:
    return any(part.lower() in ASIDE for part in folder.split("/"))
