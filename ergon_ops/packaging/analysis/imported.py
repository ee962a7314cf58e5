"""Packages that sources import where no file says which are needed: a guess that is said to be one, with its lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping

from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.tree import Tree, inside, shown

IMPORT = re.compile(r"(?m)^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)[\w.]*[ \t]+import\b|import[ \t]+([^\n#;(]+))")
# What is imported under another name than it is installed by.
NAMES: dict[str, str] = {
    "attr": "attrs", "bs4": "beautifulsoup4", "cv2": "opencv-python-headless", "dateutil": "python-dateutil",
    "discord": "discord.py", "docx": "python-docx", "dotenv": "python-dotenv", "fasthtml": "python-fasthtml",
    "github": "PyGithub", "grpc": "grpcio", "jose": "python-jose", "jwt": "PyJWT", "magic": "python-magic",
    "markdown": "Markdown", "MySQLdb": "mysqlclient", "nacl": "PyNaCl", "OpenSSL": "pyOpenSSL", "PIL": "Pillow",
    "psycopg2": "psycopg2-binary", "pptx": "python-pptx", "serial": "pyserial", "skimage": "scikit-image",
    "sklearn": "scikit-learn", "slugify": "python-slugify", "socketio": "python-socketio",
    "telegram": "python-telegram-bot", "usb": "pyusb", "win32api": "pywin32", "yaml": "PyYAML", "zmq": "pyzmq",
}  # fmt: skip
MOST_FILES = 500


def imported(tree: Tree, paths: Iterable[str], folders: Iterable[str]) -> Mapping[str, Evidence]:
    """By the name it is installed by, the first line that imports it. What lies in one of `folders` is the project's
    own, what comes with Python is nobody's."""
    places = list(folders)
    found: dict[str, Evidence] = {}
    for path in list(paths)[:MOST_FILES]:
        text = tree.text(path)
        beside = path.rpartition("/")[0] or "."
        for match in IMPORT.finditer(text):
            for name in _names(match):
                if name in sys.stdlib_module_names or any(_here(tree, place, name) for place in {*places, beside}):
                    continue
                line = text.count("\n", 0, match.end() - 1) + 1
                row = Evidence(path, line, shown(text.splitlines()[line - 1]))
                found.setdefault(NAMES.get(name, name.replace("_", "-")), row)
    return dict(sorted(found.items(), key=lambda row: row[0].lower()))


def _names(match: re.Match[str]) -> Iterator[str]:
    """The first parts of what one statement imports."""
    said = [match[1]] if match[1] else [part.split(" as ")[0].split(".")[0].strip() for part in match[2].split(",")]
    return (name for name in said if name.isidentifier() and name != "__future__")


def _here(tree: Tree, folder: str, name: str) -> bool:
    if tree.has(inside(folder, f"{name}.py")) or tree.has(inside(folder, f"{name}/__init__.py")):
        return True
    return any(True for _ in tree.names(inside(folder, name)))
