"""Node programs and sites that are built with it: framework, command, port, the folder that is served."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ergon_ops.packaging.analysis import monorepos
from ergon_ops.packaging.analysis.evidence import Application, Evidence, Need, Variable
from ergon_ops.packaging.analysis.frameworks import SERVERS, Rule, answers_messages, rule_of
from ergon_ops.packaging.analysis.needs import IMAGES, needs
from ergon_ops.packaging.analysis.packages import (
    LOCKS,
    Package,
    is_member,
    manager,
    node_version,
    packages,
    taken_in,
    workspaces,
)
from ergon_ops.packaging.analysis.scripting import scripts, variables
from ergon_ops.packaging.analysis.serving import HEALTH
from ergon_ops.packaging.analysis.starting import (
    Site,
    by_bun,
    command,
    command_of,
    entry,
    handed,
    port,
    spoken,
    start_of,
)
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, relative, within

ALONE = ("server.js", "index.js", "app.js", "main.js", "server.mjs", "index.mjs")
BUILDS = re.compile(
    r"^(?:npx\s+)?(?:tsup|tsc|tsdx|rollup|webpack|esbuild|microbundle|babel|sass|gulp|unbuild|vite build|swc)\b"
    r".*(?:--watch|-w|watch)\b"
    r"|^(?:npx\s+)?(?:start-storybook|storybook|tsdx watch|jest|vitest)\b"
)
BOTS = (
    "discord.js", "eris", "telegraf", "grammy", "node-telegram-bot-api", "@slack/bolt", "whatsapp-web.js", "tmi.js",
    "matrix-bot-sdk", "mineflayer", "probot",
)  # fmt: skip
DELEGATES = re.compile(
    r"\b(turbo|nx|lerna|concurrently|npm-run-all|wsrun)\b|(?:npm|pnpm|yarn|bun)\b.*(?:-w|-r|--filter|--workspace|workspace)\b"
)


def applications(tree: Tree) -> Iterator[Application]:
    found = packages(tree)
    main = taken_in(found)
    real = {folder: package for folder, package in found.items() if folder in main or not aside(folder)} or found
    own = list(monorepos.projects(tree, found))
    if own:
        real = {folder: one for folder, one in real.items() if folder not in (".", *(made.path for _, made in own))}
    for site, made in own:
        whole = _finished(site, made)
        yield replace(whole, build=made.build, missing=(), dependencies="package.json", from_context=True)
    if not found and any(name in tree.names(".") for name in ALONE):
        real = {".": Package(tree, ".", {})}  # a server of plain Node
    for folder, package in real.items():
        inner = [other for other in found if other != folder and within(other, folder)]
        roots = tuple(root for root in found.values() if root.folder != folder and is_member(root, folder))
        others = [one for one in found.values() if package.has(str(one.document.get("name"))) and one is not package]
        shared = {path: row for one in others for path, row in scripts(tree, one.folder, (), every=True).items()}
        site = Site(package, scripts(tree, folder, inner), roots, shared)
        application = _application(site, inner)
        if application is not None:
            yield _finished(site, application)


def asked(tree: Tree, folder: str) -> tuple[tuple[Variable, ...], tuple[Need, ...]]:
    """Variables and services of a package whose program is told by something else."""
    package = packages(tree).get(folder)
    if package is None:
        return (), ()
    found = list(scripts(tree, folder, ()).values())
    return variables(tree, found, schema_reads(package)), needs(package.dependencies, _prisma(package))


def _application(site: Site, inner: Sequence[str]) -> Application | None:
    """None for a library, for tooling, and for a root that only hands on to its workspaces."""
    package = site.package
    hands_on = bool(workspaces(package)) or DELEGATES.search(package.scripts.get("start", ""))
    rule = rule_of(package)
    if rule is not None and (not hands_on or not inner or _runs(site)):
        return _by_rule(site, rule)
    if hands_on and inner:
        return None
    return _generic(site)


def _runs(site: Site) -> bool:
    """It starts something itself."""
    start = site.package.scripts.get("start", "")
    return bool(start) and not DELEGATES.search(start)


def _by_rule(site: Site, rule: Rule) -> Application | None:
    package = site.package
    evidence: dict[str, tuple[Evidence, ...]] = {"type": (package.dependencies[rule.dependency],)}
    listens = any(script.listens for script in site.sources.values()) or (by_bun(package) and handed(site))
    quiet = rule.type in SERVERS and not listens and not _runs(site)
    if quiet and ("main" not in package.document or not site.sources):
        return None  # a library for the framework
    static = rule.static(package)
    if static is not None:
        words, said = rule.build
        said = said or (package.script("build") if "build" in package.scripts else None)
        evidence |= {"run": (said,) if said else ()} | ({"build": (said,)} if words and said else {})
        return Application(
            "", package.folder, rule.type, "javascript", output=static, port=80, evidence=evidence,
            build=(words,) if words else (),
        )  # fmt: skip
    run, why = rule.command(package) or command(site)
    if run[-1:] == (".next/standalone/server.js",) and site.roots:  # laid out from the workspace's root
        run = (*run[:-1], f".next/standalone/{relative(package.folder, site.roots[-1].folder)}/server.js")
    number, because = port(site, None)
    number, because = (number, because) if because else rule.said or (rule.port, None)
    evidence |= {"run": (why,) if why else (), "port": (because,) if because else ()}
    file = entry(site)
    evidence |= {"entrypoint": (Evidence(inside(package.folder, file)),)} if file else {}
    missing = () if run else ("Nothing says how it is started (a start script, or main in package.json).",)
    return Application(
        "",
        package.folder,
        rule.type,
        "javascript",
        run=run,
        port=number,
        entrypoint=file,
        evidence=evidence,
        missing=missing,
    )


def _generic(site: Site) -> Application | None:
    package = site.package
    run, why = command(site)
    listening = any(script.listens for script in site.sources.values())
    if BUILDS.search(package.scripts.get("start", "")) and not listening:
        return None  # what starts is its own building, again and again
    if not run or (not package.scripts.get("start") and not listening and why != command_of(package)[1]):
        return None
    number, because = port(site, 3000 if listening else None)
    file = entry(site)
    evidence = {
        "type": (Evidence(package.path) if package.document else Evidence(inside(package.folder, file)),),
        "run": (why,) if why else (),
        "port": (because,) if because else (),
        **({"entrypoint": (Evidence(inside(package.folder, file)),)} if file else {}),
    }
    kind = "bot" if not listening and package.has(*BOTS) else "bun" if run[0] == "bun" else "node"
    return Application("", package.folder, kind, "javascript", run=run, port=number, entrypoint=file, evidence=evidence)


def _finished(site: Site, found: Application) -> Application:
    package, sources = site.package, list(site.sources.values())
    what, why = manager(package, list(site.roots))
    if found.run[:1] == ("bun",) and not _locks(package, site.roots[-1].folder if site.roots else ""):
        what = "bun"  # it is there in any case
    version, because = node_version(package)
    typed = package.has("typescript") or any(path.endswith((".ts", ".tsx")) for path in site.sources)
    build = package.scripts.get("build", "")
    routes = {route for script in sources for route in script.routes}
    root = site.roots[-1].folder if site.roots else ""
    static = bool(found.output)
    return replace(
        found,
        context=root,
        language="typescript" if typed else "javascript",
        dependencies="package.json" if "package.json" in package.tree.names(package.folder) else "",
        beside=_locks(package, root),
        manager=what,
        version=version,
        run=_by(what, found.run),
        build=tuple(_by(what, words) for words in found.build) or (((what, "run", "build"),) if build else ()),
        whole=not build and _of_work(package),
        health="/" if static else next((path for path in HEALTH if path in routes), "") if found.port else "",
        variables=variables(package.tree, sources, schema_reads(package)),
        needs=needs(package.dependencies, _prisma(package)),
        http=not (found.type == "nestjs" and answers_messages(package)),
        missing=(*found.missing, *_unnamed(site, found)),
        evidence={
            **({"build": (package.script("build"),)} if build else {}),
            **found.evidence,
            **({"manager": (why,), "dependencies": (Evidence(package.path),)} if package.document else {}),
            **({"version": (because,)} if because else {}),
        },
    )


def _by(manager: str, words: tuple[str, ...]) -> tuple[str, ...]:
    return (manager, *words[1:]) if words[:1] == ("npm",) else words


def _of_work(package: Package) -> bool:
    """Its start needs what package.json names for development: it has to be installed as well."""
    used = package.document.get("dependencies")
    listed = package.document.get("devDependencies")
    names = set(listed if isinstance(listed, dict) else ()) - set(used if isinstance(used, dict) else ())
    said = " ".join(text for text, _ in spoken(package, start_of(package)[0]))
    words = {"@babel/node": "babel-node"}
    return any(re.search(rf"(?<![\w./@-]){re.escape(words.get(name, name))}(?![\w.-])", said) for name in names)


BUILT_IN = frozenset(
    """assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain
    events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream
    string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib bun""".split()  # noqa: SIM905
)
BROUGHT = re.compile(
    r"(?m)^\s*import\s[^'\"\n]*?from\s*['\"]([^'\"./][^'\"]*)['\"]|^\s*import\s*['\"]([^'\"./][^'\"]*)['\"]"
    r"|\brequire\(\s*['\"]([^'\"./][^'\"]*)['\"]\s*\)"
)
ES_MODULE = re.compile(r"(?m)^import\s[^\n]*['\"]|^export\s+(?:default|const|function|class|async|\{)")


def _unnamed(site: Site, found: Application) -> Iterator[str]:
    """What would keep a server from starting: a package that nobody installs, a module of the wrong kind."""
    package = site.package
    if found.output or not package.document or not found.entrypoint:
        return
    roots = {name for root in site.roots for name in root.dependencies}
    told: set[str] = set()
    entry = inside(package.folder, found.entrypoint)
    for path in dict.fromkeys((entry, *site.sources)):
        text = package.tree.text(path)
        for match in BROUGHT.finditer(text):
            said = match[1] or match[2] or match[3]
            name = "/".join(said.split("/")[: 2 if said.startswith("@") else 1])
            known = {name, f"@types/{name}"} & {*package.dependencies, *roots, str(package.document.get("name"))}
            if known or _own(package, name) or name in BUILT_IN or name in told or re.search(r"[:$#~]|^@/", said):
                continue
            told.add(name)
            line = text.count("\n", 0, match.end()) + 1
            yield f"{path}:{line} imports {name}, which {package.path} does not name."
    plain = found.entrypoint.endswith(".js") and found.run[:1] == ("node",)
    if plain and ES_MODULE.search(package.tree.text(entry)) and package.document.get("type") != "module":
        yield f'{entry} uses import, and {package.path} does not say "type": "module": older Nodes refuse it.'


def _own(package: Package, name: str) -> bool:
    """A folder or file of the package's, imported by a path from its root or from `src`."""
    bases = (inside(package.folder, name), inside(inside(package.folder, "src"), name))
    return any(
        package.tree.names(base) or any(package.tree.has(base + end) for end in (".js", ".ts")) for base in bases
    )


def _locks(package: Package, root: str) -> tuple[str, ...]:
    """Locks and the manager's own settings that lie where it is called; never `.npmrc`, which may hold a token."""
    folder = root or package.folder
    wanted = (*(name for name, _ in LOCKS), "pnpm-workspace.yaml", ".yarnrc.yml")
    return tuple(name for name in wanted if name in package.tree.names(folder))


def schemas(package: Package) -> Iterator[str]:
    """Prisma's, where it says they lie or where they usually do."""
    said = package.document.get("prisma")
    named = said.get("schema") if isinstance(said, dict) else None
    for name in (named, "prisma/schema.prisma", "schema.prisma"):
        path = inside(package.folder, name.removeprefix("./")) if isinstance(name, str) else ""
        if package.tree.has(path):
            yield path
            return


def schema_reads(package: Package) -> Iterator[tuple[str, str, int]]:
    for path in schemas(package):
        for number, line in enumerate(package.tree.text(path).splitlines(), 1):
            for name in re.findall(r"\benv\(\s*\"(\w+)\"\s*\)", line.split("//")[0]):
                yield name, path, number


def _prisma(package: Package) -> Iterator[Need]:
    for path in schemas(package):
        if found := re.search(r"provider\s*=\s*\"(postgresql|mysql|mongodb)\"", package.tree.text(path)):
            yield Need(IMAGES.get(found[1], found[1]), package.tree.find(path, found[0].split("\n")[0]))
