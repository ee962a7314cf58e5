"""How a Node program is started, and where it listens: its scripts followed into the files and scripts they call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.configured import in_environment
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.packages import Package
from ergon_ops.packaging.analysis.said import filled, lines
from ergon_ops.packaging.analysis.scripting import Script, port_elsewhere
from ergon_ops.packaging.analysis.tree import inside

ENTRIES = ("server", "index", "app", "main", "src/server", "src/index", "src/app", "src/main")
PORT = re.compile(r"(?:(?<!\S)-[pl]|--port|--listen|(?<!\w)PORT=)[ =]?[\"']?(?:(?:tcp://)?[\w.\[\]]*:)?(\d{2,5})\b")
CALLS = re.compile(r"(?:npm(?: run)?|npm run-script|yarn(?: run)?|pnpm(?: run)?|bun run)\s+(?:--?\S+\s+)*([\w:.-]+)")
SHELL = re.compile(r"(?:^|[\s;&])(?:(?:ba|da)?sh\s+)?(\.?/?[\w./-]+\.sh)\b")
NODE = re.compile(
    r"(?:node|bun(?:\s+run)?(?=\s+\S+\.[cm]?[jt]sx?$))\s+(?:(?:-r|--require|--import|--loader)\s+\S+\s+|--[\w=./-]+\s+)*([\w./-]+)"
)
# A program for people at work: it starts the other one again after each change.
WATCHES = re.compile(r"^(?:npx\s+)?(?:nodemon|node-dev|supervisor|node\s+--watch\S*)\s+(?:--?[\w=./-]+\s+)*([\w./-]+)$")
AT_WORK = re.compile(r"\b(?:nodemon|node-dev|ts-node-dev|tsx watch|supervisor|--watch)\b")
FOR_USE = ("start:prod", "start:production", "prod", "production", "serve:prod")
FOR_OTHERS = ("serve", "server", "start:server", "start:dev", "dev", "develop")
NAMED = re.compile(
    r"(?:node|tsx|ts-node(?:-dev)?|nodemon|node-dev|bun(?: run)?)\s+(?:watch\s+)?(?:--?[\w=./-]+\s+)*([\w./-]+)"
)


@dataclass(frozen=True, slots=True)
class Site:
    """One package with its own sources, the packages it is a workspace of, and sources of others of these that it asks
    for."""

    package: Package
    sources: Mapping[str, Script]
    roots: tuple[Package, ...]
    shared: Mapping[str, Script]


def start_of(package: Package) -> tuple[str, str]:
    """The script that starts it in use, and its name: not the one that watches files, where another is there."""
    start = package.scripts.get("start", "")
    if not start or AT_WORK.search(start):
        for name in FOR_USE:
            if name in package.scripts:
                return name, package.scripts[name]
    return ("start", start) if start else ("", "")


def command(site: Site) -> tuple[tuple[str, ...], Evidence | None]:
    """`start` > `main` > a file that listens > index > what else its scripts call."""
    package = site.package
    name, start = start_of(package)
    if start:
        whole, watched = NODE.fullmatch(start.strip()), WATCHES.match(start.strip())
        if whole and not watched and _file(package, whole[1]):
            return (*start.split()[:-1], whole[1].removeprefix("./")), package.script(name)
        plain = watched
        if plain and _file(package, plain[1]):
            return ("node", plain[1].removeprefix("./")), package.script(name)
        return ("npm", "start") if name == "start" else ("npm", "run", name), package.script(name)
    main = package.document.get("main")
    if isinstance(main, str) and package.tree.has(inside(package.folder, main.removeprefix("./"))):
        return ("node", main.removeprefix("./")), package.at("main")
    listening = any(script.listens for script in site.sources.values())
    if not listening and (said := command_of(package))[0]:
        return said
    for name in FOR_OTHERS if listening else ():
        found = NAMED.match(package.scripts.get(name, "").strip())
        if found and found[1].endswith(("js", "/www")) and _file(package, found[1]):
            return ("node", found[1].removeprefix("./")), package.script(name)
    if file := entry(site):
        return (*runtime(package, file), file), Evidence(inside(package.folder, file))
    return (), None


def by_bun(package: Package) -> bool:
    """It is run by Bun: its lock is there, or its scripts call it."""
    locks = {"bun.lock", "bun.lockb", "bunfig.toml"} & set(package.tree.names(package.folder))
    return bool(locks) or any(
        re.match(r"bun\s+(?:run\s+)?(?:--\S+\s+)*[\w./-]+\.tsx?\b", one) for one in package.scripts.values()
    )


def handed(site: Site) -> bool:
    """Its first file hands Bun what to serve."""
    first = entry(site)
    text = site.package.tree.text(inside(site.package.folder, first)) if first else ""
    return bool(re.search(r"(?m)^export\s+default\s+(?:app|server|\w*[aA]pp)\b|^export\s+default\s*\{", text))


def runtime(package: Package, file: str) -> tuple[str, ...]:
    """What runs a file as it is: Node alone no TypeScript before its newest."""
    if not re.search(r"\.[cm]?tsx?$", file):
        return ("bun", "run") if by_bun(package) and not package.has("@types/node") else ("node",)
    if by_bun(package):
        return ("bun", "run")
    return next((("npx", name) for name in ("tsx", "ts-node") if package.has(name)), ("node",))


def _file(package: Package, path: str) -> bool:
    """It is there, or will be once it is built."""
    path = inside(package.folder, path.removeprefix("./"))
    built = "build" in package.scripts
    return built or any(package.tree.has(path + end) for end in ("", ".js", ".mjs", ".cjs", "/index.js"))


def command_of(package: Package) -> tuple[tuple[str, ...], Evidence | None]:
    """What a package installs as a command, where there is one and it is no library as well."""
    said = package.document.get("bin")
    paths = [said] if isinstance(said, str) else list(said.values()) if isinstance(said, dict) else []
    paths = [path.removeprefix("./") for path in paths if isinstance(path, str)]
    library = any(key in package.document for key in ("main", "exports", "module"))
    if len(set(paths)) == 1 and not library and package.tree.has(inside(package.folder, paths[0])):
        return ("node", paths[0]), package.at("bin")
    return (), None


def entry(site: Site) -> str:
    package = site.package
    _, start = start_of(package)
    scripts = (start, *(package.scripts.get(name, "") for name in FOR_OTHERS))
    for said in (*(found[1] for text in scripts if (found := NAMED.search(text))), package.document.get("main")):
        path = said.removeprefix("./") if isinstance(said, str) else ""
        for whole in (path, f"{path}.js", f"{path}.ts"):
            if path and package.tree.has(inside(package.folder, whole)):
                return whole
    for stem in ENTRIES:
        for ending in (".js", ".mjs", ".cjs", ".ts", ".mts"):
            if package.tree.has(inside(package.folder, stem + ending)):
                return stem + ending
    return ""


def spoken(package: Package, name: str, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Evidence]]:
    """A script's words, and those of the scripts and shell files it calls."""
    text = package.scripts.get(name, "")
    if not text or name in seen:
        return
    yield filled(text), package.script(name)
    for called in CALLS.findall(text):
        yield from spoken(package, called, (*seen, name))
    for path in SHELL.findall(text):
        yield from lines(package.tree, inside(package.folder, path.removeprefix("./")))


def port(site: Site, usual: int | None) -> tuple[int | None, Evidence | None]:
    """Of the command's options, of the entry's code, of any other file's code; else the framework's own."""
    package = site.package
    for text, why in spoken(package, start_of(package)[0]):
        if said := PORT.search(text):
            return int(said[1]), why
    first = inside(package.folder, entry(site)) if entry(site) else ""
    order = sorted(
        site.sources.values(), key=lambda script: (script.path != first, script.path.count("/"), script.path)
    )
    found = [row for script in order for row in script.ports]
    if not found and (there := port_elsewhere(package.tree, package.folder, order, list(site.shared.values()))):
        return there
    found = found or [row for script in order for row in script.usual]
    asked = {name for script in order for row in script.asks for name in row}
    if not found and asked and (there := in_environment(package.tree, package.folder, sorted({"PORT", *asked}))):
        return there
    return found[0] if found else (usual, None)
