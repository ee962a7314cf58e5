"""Commands that a project writes down for its own people: Makefiles, task tables, start scripts, a server's own
configuration. They tell on which port a program we found is meant to be; what they name is never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.listening import Numbers
from ergon_ops.packaging.analysis.requirements import load_toml, table
from ergon_ops.packaging.analysis.tree import Tree, inside, shown

FILES = (
    "Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "Taskfile.yml", "Taskfile.yaml", "supervisord.conf",
    "supervisor.conf", "nixpacks.toml", "railway.toml", "railway.json", "render.yaml", "app.yaml", "tasks.py",
)  # fmt: skip
FOLDERS = ("scripts", "bin", "docker", "deploy", "etc", "supervisor")  # of commands, beside the sources
PORT = re.compile(
    r"(?:--(?:server\.)?port|--bind|--listen|--http|-b|-p|runserver|(?:FLASK_RUN_|UVICORN_)?PORT=)"
    r"[ =]?[\"']?(?:(?:tcp|https?)://)?(?:[\w.\[\]*]*:)*(\d{2,5})\b"
)
GIVEN = re.compile(r"(?m)^(?:export\s+)?(\w+)\s*(?:[:?]?=)\s*['\"]?(\d{2,5})['\"]?\s*(?:#.*)?$")
NAMED = re.compile(r"\$(?:\((\w+)\)|\{\{?\s*(\w+)(?:\s*:?-\s*(\d+))?\s*\}?\}|(\w+))|\{\{\s*\.?(\w+)\s*\}\}")
# Files a server reads by itself, or is always given: where the number stands in them.
SERVERS = "uvicorn|gunicorn|hypercorn|granian|daphne|flask|streamlit|fastapi|waitress-serve|chainlit"
CALLED = re.compile(
    rf"\[\s*(?:sys\.executable,\s*['\"]-m['\"],\s*)?['\"](?:{SERVERS})['\"][^\]]*\]"
    rf"|(?:system|run|call|Popen|check_call)\(\s*f?['\"]((?:python3? -m )?(?:{SERVERS})\b[^'\"\n]*)['\"]"
)
CONFIG = re.compile(r"(?:-c|--config)[ =]?(?:python:|file:)?([\w./-]+\.py)\b")
OTHER = re.compile(r"(?:-c|--config)[ =]?(?:file:)?([\w./-]+\.toml)\b")
KEPT: Mapping[str, tuple[str, str]] = {
    "streamlit": (".streamlit/config.toml", r"(?ms)^\[server\][^\[]*?^port\s*=\s*(\d{2,5})"),
    "flask": (".flaskenv", r"(?m)^FLASK_RUN_PORT\s*=\s*['\"]?(\d{2,5})"),
    "hypercorn": ("hypercorn.toml", r"(?m)^bind\s*=.*:(\d{2,5})['\"]"),
}


def port_said(tree: Tree, folder: str, kind: str, server: str, names: tuple[str, ...]) -> tuple[int, Evidence] | None:
    """Of the server's own file, else of a command that names the program by one of `names`."""
    if server == "gunicorn" and (own := bound(tree, inside(folder, "gunicorn.conf.py"))):
        return own
    for key in (kind, server):
        if key in KEPT and (own := kept_by(tree, folder, key)):
            return own
    return _commanded(tree, folder, names)


def kept_by(tree: Tree, folder: str, server: str, said: str = "") -> tuple[int, Evidence] | None:
    """Of the file that a server reads by itself, or of the one that its command names."""
    name, pattern = KEPT[server]
    other = OTHER.search(said)
    path = inside(folder, other[1].removeprefix("./") if other else name)
    if found := re.search(pattern, tree.text(path)):
        return int(found[1]), tree.line(path, tree.text(path).count("\n", 0, found.start(1)) + 1)
    return None


def _commanded(tree: Tree, folder: str, names: tuple[str, ...]) -> tuple[int, Evidence] | None:
    wanted = re.compile("|".join(rf"(?<![\w.]){name}" for name in names))
    for text, why in commands(tree, folder):
        if wanted.search(text) and (found := PORT.search(text)) and 80 <= int(found[1]) <= 65535:
            return int(found[1]), why
        other = CONFIG.search(text) if wanted.search(text) else None
        if other and (there := bound(tree, inside(folder, other[1].removeprefix("./")))):
            return there
    return None


def bound(tree: Tree, path: str) -> tuple[int, Evidence] | None:
    """What gunicorn's own file, which is Python, binds to."""
    try:
        module = ast.parse(tree.text(path))
    except (SyntaxError, ValueError, RecursionError):
        return None
    numbers = Numbers(ast.unparse)
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            numbers.keep(name, node.value)
            if name == "bind" and (number := numbers.number(node.value)) is not None:
                return number, tree.line(path, node.lineno)
    return None


def commands(tree: Tree, folder: str) -> Iterator[tuple[str, Evidence]]:
    """Every command written down, numbers filled in where the same file gives them a name."""
    yield from _tasks(tree, folder)
    for path in (*(inside(folder, name) for name in FILES), *_scripts(tree, folder)):
        yield from lines(tree, path)
    for path in (inside(folder, name) for name in tree.names(folder) if name.endswith(".py")):
        yield from _called(tree, path)
    entered = re.compile(rf"\bcd\s+(?:\./)?{re.escape(folder)}/?\s*(?:&&|;)\s*(.+)")
    for text, why in (row for name in FILES for row in lines(tree, name)) if folder != "." else ():
        if found := entered.search(text):
            yield found[1], why


def _called(tree: Tree, path: str) -> Iterator[tuple[str, Evidence]]:
    """`subprocess.run(["uvicorn", …])`, `os.system("uvicorn …")`, `sys.argv = ["streamlit", …]`."""
    text = tree.text(path)
    for match in CALLED.finditer(text) if any(word in text for word in ("subprocess", "os.", "argv")) else ():
        words = " ".join(re.findall(r"['\"]([^'\"\n]*)['\"]", match[0])) if match[0][0] == "[" else match[1]
        last = text.count("\n", 0, match.end()) + 1
        told = next((row for row in range(last, 0, -1) if re.search(r"\d{3,5}", tree.line(path, row).says)), last)
        yield words, tree.line(path, told)


def _scripts(tree: Tree, folder: str) -> Iterator[str]:
    for place in (folder, *(inside(folder, name) for name in FOLDERS)):
        yield from (inside(place, name) for name in tree.names(place) if re.search(r"\.(?:sh|service|conf)$", name))


def lines(tree: Tree, path: str) -> Iterator[tuple[str, Evidence]]:
    """A file's commands, continued lines joined; each with the line it ends on, where most say their port."""
    text = tree.text(path)
    given = dict(GIVEN.findall(text))
    before = ""
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip()
        if not plain or plain.startswith("#") or GIVEN.match(line):
            continue
        if plain.endswith("\\"):
            before += f"{plain[:-1]} "
            continue
        yield filled(before + plain, given), Evidence(path, number, shown(line))
        before = ""


def filled(text: str, given: Mapping[str, str] = MappingProxyType({})) -> str:
    """`${PORT:-8000}`, `$(PORT)`, `{{port}}` as what they stand for, where anything says it."""
    return NAMED.sub(partial(_filled, given), text)


def _filled(given: Mapping[str, str], match: re.Match[str]) -> str:
    name = match[1] or match[2] or match[4] or match[5]
    return given.get(name) or match[3] or match[0]


def _tasks(tree: Tree, folder: str) -> Iterator[tuple[str, Evidence]]:
    """`[scripts]` of a Pipfile, the tables of pdm, hatch, poe, taskipy, rye."""
    path = inside(folder, "Pipfile")
    if tree.has(path):
        yield from _texts(tree, path, table(load_toml(tree, path), "scripts"))
    path = inside(folder, "pyproject.toml")
    if tree.has(path):
        yield from _texts(tree, path, table(load_toml(tree, path), "tool"), within_scripts=False)


def _texts(tree: Tree, path: str, said: Any, *, within_scripts: bool = True) -> Iterator[tuple[str, Evidence]]:
    if isinstance(said, str) and within_scripts and " " in said:
        yield said, tree.find(path, said.splitlines()[0])
    elif isinstance(said, dict):
        for key, value in said.items():
            yield from _texts(tree, path, value, within_scripts=within_scripts or key in ("scripts", "tasks"))
    elif isinstance(said, list):
        for value in said:
            yield from _texts(tree, path, value, within_scripts=within_scripts)
