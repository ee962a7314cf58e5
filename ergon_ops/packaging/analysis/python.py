"""Python programs: which framework, started how, on which port; several of one folder where there are several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.containers import procfile
from ergon_ops.packaging.analysis.evidence import Application, Evidence, Need, Variable
from ergon_ops.packaging.analysis.hearing import heard_by
from ergon_ops.packaging.analysis.imported import imported
from ergon_ops.packaging.analysis.needs import needs
from ergon_ops.packaging.analysis.own_files import by_own_file
from ergon_ops.packaging.analysis.own_packages import with_own
from ergon_ops.packaging.analysis.requirements import MARKERS, included, manager, packages, python_version, requirements
from ergon_ops.packaging.analysis.routing import ANY
from ergon_ops.packaging.analysis.scripts import PLAIN, django, one_script, script
from ergon_ops.packaging.analysis.serving import HEALTH, started
from ergon_ops.packaging.analysis.sources import SECRET, Made, Mount, Source, sources
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, relative, within
from ergon_ops.packaging.analysis.workers import worker
from ergon_ops.packaging.writing import by_us

# What is the program, where a folder makes several: those to the left come first.
RANK = (
    "fastapi", "flask", "litestar", "quart", "sanic", "blacksheep", "robyn", "fasthtml", "chainlit", "nicegui",
    "starlette", "falcon", "pyramid", "bottle", "cherrypy", "dash", "gradio", "shiny", "streamlit", "aiohttp",
    "tornado", "grpc", "bot", "celery",
)  # fmt: skip
BESIDE = ("celery",)  # a second program beside a web one
WORK = (
    "conftest.py",
    "setup.py",
    "runtests.py",
    "run_tests.py",
    "noxfile.py",
    "fabfile.py",
)  # for those who work on it
GOOD_NAMES = ("main", "app", "asgi", "wsgi", "server", "api", "application", "streamlit_app", "home", "__init__", "run")


@dataclass(frozen=True, slots=True)
class Ground:
    """One folder with what its files ask for, and the sources that belong to it."""

    tree: Tree
    folder: str
    dependencies: Mapping[str, Evidence]
    sources: Mapping[str, Source]


def applications(tree: Tree) -> Iterator[Application]:
    everything = sources(tree)
    for folder in places(tree, everything):
        ground = Ground(tree, folder, requirements(tree, folder), territory(tree, folder, everything))
        yield from _of(ground)


def asked(tree: Tree, folder: str) -> tuple[tuple[Variable, ...], tuple[Need, ...]]:
    """Variables and services of sources whose program is told by something else."""
    own = territory(tree, folder, sources(tree))
    return variables(tree, own.values()), needs(requirements(tree, folder))


def places(tree: Tree, everything: Mapping[str, Source]) -> list[str]:
    """Folders with a file that says what they need; where there is none, those whose programs are plain to see."""
    marked = [folder for folder in tree.folders() if _marked(tree, folder)]
    asking = [folder for folder in marked if not _managed_only(tree, folder)]
    marked = [one for one in marked if one in asking or not any(within(one, other) for other in asking)]
    main = [folder for folder in marked if not aside(folder)]
    if main or marked:
        return main or marked
    telling = {
        path.rpartition("/")[0] or "."
        for path, source in everything.items()
        if source.made or source.main or (source.serves and source.ports)
    }
    if not telling and any(name in tree.names(".") for name in PLAIN):
        return ["."]
    good = sorted(folder for folder in telling if not aside(folder)) or sorted(telling)
    return ["."] if "." in good or len(good) == 1 else good


def _marked(tree: Tree, folder: str) -> bool:
    names = tree.names(folder)
    return any(name in MARKERS or (name.startswith("requirements") and name.endswith(".txt")) for name in names)


def _managed_only(tree: Tree, folder: str) -> bool:
    """A manage.py alone: what it needs is written further up."""
    return {name for name in tree.names(folder) if name in MARKERS or name.startswith("requirements")} == {"manage.py"}


def inner_of(tree: Tree, folder: str) -> list[str]:
    """Marked folders further in."""
    return [
        other
        for other in tree.folders()
        if other != folder and within(other, folder) and _marked(tree, other) and not _managed_only(tree, other)
    ]


def territory(tree: Tree, folder: str, everything: Mapping[str, Source]) -> dict[str, Source]:
    """Sources of the folder that belong to no marked folder further in; tests and examples only if alone."""
    inner = inner_of(tree, folder)
    own = {
        path: source
        for path, source in everything.items()
        if within(path, folder) and not any(within(path, other) for other in inner)
    }
    plain = {path: source for path, source in own.items() if not aside(relative(path, folder)) and not _test(path)}
    only_aside = all(aside(relative(path, folder)) or _test(path) for path in tree.under(folder, ".py"))
    return own if only_aside else plain


def _test(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name.startswith("test_") or name.endswith("_test.py") or name in WORK


def _of(ground: Ground) -> Iterator[Application]:
    if (found := django(ground.tree, ground.folder, ground.dependencies, ground.sources)) is not None:
        yield finished(ground, by_own_file(ground.tree, found, ground.dependencies), ground.sources)
        yield from _beside(ground, ground.sources)
        return
    groups = grouped(ground)
    alone = len(groups) == 1
    for base, members in groups.items():
        best = chosen(members, _started(ground.tree, base), base)
        inner = inner_of(ground.tree, base)
        work = worker(ground.tree, base, ground.dependencies, inner, alone=best is None)
        if best is None:
            if work:
                yield finished(ground, replace(work, name=""), members)
            elif (found := script(ground.tree, base, members)) is not None:
                yield finished(ground, found, members)
                yield from _lasting(ground, base, members, {found.entrypoint})
            continue
        began = started(ground.tree, base, best, members, ground.dependencies)
        first = finished(ground, by_own_file(ground.tree, began, ground.dependencies), members)
        yield first
        if work:
            yield finished(ground, work, members)
        if best.type not in BESIDE:
            yield from _beside(ground, members, base if not alone else ground.folder)
        made = {relative(one.evidence.file, base) for source in members.values() for one in source.made}
        yield from _lasting(ground, base, members, {first.entrypoint, *made})


def _lasting(ground: Ground, base: str, members: Mapping[str, Source], taken: set[str]) -> Iterator[Application]:
    """Further files that are run by themselves and wait for messages or times: consumers, schedulers, bots."""
    for path, source in members.items():
        if source.main and source.lasts and within(path, base) and relative(path, base) not in taken:
            found = one_script(ground.tree, base, path, members)
            stem = path.rsplit("/", 1)[-1].removesuffix(".py")
            yield replace(finished(ground, found, members), name=stem.replace("_", "-"), port=None, health="")


def _beside(ground: Ground, members: Mapping[str, Source], base: str = "") -> Iterator[Application]:
    """A worker of the same sources."""
    for made in (made for source in members.values() for made in source.made):
        if made.type in BESIDE and made.name and not made.factory:
            yield finished(
                ground, started(ground.tree, base or ground.folder, made, members, ground.dependencies), members
            )
            return


def grouped(ground: Ground) -> dict[str, dict[str, Source]]:
    """One group a program: sources in sibling folders that are no packages and each construct something are several."""
    homes = {
        path: home
        for path, source in ground.sources.items()
        if any(made.type not in BESIDE for made in source.made)
        and (home := _home(ground.tree, path, ground.folder)) != ground.folder
    }
    bare = any(
        made.type not in BESIDE for path, source in ground.sources.items() if path not in homes for made in source.made
    )
    if bare or len(set(homes.values())) < 2:
        return {ground.folder: dict(ground.sources)}
    return {
        home: {path: source for path, source in ground.sources.items() if within(path, home)}
        for home in sorted(set(homes.values()))
    }


def _home(tree: Tree, path: str, folder: str) -> str:
    """The folder a file would be run in: up to the first that is no package."""
    home = path.rpartition("/")[0] or "."
    home = home.removesuffix("/pages")  # of the page above
    while home != folder and tree.has(inside(home, "__init__.py")):
        home = home.rpartition("/")[0] or "."
    return folder if home.rsplit("/", 1)[-1] in ("src", "app") and (home.rpartition("/")[0] or ".") == folder else home


def _started(tree: Tree, base: str) -> str:
    """What a Procfile and a Dockerfile start, as one text."""
    line = procfile(tree, base)
    text = tree.text(inside(base, "Dockerfile"))
    commands = [] if by_us(text) else re.findall(r"(?mi)^(?:CMD|ENTRYPOINT)\s+(.+)$", text)
    return " ".join([*(line[0] if line else ()), *commands])


def chosen(members: Mapping[str, Source], said: str = "", base: str = ".") -> Made | None:
    """The construction that is the program: one that a command names (`said`), then by framework, then by the names
    programs go by, then the topmost."""

    def order(made: Made) -> tuple[bool, int, int, int, int, str]:
        path = made.evidence.file
        module = re.escape(relative(path, base).removesuffix("/__init__.py").removesuffix(".py").replace("/", "."))
        unnamed = not (said and re.search(rf"(?<![\w.]){module}:", said))
        stem = path.rsplit("/", 1)[-1].removesuffix(".py").lower()
        named = GOOD_NAMES.index(stem) if stem in GOOD_NAMES else len(GOOD_NAMES)
        app = 0 if made.name in ("app", "application", "server", "demo", "api", "") else 1
        return unnamed, RANK.index(made.type), bool(made.factory), app, named * 2 + path.count("/") * 3, path

    every = [made for source in members.values() for made in source.made if made.type in RANK]
    return min(every, key=order, default=None)


def finished(ground: Ground, found: Application, members: Mapping[str, Source]) -> Application:
    """With what holds for every kind: manager, version, variables, services."""
    tree = ground.tree
    what, file, why = manager(tree, ground.folder)
    version, because = python_version(tree, ground.folder)
    evidence = dict(found.evidence)
    evidence |= {"manager": (why,), "dependencies": (Evidence(inside(ground.folder, file)),)} if why else {}
    evidence |= {"version": (because,)} if because else {}
    taken = guessed(ground, found) if not what else {}
    if taken and found.run and found.run[0] in ground.dependencies:  # nothing imports the server that runs it
        taken = {**taken, found.run[0]: ground.dependencies[found.run[0]]}
    evidence |= {"dependencies": tuple(taken.values())} if taken else {}
    outside = found.path != ground.folder
    made = replace(
        found,
        context=ground.folder if outside else "",
        language="python",
        dependencies=file,
        beside=tuple(relative(path, ground.folder) for path in included(tree, inside(ground.folder, file)))
        if file.endswith(".txt")
        else (),
        packages=() if file.endswith(".txt") else (*packages(tree, ground.folder), *taken),
        manager=what,
        version=version,
        health=found.health or _health(members.values()) if found.port else "",
        variables=variables(tree, members.values()),
        needs=needs(ground.dependencies or {name.lower(): row for name, row in taken.items()}),
        heard_by=heard_by(found.type, ground.dependencies or taken),
        evidence=evidence,
        missing=(*found.missing, *(() if what else (unlisted(taken),))),
    )
    return made if outside else with_own(tree, made)


def guessed(ground: Ground, found: Application) -> Mapping[str, Evidence]:
    """Where no file says which packages are needed: those that the sources import."""
    paths = [path for path in ground.tree.under(found.path, ".py") if not _test(path)]
    paths = [path for path in paths if not aside(relative(path, found.path))] or paths
    return imported(ground.tree, paths, (found.path, ground.folder, inside(found.path, found.folder or "src")))


def unlisted(taken: Mapping[str, Evidence]) -> str:
    if not taken:
        return "No file says which packages it needs (requirements.txt)."
    return f"No file says which packages it needs; those that it imports are taken: {', '.join(taken)}."


def _health(members: Iterable[Source]) -> str:
    """A path that is known to answer: of an application itself, or of a router that one takes under a known prefix."""
    rows = list(members)
    answered: set[str] = set()
    mounts = [mount for source in rows if source.made for mount in source.mounts]
    for source in rows:
        made = {ANY, *(item.name for item in source.made)} if source.made else set()
        for owner, path in source.routes:
            if owner in made:
                answered.add(path)
                continue
            under = _prefixes(source, owner, mounts)
            answered |= {f"{prefix}{path}" for prefix in under if prefix or path != "/"}
    return next((path for path in HEALTH if path in answered), "")


def _prefixes(source: Source, router: str, mounts: Iterable[Mount]) -> set[str]:
    """Where one file's router is reached. Nothing where something in between takes it, or under a computed name."""
    own = source.routers.get(router)
    stem = source.path.removesuffix("/__init__.py").removesuffix(".py").rsplit("/", 1)[-1]
    names = {f"{stem}.{router}", *((router,) if source.made else ())}
    if own is None:
        return set()
    taken = [mount for mount in mounts if any(f".{mount.target}".endswith(f".{name}") for name in names)]
    return {mount.under + own for mount in taken if mount.under is not None}


def variables(tree: Tree, members: Iterable[Source]) -> tuple[Variable, ...]:
    """One of each name: required if any place that reads it has no other value."""
    found: dict[str, tuple[bool, str, int]] = {}
    for source in members:
        for read in source.reads:
            known = found.get(read.name)
            if known is None or (read.required and not known[0]):
                found[read.name] = read.required, source.path, read.line
    return tuple(
        Variable(name, required, bool(SECRET.search(name)), tree.line(path, line))
        for name, (required, path, line) in sorted(found.items())
    )
