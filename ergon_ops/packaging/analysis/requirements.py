"""What a Python project says it needs: names as PEP 503 writes them, each with the line that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.tree import Tree, inside, shown

NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?")
MARKERS = ("requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "manage.py", "environment.yml")
TOML_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")
# File → manager, the first that is there wins.
LOCKS = (
    ("uv.lock", "uv"),
    ("poetry.lock", "poetry"),
    ("pdm.lock", "pdm"),
    ("Pipfile.lock", "pipenv"),
    ("Pipfile", "pipenv"),
)

FOR_USE = ("prod", "deploy", "main", "requirements", "base", "common")  # of several files, the one an image needs


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def load_toml(tree: Tree, path: str) -> Mapping[str, Any]:
    """Empty for what is not TOML: that is a fault, with its line."""
    import tomllib

    try:
        return tomllib.loads(tree.text(path))
    except tomllib.TOMLDecodeError as error:
        line = TOML_LINE.search(str(error))
        number = int(line[1]) if line and line[1] else tree.text(path).count("\n") + 1
        tree.fault(path, f"is not TOML: {TOML_LINE.sub('', str(error)).lower()}", number)
        return {}


def requirements(tree: Tree, folder: str) -> dict[str, Evidence]:
    """Everything one folder's files ask for, extras as `name[extra]` beside the name. Development groups stay out."""
    found: dict[str, Evidence] = {}
    for name in tree.names(folder):
        path = inside(folder, name)
        if re.fullmatch(r"requirements(?!.*(dev|test|doc|lint))[\w.-]*\.(txt|in)", name):
            _lines(tree, path, found, set())
        elif name == "pyproject.toml":
            _pyproject(tree, path, found)
        elif name == "Pipfile":
            _add_all(tree, path, load_toml(tree, path).get("packages"), found)
        elif name in ("setup.py", "setup.cfg"):
            _setup(tree, path, found)
        elif name in ("environment.yml", "environment.yaml"):
            _conda(tree, path, found)
    for path in tree.under(inside(folder, "requirements"), ".txt"):
        if not re.search(r"dev|test|doc|lint", path.rsplit("/", 1)[-1]):
            _lines(tree, path, found, set())
    return found


def _lines(tree: Tree, path: str, found: dict[str, Evidence], seen: set[str]) -> None:
    """A requirements file, with those it includes."""
    if path in seen or len(seen) > 20:
        return
    seen.add(path)
    folder = path.rpartition("/")[0] or "."
    for number, line in enumerate(tree.text(path).splitlines(), 1):
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if more := re.match(r"(?:-r|--requirement)[ =]?\s*(\S+)", text):
            _lines(tree, inside(folder, more[1].removeprefix("./")), found, seen)
        elif text and not text.startswith("-"):
            egg = re.search(r"[#&]egg=([\w.-]+)", line)
            _add(egg[1] if egg else text, Evidence(path, number, shown(text)), found)


def _add(requirement: str, evidence: Evidence, found: dict[str, Evidence]) -> None:
    if match := NAME.match(requirement):
        name = canonical(match[1])
        found.setdefault(name, evidence)
        for extra in re.findall(r"[\w.-]+", match[2] or ""):
            found.setdefault(f"{name}[{extra.lower()}]", evidence)


def _add_all(tree: Tree, path: str, listed: object, found: dict[str, Evidence]) -> None:
    """A list of requirements, or a table of names as Poetry and Pipenv write it."""
    for item in listed if isinstance(listed, list | dict) else ():
        if isinstance(item, str) and item != "python":
            key = re.split(r"[\[ <>=!~;@]", item, maxsplit=1)[0]
            _add(item, tree.find(path, key), found)
            more = listed[item] if isinstance(listed, dict) else None
            if isinstance(more, dict) and isinstance(more.get("extras"), list):
                _add(f"{key}[{','.join(map(str, more['extras']))}]", tree.find(path, key), found)


def _pyproject(tree: Tree, path: str, found: dict[str, Evidence]) -> None:
    document = load_toml(tree, path)
    project = table(document, "project")
    _add_all(tree, path, project.get("dependencies"), found)
    for name, listed in table(project, "optional-dependencies").items():
        if not re.search(r"dev|test|doc|lint", name):
            _add_all(tree, path, listed, found)
    _add_all(tree, path, table(document, "tool", "poetry").get("dependencies"), found)


def table(document: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        inner = document.get(key)
        document = inner if isinstance(inner, dict) else {}
    return document


def _conda(tree: Tree, path: str, found: dict[str, Evidence]) -> None:
    """What conda installs, and what it has pip install; most of it is called the same on PyPI."""
    listed = False
    for number, line in enumerate(tree.text(path).splitlines(), 1):
        if re.match(r"\w", line):
            listed = line.startswith("dependencies")
        elif (
            listed
            and (row := re.match(r"\s*-\s*['\"]?(?:[\w-]+::)?([A-Za-z][\w.\[\]-]*)", line))
            and row[1] != "python"
        ):
            _add(row[1].rstrip(":"), Evidence(path, number, shown(line)), found)


def _setup(tree: Tree, path: str, found: dict[str, Evidence]) -> None:
    """`install_requires` of setup.py (a literal list) or setup.cfg."""
    text = tree.text(path)
    pattern = r"install_requires\s*=\s*\[(.*?)\]" if path.endswith(".py") else r"install_requires\s*=((?:\n[ \t]+.*)*)"
    for block in re.findall(pattern, text, re.DOTALL if path.endswith(".py") else 0):
        rows = re.findall(r"['\"]([^'\"]+)['\"]", block) if path.endswith(".py") else block.split("\n")
        for row in filter(None, map(str.strip, rows)):
            _add(row, tree.find(path, row), found)


def manager(tree: Tree, folder: str) -> tuple[str, str, Evidence | None]:
    """Package manager, the file it reads, and why: requirements.txt > uv > poetry > pdm > Pipenv > setuptools."""
    names = tree.names(folder)
    plain = [name for name in names if re.fullmatch(r"requirements[\w.-]*\.txt", name)]
    if plain:
        name = "requirements.txt" if "requirements.txt" in plain else plain[0]
        return "pip", name, Evidence(inside(folder, name))
    inner = [name for name in tree.names(inside(folder, "requirements")) if name.endswith(".txt")]
    if inner and not any(name in names for name, _ in LOCKS):
        best = min(inner, key=lambda name: (next((at for at, word in enumerate(FOR_USE) if word in name), 9), name))
        return "pip", f"requirements/{best}", Evidence(inside(folder, f"requirements/{best}"))
    for name, what in LOCKS:
        if name in names:
            file = "Pipfile" if what == "pipenv" and "Pipfile" in names else "pyproject.toml"
            return what, file, Evidence(inside(folder, name))
    if "pyproject.toml" in names:
        path = inside(folder, "pyproject.toml")
        poetry = table(load_toml(tree, path), "tool", "poetry")
        return ("poetry" if poetry else "pip"), "pyproject.toml", Evidence(path)
    for name in ("setup.py", "setup.cfg"):
        if name in names:
            return "pip", name, Evidence(inside(folder, name))
    return "", "", None


def python_version(tree: Tree, folder: str) -> tuple[str, Evidence | None]:
    """`3.12`, and the line that asks for it; '' where any will do."""
    for path in dict.fromkeys((inside(folder, ".python-version"), ".python-version", inside(folder, "runtime.txt"))):
        if found := re.match(r"\s*(?:python-?)?(3\.\d+)", tree.text(path)):
            return found[1], Evidence(path, 1, shown(tree.text(path).split("\n")[0]))
    for path, key, word in _declared(tree, folder):
        if word:
            return best_version(word), tree.find(path, key)
    return "", None


def _declared(tree: Tree, folder: str) -> Iterator[tuple[str, str, str]]:
    path = inside(folder, "pyproject.toml")
    if tree.has(path):
        document = load_toml(tree, path)
        yield path, "requires-python", str(table(document, "project").get("requires-python") or "")
        yield path, "python", str(table(document, "tool", "poetry", "dependencies").get("python") or "")
    path = inside(folder, "Pipfile")
    if tree.has(path):
        yield path, "python_version", str(table(load_toml(tree, path), "requires").get("python_version") or "")


USUAL = ("3.11", "3.12", "3.13", "3.14", "3.10", "3.9", "3.8")  # the first that fits; 3.11 is what Debian stable has


def best_version(wanted: str, usual: tuple[str, ...] = USUAL) -> str:
    """The first usual version that a specifier (`>=3.9,<4`, `^3.12`, `~=3.10`, `20.x`, `>=18`) allows."""
    for version in usual:
        if all(_allows(part, version) for part in re.split(r"[,\s]+(?=[<>=!~^])|,", wanted) if part.strip()):
            return version
    plain = re.search(r"\d+(?:\.\d+)?", wanted)
    return plain[0] if plain else ""


def _allows(part: str, version: str) -> bool:
    match = re.match(r"\s*(>=|<=|==|!=|~=|~|\^|>|<)?\s*v?(\d+(?:\.\d+)*)(?:\.[x*])?", part)
    if match is None:
        return True
    sign, bound = match[1] or "==", [int(number) for number in match[2].split(".")]
    have = [int(number) for number in version.split(".")]
    size = min(len(have), len(bound))
    same = have[:size] == bound[:size]
    match sign:
        case ">=":
            return have[:size] >= bound[:size]
        case ">":
            return have[:size] > bound[:size] or (same and len(bound) > len(have))
        case "<=":
            return have[:size] <= bound[:size]
        case "<":
            return have[:size] < bound[:size]
        case "!=":
            return not same
        case "==":
            return same
        case "~" | "~=" if len(bound) > 2:
            return same
        case _:  # ^3.11, ~=3.10: the same first number, at least the rest
            return have[0] == bound[0] and have[:size] >= bound[:size]


def included(tree: Tree, path: str) -> tuple[str, ...]:
    """The files a requirements file includes, and those they include."""
    found: list[str] = []
    todo = [path]
    while todo:
        here = todo.pop()
        folder = here.rpartition("/")[0] or "."
        for name in re.findall(r"(?m)^\s*(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)", tree.text(here)):
            other = inside(folder, name.removeprefix("./"))
            if tree.has(other) and other not in (*found, path):
                found.append(other)
                todo.append(other)
    return tuple(sorted(found))


def packages(tree: Tree, folder: str) -> tuple[str, ...]:
    """What pyproject.toml, a Pipfile or setup.py asks for, in pip's own words."""
    path = inside(folder, "pyproject.toml")
    document = load_toml(tree, path) if tree.has(path) else {}
    project = table(document, "project").get("dependencies")
    if isinstance(project, list):
        return tuple(item for item in project if isinstance(item, str))
    listed: Mapping[str, Any] = table(document, "tool", "poetry", "dependencies")
    if not listed and tree.has(inside(folder, "Pipfile")):
        listed = table(load_toml(tree, inside(folder, "Pipfile")), "packages")
    if listed:
        return tuple(filter(None, (_pips(name, said) for name, said in listed.items() if name != "python")))
    return tuple(sorted(name for name in requirements(tree, folder) if "[" not in name))


def _pips(name: str, said: object) -> str:
    """`^1.2` → `>=1.2,<2`. What is kept elsewhere (a path, a repository) is left out."""
    extras = ""
    if isinstance(said, dict):
        if not isinstance(said.get("version"), str):
            return ""
        extras = f"[{','.join(map(str, said['extras']))}]" if isinstance(said.get("extras"), list) else ""
        said = said["version"]
    version = str(said).strip()
    if version in ("*", ""):
        return name + extras
    if match := re.fullmatch(r"\^\s*(\d+)((?:\.\d+)*)", version):
        top = f"{int(match[1]) + 1}" if match[1] != "0" else f"0.{int((match[2] or '.0').split('.')[1]) + 1}"
        return f"{name}{extras}>={match[1]}{match[2]},<{top}"
    if match := re.fullmatch(r"~\s*(\d+\.\d+(?:\.\d+)?)", version):
        return f"{name}{extras}~={match[1]}" if match[1].count(".") > 1 else f"{name}{extras}=={match[1]}.*"
    return name + extras + (version if version[0] in "<>=!~" else f"=={version}")
