"""Django projects by their manage.py, and programs that are plain files or packages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ergon_ops.packaging.analysis.evidence import Application, Evidence
from ergon_ops.packaging.analysis.listening import listened
from ergon_ops.packaging.analysis.mcp import SPOKEN
from ergon_ops.packaging.analysis.requirements import load_toml, table
from ergon_ops.packaging.analysis.said import port_said
from ergon_ops.packaging.analysis.sources import Source
from ergon_ops.packaging.analysis.tree import Tree, inside, relative, within

NAMES = ("main", "app", "run", "bot", "worker", "server", "cli", "start", "__init__")
ANY = "0.0.0.0"
PLAIN = ("main.py", "app.py", "bot.py", "run.py", "server.py", "worker.py")  # programs by their names alone


def django(
    tree: Tree, folder: str, dependencies: Mapping[str, Evidence], members: Mapping[str, Source]
) -> Application | None:
    managed = sorted((path for path in members if path.rsplit("/", 1)[-1] == "manage.py"), key=len)
    managed = managed or [path for path in tree.under(folder, "manage.py") if path.rsplit("/", 1)[-1] == "manage.py"]
    if not managed or ("django" not in dependencies and "django" not in tree.text(managed[0])):
        return None
    path = managed[0]
    base = path.rpartition("/")[0] or "."
    named = re.search(r"DJANGO_SETTINGS_MODULE['\"],\s*['\"]([\w.]+)['\"]", tree.text(path))
    project = named[1].split(".")[0] if named else ""
    gateway, why = _gateway(tree, base, project)
    inner = relative(base, folder) if base != folder else ""
    server = "gunicorn" if "gunicorn" in dependencies else ""
    names = (rf"{re.escape(gateway)}\b", rf"{re.escape(gateway.replace('wsgi', 'asgi'))}\b", r"manage\.py runserver\b")
    port, said = port_said(tree, folder, "django", server, names) or (8000, None)
    run, missing = _served(gateway, inner, port, dependencies)
    kind = (tree.find(path, "DJANGO_SETTINGS_MODULE"), *(item for item in (dependencies.get("django"),) if item))
    return Application(
        name="",
        path=folder,
        type="django",
        language="python",
        run=run,
        port=port,
        entrypoint=relative(path, folder),
        folder=inner,
        evidence={
            "type": kind,
            "entrypoint": (Evidence(path),),
            "run": (why,) if why else kind,
            "port": (said,) if said else (),
        },
        missing=missing,
    )


def _served(
    gateway: str, inner: str, port: int, dependencies: Mapping[str, Evidence]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """By the server that is among its packages; what is missing where none is."""
    if "gunicorn" in dependencies and gateway.endswith("wsgi"):
        place = ("--chdir", inner) if inner else ()
        return ("gunicorn", *place, "-b", f"{ANY}:{port}", f"{gateway}:application"), ()
    asgi = f"{gateway.replace('wsgi', 'asgi')}:application"
    if "uvicorn" in dependencies:
        return ("uvicorn", asgi, *(("--app-dir", inner) if inner else ()), "--host", ANY, "--port", str(port)), ()
    if "daphne" in dependencies or "channels[daphne]" in dependencies:
        return ("daphne", "-b", ANY, "-p", str(port), asgi), ()
    missing = "It would run on Django's development server: gunicorn is not among its packages."
    return ("python", inside(inner or ".", "manage.py"), "runserver", f"{ANY}:{port}"), (missing,)


def _gateway(tree: Tree, base: str, project: str) -> tuple[str, Evidence | None]:
    """`shop.wsgi`: as the settings name it, else the file there is."""
    for path in tree.under(base, ".py"):
        if "settings" in path:
            for kind in ("WSGI_APPLICATION", "ASGI_APPLICATION"):
                found = re.search(rf"(?m)^{kind}\s*=\s*['\"]([\w.]+)\.\w+['\"]", tree.text(path))
                if found:
                    return found[1], tree.find(path, kind)
    for name in ("wsgi", "asgi"):
        for path in tree.under(base, f"/{name}.py"):
            return relative(path, base).removesuffix(".py").replace("/", "."), Evidence(path)
    return f"{project or 'project'}.wsgi", None


def script(tree: Tree, base: str, members: Mapping[str, Source]) -> Application | None:
    """A package that can be run, a file with `__main__`, a command that pyproject.toml names."""
    packages = sorted((path for path in tree.under(base, "/__main__.py") if path in members), key=len)
    if packages:
        inner = relative(packages[0].rpartition("/")[0], base).split("/")
        folder = inner.pop(0) if inner[0] == "src" and len(inner) > 1 else ""
        run = ("python", "-m", ".".join(inner))
        return one_script(tree, base, packages[0], members, run, folder=folder)
    path = inside(base, "pyproject.toml")
    document = load_toml(tree, path) if tree.has(path) else {}
    scripts = table(document, "project", "scripts")
    if "poetry" in str(table(document, "build-system").get("build-backend")):  # only then it is installed by that name
        scripts = scripts or table(document, "tool", "poetry", "scripts")
    for name in scripts:
        return one_script(tree, base, path, members, (str(name),))
    mains = [
        path
        for path, source in members.items()
        if (source.main or (source.serves and source.ports)) and within(path, base)
    ]
    mains = mains or [inside(base, name) for name in PLAIN if name in tree.names(base)][:1]
    best = min(mains, key=lambda path: _order(relative(path, base)), default="")
    return one_script(tree, base, best, members) if best else None


def serves(source: Source) -> bool:
    """It listens; a server of MCP does where it speaks HTTP, whichever way it is started."""
    return source.serves or (bool(source.transports) and all(one in SPOKEN for one in source.transports))


def _order(path: str) -> tuple[int, int, str]:
    stem = path.rsplit("/", 1)[-1].removesuffix(".py").lower()
    return path.count("/"), NAMES.index(stem) if stem in NAMES else len(NAMES), path


def _as_module(tree: Tree, base: str, path: str) -> tuple[str, ...]:
    """A file of a package is run as a module of it, as others of it ask for each other by its name."""
    name = relative(path, base)
    parts = name.removesuffix(".py").split("/")
    if len(parts) > 1 and re.search(rf"(?m)^\s*(?:from|import)\s+{re.escape(parts[0])}\b", tree.text(path)):
        return ("python", "-m", ".".join(parts))
    return ("python", name)


def one_script(
    tree: Tree, base: str, path: str, members: Mapping[str, Source], run: tuple[str, ...] = (), *, folder: str = ""
) -> Application:
    """A file that is run by itself, as `run` says or as its place does."""
    run = run or _as_module(tree, base, path)
    source = members.get(path)
    serving = [source] if source else list(members.values())
    port, why = listened(tree, base, [one.path for one in serving if serves(one)], members)
    stem = path.rsplit("/", 1)[-1].removesuffix(".py").lower()
    kind = "bot" if "bot" in stem else "http" if port else "script"
    at = (source.main,) if source and source.main else (tree.find(path, run[0]) if len(run) == 1 else Evidence(path),)
    evidence = {"type": at, "entrypoint": at, "run": at}
    return Application(
        name="",
        path=base,
        type=kind,
        language="python",
        run=run,
        port=port,
        entrypoint="" if len(run) == 1 else relative(path, base),
        folder=folder,
        evidence={**evidence, **({"port": (why,)} if why else {})},
    )
