"""Further programs of the same sources: what a Procfile or a Compose file starts beside the one that was found.

The same folder often is a web server, a worker and a scheduler, and only these files say so. What is run once (a
migration, a test) is none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ergon_ops.packaging.analysis.containers import FOR_WORK, Dockerfile, dockerfile, processes
from ergon_ops.packaging.analysis.evidence import Application, Evidence, Service
from ergon_ops.packaging.analysis.hosts import started
from ergon_ops.packaging.analysis.launching import image_of, launched, of_image, of_service
from ergon_ops.packaging.analysis.said import PORT
from ergon_ops.packaging.analysis.tree import Tree, inside, within

ONCE = re.compile(
    r"\b(migrat\w*|upgrade|seed\w*|collectstatic|createsuperuser|init_?db|pytest|test|tests|lint|build|compile|install"
    r"|bash|shell|sleep|tail|true|echo|cp|chown)\b"
)
SERVING = re.compile(
    r"\b(uvicorn|gunicorn|hypercorn|daphne|granian|runserver|waitress-serve|flask|fastapi|streamlit|nodemon|next|nuxt|vite"
    r"|puma|rails|php-fpm|nginx|rackup|dev|start|serve|server|web)\b"
)
WORKERS = r"^(?:celery|rq|rqworker|arq|dramatiq|huey_consumer(?:\.py)?|taskiq|faust|procrastinate|sidekiq)$"
LONG = ("celery",)  # what we start ourselves, by the word it is known by


def placed(tree: Tree, service: Service, homes: set[str]) -> Service:
    """What is built lies where a program was found: the Dockerfile's own folder, else the context, else the one folder
    that the Dockerfile copies from."""
    if service.path in homes or not service.context:
        return service
    if service.context in homes:
        return replace(service, path=service.context)
    path = inside(service.context, service.dockerfile or "Dockerfile")
    if not tree.has(path):
        return service
    image = dockerfile(tree, path)
    copied = [inside(service.context, one) for one in image.copied]
    found = [home for home in homes if any(within(one, home) for one in copied)]
    return replace(service, path=found[0]) if len(found) == 1 else service


def beside(
    tree: Tree, found: list[Application], composed: Iterable[Service], images: Mapping[str, Dockerfile]
) -> list[Application]:
    """`found` with what is started beside each; once each, whoever says it. A worker is told with the options that it
    is started with."""
    every = list(found)
    for path in dict.fromkeys(item.path for item in found):
        same = [item for item in found if item.path == path and not item.output]
        if not same:
            continue
        known = {_words(item.run) for item in same}
        names: set[str] = set()
        rows = (
            *_procfile(tree, path),
            *_composed(tree, path, composed),
            *_imaged(tree, path, images.get(path)),
            *_hosted(tree, path),
        )
        for name, run, why, port in rows:
            if name in names or (not re.search(WORKERS, run[0]) and ONCE.search(" ".join(run))):
                continue
            worker = next((item for item in every if item in same and _works(item, run)), None)
            if worker:
                every[every.index(worker)] = _told(worker, run, why)
            if worker or _words(run) in known or is_one(run, same):
                continue
            known.add(_words(run))
            names.add(name)
            every.append(_program(tree, same[0], name, run, why, port))
    return every


def serving(run: tuple[str, ...]) -> bool:
    """A server, which was found by its sources: whatever the modules of a worker are called."""
    return not re.search(WORKERS, run[0]) and bool(SERVING.search(" ".join(run)))


def _works(item: Application, run: tuple[str, ...]) -> bool:
    """The worker that was found in the sources, as somebody starts it."""
    said = " ".join(run)
    if item.name == "worker" and item.type == "script" and run[: len(item.run)] == item.run:
        return True
    plain = run[:1] == ("celery",) and "$" not in said
    return item.type == "celery" and plain and bool(re.search(r"\bworker\b", said))


def _told(worker: Application, run: tuple[str, ...], why: Evidence) -> Application:
    return replace(worker, run=run, evidence={**worker.evidence, "run": (why,)})


Row = tuple[str, tuple[str, ...], Evidence, int | None]


def _procfile(tree: Tree, path: str) -> Iterator[Row]:
    rows = processes(tree, path)
    first = "web" if "web" in rows else min(rows, default="")
    for name, (run, why) in rows.items():
        if name not in (first, "release", "web"):
            yield name, run, why, None


def _composed(tree: Tree, path: str, composed: Iterable[Service]) -> Iterator[Row]:
    """Services that start something else than their image, or are built of another image than the folder's first."""
    own = [service for service in composed if service.path == path]
    files = {image_of(service) for service in own}
    for service in own:
        if not service.command and not service.entrypoint and len(files) < 2:
            continue
        there = of_service(tree, service)
        run = there.words if there else service.command
        why = service.evidence
        port = service.ports[0][0] if service.ports else None
        if run and not serving(run):
            yield service.name, run, why, port


def _hosted(tree: Tree, path: str) -> Iterator[Row]:
    """What a host or a supervisor starts that nobody asks from outside."""
    for one in started(tree, path):
        there = launched(tree, path, None, one.words, one.why)
        run = there.words if there else ()
        if run and one.serves is not True and not serving(run) and _of_project(tree, path, run):
            yield one.name, run, one.why, None


def _of_project(tree: Tree, path: str, run: tuple[str, ...]) -> bool:
    """A program of these sources: not what a unit starts beside them."""
    return bool(re.search(WORKERS, run[0]) or _entry(tree, path, run) or run[0] in ("python", "node", "npm"))


def _imaged(tree: Tree, path: str, image: Dockerfile | None) -> Iterator[Row]:
    """What the images of a folder start that is none of its servers: its own, and those beside it."""
    others = [
        inside(path, name) for name in tree.names(path) if re.fullmatch(r"Dockerfile\.[\w-]+|[\w-]+\.Dockerfile", name)
    ]
    more = [dockerfile(tree, one) for one in others if not FOR_WORK.search(one)]
    for one in filter(None, (image, *more)):
        there = of_image(tree, path, one)
        if there and re.search(WORKERS, there.words[0]):
            name = re.sub(r"^Dockerfile\.?|\.?Dockerfile$", "", one.path.rsplit("/", 1)[-1])
            yield name or there.words[0], there.words, there.why, None


def _words(run: tuple[str, ...]) -> tuple[str, ...]:
    """What two spellings of one command have in common: no options, no numbers, no paths to a shell."""
    return tuple(word.removeprefix("./") for word in run if word[:1] != "-" and not word.isdigit())[:5]


def is_one(run: tuple[str, ...], same: Iterable[Application]) -> bool:
    """The command of one that was found, in other words: it names the same module, file or kind of worker."""
    text = " ".join(run)
    for item in same:
        if item.type == "celery" and re.search(r"\bcelery\b.*\bworker\b", text):
            return True
        if item.type == "celery" or not item.entrypoint:
            continue
        if item.type == "django" and re.search(r"manage\.py\s+(?!runserver)\w", text):
            continue  # one of its commands that goes on
        modules = [item.entrypoint.removesuffix(".py").replace("/", ".")]
        modules += [word.partition(":")[0] for word in item.run if re.match(r"[A-Za-z_][\w.]*:\w", word)]
        named = "|".join(map(re.escape, modules))
        if re.search(rf"(?<![\w.])(?:{named})(?![\w.])|{re.escape(item.entrypoint)}\b", text):
            return True
    return False


def _program(
    tree: Tree, first: Application, name: str, run: tuple[str, ...], why: Evidence, port: int | None
) -> Application:
    plain = "node" if first.language in ("javascript", "typescript") else "script"
    said = PORT.search(" ".join(run))
    port = int(said[1]) if said else port
    kind = next((word for word in LONG if word in run), "http" if port else plain)
    entry = _entry(tree, first.path, run) or first.entrypoint
    evidence = {**first.evidence, "type": (why,), "run": (why,), "port": (why,) if port else ()}
    evidence.pop("entrypoint", None)
    return replace(
        first, name=name, type=kind, run=run, port=port, entrypoint=entry, health="", dockerfile="", missing=(),
        evidence=evidence,
    )  # fmt: skip


def _entry(tree: Tree, folder: str, run: tuple[str, ...]) -> str:
    """The file a command names, as a path or as a module."""
    for word in run[1:]:
        for path in (word.removeprefix("./"), f"{word.replace('.', '/')}.py", f"{word.replace('.', '/')}/__main__.py"):
            if re.search(r"\.\w+$", path) and tree.has(inside(folder, path)):
                return path
    return ""
