"""A folder → everything concluded of it: its applications of all kinds, named, with what others say of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ergon_ops.packaging.analysis import node, others, python, static
from ergon_ops.packaging.analysis.adopting import adopted, documented
from ergon_ops.packaging.analysis.compose import needed, program, services
from ergon_ops.packaging.analysis.containers import Dockerfile, dockerfiles, procfile, there
from ergon_ops.packaging.analysis.environment import deployed, loaded, managed, surrounded, variable_of
from ergon_ops.packaging.analysis.evidence import Analysis, Application, Evidence, Need, Service, Variable
from ergon_ops.packaging.analysis.needs import SCHEMES, URL
from ergon_ops.packaging.analysis.packages import packages, taken_in
from ergon_ops.packaging.analysis.processes import beside, is_one, placed
from ergon_ops.packaging.analysis.procfiles import procfiles
from ergon_ops.packaging.analysis.said import PORT as SAID_PORT
from ergon_ops.packaging.analysis.said import filled
from ergon_ops.packaging.analysis.secrets import secrets
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, relative, shown, within
from ergon_ops.refs import slug

SERVING = re.compile(r"nginx|caddy|httpd|static-web-server|lighttpd")  # images that serve pages
WEB = (
    "django",
    "fastapi",
    "flask",
    "starlette",
    "litestar",
    "quart",
    "sanic",
    "rails",
    "laravel",
    "symfony",
    "phoenix",
)


def analyse(root: Path) -> Analysis:
    """Raises UsageError for what is no folder. What cannot be used in it is among `faults`."""
    tree = Tree(root)
    composed = services(tree)
    found = [*python.applications(tree), *node.applications(tree), *others.applications(tree)]
    found = without_assets(found)
    members = taken_in(packages(tree))
    found = [item for item in found if item.path in members or not aside(item.path)] or found
    homes = {item.path for item in found}
    composed = tuple(placed(tree, service, homes) for service in composed)
    images = dockerfiles(tree, composed)
    found += static.applications(tree, homes)
    found += static.shell(tree, {item.path for item in found} | set(images))
    found += procfiles(tree, {item.path for item in found} | set(images))
    free = {folder: image for folder, image in images.items() if folder not in {item.path for item in found}}
    around = {item.path: one for item in found if (one := _around(item, free, alone=len(found) == 1))}
    known = {**around, **images}
    found = [_known_by_others(tree, item, known, composed, alone=len(found) == 1) for item in found]
    found = [replace(item, dockerfile=images[item.path].path if item.path in images else "") for item in found]
    taken = {item.path for item in found} | {item.context for item in found if item.context}
    found += _only_dockerfile(tree, images, composed, taken)
    found = beside(tree, found, composed, images)
    found = [replace(item, needs=_needs(tree, item, composed, alone=len(found) == 1)) for item in found]
    return Analysis(
        slug(tree.root.name) or "project",
        tuple(named(tree.root.name, found)),
        composed,
        tuple(secrets(tree)),
        tuple(tree.faults),
        len(tree.files),
    )


def without_assets(found: list[Application]) -> list[Application]:
    """The pages a web framework serves are built beside it: a build in the same folder is no program of its own."""
    web = {item.path for item in found if item.type in WEB}
    return [item for item in found if not (item.path in web and item.output)]


def _known_by_others(
    tree: Tree, found: Application, images: Mapping[str, Dockerfile], composed: Sequence[Service], *, alone: bool
) -> Application:
    """With what a Procfile, a Dockerfile, a Compose file and a host's own file say where the code does not, or what
    they start it with."""
    evidence = dict(found.evidence)
    run, port = found.run, found.port
    own = [service for service in composed if service.path == found.path]
    image = images.get(found.path)
    if found.name:  # one more program of the same sources: what is said is of the first
        own = [service for service in own if found.name in (service.name, *(value for _, value in service.arguments))]
        image = None
    sets, sent = deployed(tree, found.path, alone=alone)
    said = procfile(tree, found.path)
    if said and found.name != "worker":
        run, evidence["run"] = said[0], (said[1],)
        if literal := SAID_PORT.search(filled(" ".join(run))):
            port, evidence["port"] = int(literal[1]), (said[1],)
    elif found.name != "worker" and (there := adopted(tree, found, own, image) or documented(tree, found)):
        run = there.run or run
        evidence["run"] = (there.why,) if there.run else evidence.get("run", ())
        if there.port and (there.port != found.port or there.run):
            port, evidence["port"] = there.port, (there.why,)
        found = replace(found, entrypoint="" if there.installed else found.entrypoint)
        found = replace(found, type="http") if port and found.type == "script" else found
    silent = not evidence.get("port") and found.type not in ("celery", "bot", "script", "shell")
    if silent and found.output:  # what develops it listens elsewhere than what serves its pages
        pages = image if image and not image.base.rsplit("/", 1)[-1].startswith("node") else None
        told = _exposed((), pages)
    else:
        told = (_exposed(own, image) or sent) if silent else None
    if told:
        port, evidence["port"] = told[0], (told[1],)
    if found.run == run and not found.output and found.name != "worker" and (told := _commanded(found, own, image)):
        port, evidence["port"] = told[0], (told[1],)
    given = [
        *(row for service in own for row in service.sets),
        *(image.sets if image else ()),
        *sets,
        *loaded(tree, found.path),
        *managed(tree, found.path, found.entrypoint, image.run if image else ()),
    ]
    set_by = None if found.output else surrounded(found, evidence.get("port", ()), given)
    if set_by:
        port, evidence["port"] = set_by[0], (set_by[1],)
    name = set_by[2] if set_by else variable_of(evidence.get("port", ()))
    if port is not None and port != found.port and found.run == run and not found.output:
        run = tuple(re.sub(rf"(?<!\d){found.port}(?!\d)", str(port), word) for word in run)
    return replace(found, run=run, port=port, evidence=evidence, told_by=name)


def _around(found: Application, images: Mapping[str, Dockerfile], *, alone: bool) -> Dockerfile | None:
    """The image of a folder around it that is made of it: it names it, or there is nothing else."""
    for folder, image in images.items():
        if (found.output and not SERVING.search(image.base)) or not within(found.path, folder):
            continue
        inner = relative(found.path, folder)
        if any(one == inner or one.startswith(f"{inner}/") for one in image.copied) or (alone and "." in image.copied):
            return image
    return None


def _exposed(own: Iterable[Service], image: Dockerfile | None) -> tuple[int, Evidence] | None:
    if image and image.ports:
        return image.ports[0], image.lines["EXPOSE"]
    return next(((service.ports[0][0], service.published) for service in own if service.ports), None)


def _commanded(found: Application, own: Iterable[Service], image: Dockerfile | None) -> tuple[int, Evidence] | None:
    """The port in a command that starts this very program."""
    started = [(service.command, service.commanded) for service in own if service.command]
    started += [(image.run, image.lines["RUN"])] if image and "RUN" in image.lines else []
    for words, why in started:
        if is_one(words, [found]) and (literal := SAID_PORT.search(filled(" ".join(words)))):
            return int(literal[1]), why
    return None


def _only_dockerfile(
    tree: Tree, images: Mapping[str, Dockerfile], composed: Iterable[Service], taken: set[str]
) -> Iterable[Application]:
    """A folder that nothing but its Dockerfile tells of."""
    wanted = {service.path for service in composed if service.path is not None}
    for folder, image in images.items():
        inner = any(other != folder and within(other, folder) for other in taken)
        if folder in taken or (inner and folder not in wanted) or not image.base:
            continue
        outer = any(within(folder, other) for other in taken)
        if (
            outer
            and folder not in wanted
            and image.copied
            and not any(there(tree, folder, one) for one in image.copied)
        ):
            continue  # of what the program around it is built into
        at = image.lines
        evidence = {"type": (at["FROM"],), "run": (at["RUN"],) if "RUN" in at else ()}
        evidence["port"] = (at["EXPOSE"],) if "EXPOSE" in at else ()
        port = image.ports[0] if image.ports else None
        read, needed = _asked(tree, folder)
        yield Application(
            "", folder, "dockerfile", "", run=image.run, port=port, dockerfile=image.path, evidence=evidence,
            variables=read, needs=needed,
        )  # fmt: skip


def _asked(tree: Tree, folder: str) -> tuple[tuple[Variable, ...], tuple[Need, ...]]:
    """Variables and services of sources whose program only a Dockerfile knows."""
    rows = [python.asked(tree, folder), node.asked(tree, folder)]
    read = {one.name: one for variables, _ in rows for one in variables}
    return tuple(sorted(read.values())), tuple(need for _, needs in rows for need in needs)


def _needs(tree: Tree, found: Application, composed: tuple[Service, ...], *, alone: bool) -> tuple[Need, ...]:
    """What the code asks for; what Compose starts beside it and its service depends on."""
    needs = {need.service: need for need in found.needs}
    own = next((service for service in composed if service.path == found.path), None)
    by_name = {service.name: service for service in composed}
    for name in own.depends_on if own else ():
        if (other := by_name.get(name)) and (kind := program(other)):
            needs.setdefault(kind, Need(kind, other.evidence))
    if alone:
        for need in needed(composed):
            needs.setdefault(need.service, need)
    for variable in found.variables:
        for scheme in re.findall(URL, variable.evidence.says):
            needs.setdefault(SCHEMES[scheme], Need(SCHEMES[scheme], variable.evidence))
    for need in _documented(tree, found):
        needs.setdefault(need.service, need)
    return tuple(sorted(needs.values()))


def _documented(tree: Tree, found: Application) -> Iterable[Need]:
    """Addresses in a filled-out example of the environment."""
    for name in (".env.example", ".env.sample", ".env.template", "env.example"):
        path = inside(found.path, name)
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if match := URL.search(line):
                yield Need(SCHEMES[match[1]], Evidence(path, number, shown(line)))


def named(project: str, found: Iterable[Application]) -> Iterable[Application]:
    """Each with a name of its own: its folder's, the project's for the root; what is twice gets its kind behind it."""
    taken: set[str] = set()
    for item in sorted(found, key=lambda one: (one.path != ".", one.path, one.name == "worker")):
        stem = slug(project if item.path == "." else item.path.rsplit("/", 1)[-1]) or "app"
        stem = f"{stem}-{item.name}" if item.name else stem
        options = [stem, slug(item.path), f"{stem}-{slug(item.type)}", *(f"{stem}-{number}" for number in range(2, 99))]
        name = next(option for option in options if option and option not in taken)
        taken.add(name)
        yield replace(item, name=name)
