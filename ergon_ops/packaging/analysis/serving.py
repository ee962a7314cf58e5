"""How a Python program is started: its module from where its file lies, its server from what it asks for, its port."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ergon_ops.packaging.analysis.evidence import Application, Evidence
from ergon_ops.packaging.analysis.listening import listened
from ergon_ops.packaging.analysis.said import port_said
from ergon_ops.packaging.analysis.sources import Made, Source
from ergon_ops.packaging.analysis.tree import Tree, inside, relative

HEALTH = ("/health", "/healthz", "/api/health", "/health/", "/livez", "/ready", "/readyz", "/ping", "/status", "/")
PORTS = {
    "fastapi": 8000, "starlette": 8000, "litestar": 8000, "quart": 8000, "sanic": 8000, "falcon": 8000, "flask": 5000,
    "bottle": 8080, "fasthtml": 5001, "streamlit": 8501, "gradio": 7860, "dash": 8050, "aiohttp": 8080,
    "tornado": 8888, "grpc": 50051, "cherrypy": 8080, "robyn": 8080, "nicegui": 8080, "blacksheep": 8000,
    "pyramid": 6543, "shiny": 8000, "chainlit": 8000,
}  # fmt: skip
ASGI = ("fastapi", "starlette", "litestar", "quart", "fasthtml", "blacksheep")
SERVED = (*ASGI, "flask", "falcon", "sanic", "streamlit", "shiny", "chainlit")  # our words say the port
SCRIPTS = ("gradio", "aiohttp", "tornado", "grpc", "bot", "cherrypy", "robyn", "nicegui", "pyramid")  # run as files
ANY = "0.0.0.0"


def started(
    tree: Tree, base: str, made: Made, members: Mapping[str, Source], dependencies: Mapping[str, Evidence]
) -> Application:
    """The application without what `python.finished` adds."""
    folder, module = modules(tree, base, made.evidence.file)
    port, why = port_of(tree, base, made, members)
    file = relative(made.evidence.file, base)
    if port is None and made.type in SERVED:
        names = (
            rf"{re.escape(module)}:",
            rf"{re.escape(file)}\b",
            *((r"flask\b.*\brun\b",) if made.type == "flask" else ()),
        )
        server = next((name for name in ("gunicorn", "hypercorn") if name in dependencies), "")
        port, why = port_said(tree, base, made.type, server, names) or (None, None)
    if made.type == "flask" and port is None and "gunicorn" in dependencies:
        port = 8000
    port = port or PORTS.get(made.type)
    own = members.get(made.evidence.file)
    made = replace(made, server=own.servers.get(made.name, "") if own else "")
    run, missing = command(made, file, folder, module, port, dependencies)
    evidence: dict[str, tuple[Evidence, ...]] = {"type": (made.evidence,), "entrypoint": (made.evidence,)}
    package = "python-fasthtml" if made.type == "fasthtml" else made.type
    if package in dependencies:
        evidence["type"] = (made.evidence, dependencies[package])
    evidence["run"] = (made.evidence, *(item for item in (dependencies.get(run[0]) if run else None,) if item))
    if port is not None:
        evidence["port"] = (why,) if why else ()
    return Application(
        name="worker" if made.type == "celery" else "",
        path=base,
        type=made.type,
        language="python",
        run=run,
        port=port,
        entrypoint=file,
        folder=folder,
        evidence=evidence,
        missing=missing,
    )


def modules(tree: Tree, base: str, path: str) -> tuple[str, str]:
    """The folder modules are looked for in ('' for the base itself), and the module's name."""
    parts = relative(path, base).removesuffix(".py").split("/")
    if parts[-1] == "__init__":
        parts = parts[:-1] or ["__init__"]
    folder: list[str] = []
    while len(parts) > 1 and not tree.has(inside(base, "/".join([*folder, parts[0], "__init__.py"]))):
        if parts[0] != "src" and not _bare_imports(tree, base, path):
            break
        folder.append(parts.pop(0))
    return "/".join(folder), ".".join(parts)


def _bare_imports(tree: Tree, base: str, path: str) -> bool:
    """It imports a file beside it by its bare name: it is run from its own folder."""
    folder = path.rpartition("/")[0] or "."
    names = re.findall(r"(?m)^\s*(?:from|import)\s+(\w+)\b", tree.text(path))
    beside = {
        name
        for name in names
        if tree.has(inside(folder, f"{name}.py")) or tree.has(inside(folder, f"{name}/__init__.py"))
    }
    return any(not tree.has(inside(base, f"{name}.py")) for name in beside)


STARTING = ("main.py", "run.py", "__main__.py", "server.py", "manage.py", "app.py", "wsgi.py", "asgi.py", "cli.py")


def port_of(tree: Tree, base: str, made: Made, members: Mapping[str, Source]) -> tuple[int | None, Evidence | None]:
    """A number of its own file, else one of a file that starts it."""
    if made.type in ("celery", "bot"):
        return None, None
    own = [path for path in (made.evidence.file,) if path in members]
    others = [path for path in members if path not in own]
    named = [path for path in others if path.rsplit("/", 1)[-1] in STARTING]
    paths = (*own, *named, *(path for path in others if members[path].main and path not in named))
    return listened(tree, base, paths, members)


def command(
    made: Made, file: str, folder: str, module: str, port: int | None, dependencies: Mapping[str, Evidence]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that start it, and what is missing for them."""
    at = f"{module}:{made.factory or made.name}"
    if made.type == "streamlit":
        return ("streamlit", "run", file, "--server.address", ANY, "--server.port", str(port)), ()
    if made.type in ("shiny", "chainlit"):
        return (made.type, "run", file, "--host", ANY, "--port", str(port)), ()
    if made.type == "celery":
        place = ("--workdir", folder) if folder else ()
        return (
            "celery",
            "-A",
            f"{module}:{made.name}" if made.name not in ("app", "celery") else module,
            *place,
            "worker",
        ), ()
    if made.type in SCRIPTS or not (made.name or made.factory):
        return as_file(file, folder, module), ()
    if made.type == "sanic":
        return ("sanic", at, *(("--factory",) if made.factory else ()), "--host", ANY, "--port", str(port)), ()
    if made.type in ASGI or (made.type == "falcon" and "uvicorn" in dependencies and "gunicorn" not in dependencies):
        return _asgi(made, at, folder, port, dependencies)
    return _wsgi(made, at, file, folder, module, port, dependencies)


def _asgi(
    made: Made, at: str, folder: str, port: int | None, dependencies: Mapping[str, Evidence]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    brought = "hypercorn" in dependencies or made.type == "quart"  # Quart comes with it
    if brought and not _has_uvicorn(dependencies):
        return ("hypercorn", "--bind", f"{ANY}:{port}", at + ("()" if made.factory else "")), ()
    if "granian" in dependencies and not _has_uvicorn(dependencies):
        looked = ("--working-dir", folder) if folder else ()
        factory = ("--factory",) if made.factory else ()
        return ("granian", "--interface", "asgi", *factory, *looked, "--host", ANY, "--port", str(port), at), ()
    place = ("--app-dir", folder) if folder else ()
    words = ("uvicorn", at, *(("--factory",) if made.factory else ()), *place, "--host", ANY, "--port", str(port))
    missing = (
        "" if not dependencies or _has_uvicorn(dependencies) else "uvicorn, which runs it, is not among its packages."
    )
    return words, tuple(filter(None, [missing]))


def _has_uvicorn(dependencies: Mapping[str, Evidence]) -> bool:
    brings = ("uvicorn", "fastapi[standard]", "fastapi[all]", "litestar[standard]", "python-fasthtml")
    return any(name in dependencies for name in brings)


def _wsgi(
    made: Made, at: str, file: str, folder: str, module: str, port: int | None, dependencies: Mapping[str, Evidence]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if made.type == "dash" and not made.factory:
        if not made.server:  # no server can be given `app.server`: what it is given has to have a name
            start = f"from {module} import {made.name} as app; app.run(host='{ANY}', port={port})"
            return ("python", "-c", start), (
                "It would run on Dash's development server: `server = app.server` is missing.",
            )
        at = f"{module}:{made.server}"
    if "gunicorn" in dependencies:
        place = ("--chdir", folder) if folder else ()
        return ("gunicorn", *place, "-b", f"{ANY}:{port}", at + ("()" if made.factory else "")), ()
    if "waitress" in dependencies:
        call = ("--call", at) if made.factory else (at,)
        return ("waitress-serve", f"--listen={ANY}:{port}", *call), ()
    if made.type == "flask":
        app = f"{folder}/{module}" if folder else module
        words = (
            "flask",
            "--app",
            app if not made.factory else f"{app}:{made.factory}",
            "run",
            "--host",
            ANY,
            "--port",
            str(port),
        )
        return words, ("It would run on Flask's development server: gunicorn is not among its packages.",)
    return as_file(file, folder, module), ()


def as_file(file: str, folder: str, module: str) -> tuple[str, ...]:
    """A file of a package is run as a module: what it imports is found from the folder above."""
    parts = module.split(".")
    if folder or len(parts) < 2 or parts[-1] == "__init__":
        return ("python", file)
    return ("python", "-m", ".".join(parts[:-1] if parts[-1] == "__main__" else parts))
