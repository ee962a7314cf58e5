"""The words that a project's own people start a program with — an image, a service, a unit, a line of the README —
where they start the very one that was found and would run here as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ergon_ops.packaging.analysis.configured import FOREIGN, files
from ergon_ops.packaging.analysis.containers import Dockerfile, words_of
from ergon_ops.packaging.analysis.evidence import Application, Evidence, Service
from ergon_ops.packaging.analysis.hosts import started
from ergon_ops.packaging.analysis.launching import Launch, launched, of_image, of_service, unwrapped
from ergon_ops.packaging.analysis.mcp import spoken_port
from ergon_ops.packaging.analysis.own_words import Adopted, of_language
from ergon_ops.packaging.analysis.requirements import load_toml, requirements, table
from ergon_ops.packaging.analysis.said import CONFIG, KEPT, bound, commands, kept_by
from ergon_ops.packaging.analysis.said import PORT as SAID_PORT
from ergon_ops.packaging.analysis.tree import Tree, inside, shown

USUAL = {
    "gunicorn": 8000, "uvicorn": 8000, "hypercorn": 8000, "daphne": 8000, "granian": 8000, "fastapi": 8000,
    "litestar": 8000, "sanic": 8000, "waitress-serve": 8080,
}  # fmt: skip
BROUGHT = {"waitress-serve": ("waitress",), "fastapi": ("fastapi[standard]", "fastapi[all]", "fastapi-cli")}
BROUGHT["uvicorn"] = ("uvicorn", "fastapi[standard]", "fastapi[all]", "litestar[standard]", "python-fasthtml")
FOR_WORK = re.compile(
    r"--reload\b|\brunserver|--debug\b|(?<![\w-])dev(?![\w-])|--help\b|--version\b|(?<![\w-])-h\b|watch|\bpytest\b|--port\s*$"
)
LISTENING = re.compile(r"0\.0\.0\.0|\[::\]|(?:--bind|-b)[= ]:\d|--host[= ]::|^fastapi run\b|--listen[= ]\*:")
TUNED = re.compile(r"-[wtl]|--(?:workers|threads|timeout|log-level|graceful-timeout|keep-alive|worker-connections)")
TARGET = re.compile(r"[A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*(?:\(\))?)?$|[\w./-]+\.py(?::\w+)?$")
ITSELF = ("sanic", "blacksheep")  # their own `run` is a server for use
LEFT_OPEN = re.compile(r"[<>{}$|…`*]|\.\.\.")
SERVER = re.compile(r"uvicorn\.(?:run|Server)\(|\bserve\(|\brun_app\(|hypercorn|WSGIServer|granian")


def adopted(tree: Tree, found: Application, own: Iterable[Service], image: Dockerfile | None) -> Adopted | None:
    """Of a service with words of its own, else of the image."""
    if found.output or found.type in ("celery", "dockerfile"):
        return None
    services = list(own)
    launches = [
        of_service(tree, one) for one in services if (one.command or one.entrypoint) and _main(found, one, services)
    ]
    launches.append(of_image(tree, found.path, image) if image else None)
    launches += [
        launched(tree, found.path, None, one.words, one.why)
        for one in started(tree, found.path)
        if one.serves is not False
    ]
    if image and found.language == "php" and "apache" in image.base and found.run[:1] == ("php",):
        return Adopted(("apache2-foreground",), (*image.ports, 80)[0], image.lines["FROM"])
    for launch in filter(None, launches):
        words = plain(launch.words)
        if FOR_WORK.search(" ".join(words)):
            continue
        if row := _adopted(tree, found, replace(launch, words=words)):
            return row
    return None


def _main(found: Application, one: Service, services: Sequence[Service]) -> bool:
    """Whether a service is the program itself: beside it, of the same folder, often are workers and what runs once.
    Of Python the words themselves tell."""
    return found.language == "python" or len(services) == 1 or bool(one.ports)


def plain(words: Sequence[str]) -> tuple[str, ...]:
    """`python3 -u -m gunicorn …` as `gunicorn …`."""
    rest = list(words)
    if rest and re.fullmatch(r"(?:[\w./-]*/)?python[\d.]*", rest[0]):
        rest[0] = "python"
        while rest[1:2] in (["-u"], ["-O"], ["-OO"], ["-B"]):
            del rest[1]
        if rest[1:2] == ["-m"] and rest[2:3] and rest[2] in (*USUAL, "flask", "streamlit", "celery"):
            rest = rest[2:]
    return tuple(rest)


def _adopted(tree: Tree, found: Application, launch: Launch) -> Adopted | None:
    words = launch.words
    if found.language == "python":
        return _server(tree, found, launch) if words[0] in USUAL else _program(tree, found, launch)
    if not found.run and found.level == "recognised":
        return Adopted(words, _port(tree, found, words), launch.why)
    return of_language(tree, found, launch, _port(tree, found, words))


def _server(tree: Tree, found: Application, launch: Launch) -> Adopted | None:
    words, name = launch.words, launch.words[0]
    said = " ".join(words)
    target = next((word for word in words[1:] if _file(tree, found, word)), "")
    if not target or not found.port:
        return None
    port = _port(tree, found, words)
    dependencies = requirements(tree, found.context or found.path)
    there = any(one in dependencies for one in BROUGHT.get(name, (name,)))
    config = (
        CONFIG.search(said)
        or (name in KEPT and port and "-c" in words)
        or (name == "gunicorn" and tree.has(inside(found.path, "gunicorn.conf.py")))
    )
    if not there or not (LISTENING.search(said) or (config and port)):
        return Adopted((), port, launch.why) if port else None
    port = port or USUAL[name]
    run = _short(words, target, port) if launch.tuned else words
    placed = found.folder and found.folder not in words and set(run) <= {*found.run, str(port)}
    return Adopted((), port, launch.why) if placed else Adopted(run, port, launch.why)  # ours say where it lies as well


def _short(words: Sequence[str], target: str, port: int) -> tuple[str, ...]:
    """Without what the environment tunes; the whole of it where more is said than where it listens."""
    rest, skip = [], False
    for index, word in enumerate(words):
        if skip or TUNED.fullmatch(word.split("=")[0]):
            skip = not skip and "=" not in word and words[index + 1 : index + 2] != (target,)
            continue
        rest.append(word)
    others = [word for word in rest[1:] if word not in (target, "--bind", "-b", "--host", "--port", "0.0.0.0", "-p")]
    if any(not re.search(rf"(?:^|[:=]){port}$|^--host=|^:?{port}$", word) for word in others):
        return tuple(words)
    if words[0] == "gunicorn":
        return ("gunicorn", "-b", f"0.0.0.0:{port}", target)
    return (words[0], target, "--host", "0.0.0.0", "--port", str(port)) if words[0] == "uvicorn" else tuple(rest)


def _file(tree: Tree, found: Application, word: str) -> str:
    """The file that `pkg.module:app` or `pkg/module.py` names, in the folder of the application."""
    if word.startswith("-") or not TARGET.match(word):
        return ""
    module = word.partition(":")[0]
    path = module.removesuffix(".py") if module.endswith(".py") else module.replace(".", "/")
    for base in dict.fromkeys((found.path, inside(found.path, found.folder or "."))):
        for ending in (".py", "/__init__.py", "/__main__.py"):
            if tree.has(inside(base, path + ending).removeprefix("./")):
                return inside(base, path + ending)
    return ""


def _program(tree: Tree, found: Application, launch: Launch) -> Adopted | None:
    """`python -m pkg --config x`, `tool sync`: more words behind the same program, or its own file that serves it."""
    words = launch.words
    own = words[:1] if words[0] in commands_of(tree, found) else ()
    same = words[: len(found.run)] == found.run
    if not same and (file := _started(tree, found, words)):
        named = file == inside(found.path, found.entrypoint) and found.run[:1] == ("python",)
        same = named or _serves(tree, found, file)
    if not same or words == found.run:
        return None
    port = _port(tree, found, words) or found.port or spoken_port(tree, found.path, words)
    port = port if port not in FOREIGN else found.port  # of what it asks, not its own
    return Adopted(words, port, launch.why, installed=bool(own))


def commands_of(tree: Tree, found: Application) -> Mapping[str, str]:
    """What pyproject.toml installs, with the function that each starts."""
    path = inside(found.context or found.path, "pyproject.toml")
    document = load_toml(tree, path) if tree.has(path) else {}
    rows = {**table(document, "tool", "poetry", "scripts"), **table(document, "project", "scripts")}
    return {name: said for name, said in rows.items() if isinstance(said, str)}


def _started(tree: Tree, found: Application, words: Sequence[str]) -> str:
    """The file that a command runs, as a file, a module or an installed command."""
    if said := commands_of(tree, found).get(words[0]):
        return _file(tree, found, said)
    if words[:2] == ("fastmcp", "run") and len(words) > 2:
        return _file(tree, found, words[2])
    if words[:1] != ("python",) or len(words) < 2:
        return ""
    named = words[2] if words[1] == "-m" and len(words) > 2 else words[1]
    return (_file(tree, found, f"{named}.__main__") if words[1] == "-m" else "") or _file(tree, found, named)


def _serves(tree: Tree, found: Application, file: str) -> bool:
    """A file that starts a server for the application by itself, for everyone to reach."""
    text = tree.text(file)
    itself = found.type in ITSELF and re.search(r"\bapp\.run\(", text)
    if found.run[:1] == ("python",) or not found.port or not (itself or SERVER.search(text)):
        return False
    beside = (inside(file.rpartition("/")[0] or ".", name) for name in tree.names(file.rpartition("/")[0] or "."))
    sources = [path for path in (file, *beside) if path.endswith(".py")]
    settled = files(tree, found.path, sources)
    return any(re.search(r"0\.0\.0\.0|['\"]::['\"]", tree.text(path)) for path in (*sources, *settled))


def _port(tree: Tree, found: Application, words: Sequence[str]) -> int | None:
    said = " ".join(words)
    if literal := SAID_PORT.search(said):
        return int(literal[1])
    if words[0] in KEPT and (told := kept_by(tree, found.path, words[0], said)):
        return told[0]
    other = CONFIG.search(said)
    place = other[1].removeprefix("./") if other else "gunicorn.conf.py"
    there = bound(tree, inside(found.path, place)) if other or words[0] == "gunicorn" else None
    return there[0] if there else None


def documented(tree: Tree, found: Application) -> Adopted | None:
    """A command with more words than ours, where exactly one is written down: of a unit or a task first, then of the
    README. Only for what is run as a file or by a name of its own: a server is placed by our own words."""
    if not found.run or found.type in ("celery", "dockerfile") or found.output or found.run[0] in USUAL:
        return None
    if found.language != "python" or (found.run[0] != "python" and len(found.run) > 1):
        return None
    units = [(one.words, one.why) for one in started(tree, found.path)]
    tasks = [(words_of(text.strip()), why) for text, why in commands(tree, found.path)]
    for rows in (units, tasks, [(words_of(text), why) for text, why in _readme(tree, found.path)]):
        told: dict[tuple[str, ...], Evidence] = {}
        for said, why in rows:
            words, text = plain(unwrapped(said)), " ".join(said)
            more = words[: len(found.run)] == found.run and len(words) > len(found.run)
            if more and not LEFT_OPEN.search(text) and not FOR_WORK.search(text):
                told.setdefault(words, why)
        if told:
            options = [words for words in told if words[len(found.run)].startswith("-")]
            return Adopted(options[0], found.port, told[options[0]]) if len(told) == 1 and options else None
    return None


def _readme(tree: Tree, folder: str) -> Iterator[tuple[str, Evidence]]:
    """Lines of the README that stand as code."""
    for name in ("README.md", "readme.md", "README.rst", "README"):
        path, fenced = inside(folder, name), False
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            elif fenced or line.startswith(("    ", "\t")):
                yield re.sub(r"^\s*\$\s+|\s+#\s.*$", "", line).strip(), Evidence(path, number, shown(line))
