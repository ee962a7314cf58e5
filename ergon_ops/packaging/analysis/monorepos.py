"""Projects of a workspace of Nx or of Nest's own: applications in folders without a package.json, or with one that
starts nothing; built, and then run, from the workspace's root."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ergon_ops.packaging.analysis.evidence import Application, Evidence
from ergon_ops.packaging.analysis.frameworks import CONFIGS, SERVERS
from ergon_ops.packaging.analysis.packages import Package, load_json
from ergon_ops.packaging.analysis.requirements import table
from ergon_ops.packaging.analysis.scripting import scripts
from ergon_ops.packaging.analysis.starting import Site, entry, port
from ergon_ops.packaging.analysis.tree import Tree, inside

SITES = ("angular", "vite", "webpack", "rspack")
DEFAULT = {"next": 3000, "nuxt": 3000, "remix": 3000}


def projects(tree: Tree, found: Mapping[str, Package]) -> Iterator[tuple[Site, Application]]:
    """Each with the site that says its packages, its sources and its root."""
    root = found.get(".")
    if root is None:
        return
    yield from _of_nest(tree, root)
    if "nx.json" not in tree.names("."):
        return
    for folder in tree.folders():
        if folder == "." or folder.endswith("-e2e"):
            continue
        document, file = _document(tree, folder, found.get(folder))
        if document and document.get("projectType") != "library":
            yield from _project(tree, folder, root, document, file)


def _document(tree: Tree, folder: str, package: Package | None) -> tuple[Mapping[str, Any], str]:
    """What Nx is told of a folder, unless its package.json starts it by itself."""
    if package and "start" in package.scripts:
        return {}, ""
    if "project.json" in tree.names(folder):
        return load_json(tree, inside(folder, "project.json")), "project.json"
    if package and "build" not in package.scripts:  # what builds it is found by its files
        said = package.document.get("nx")
        return {"name": package.document.get("name"), **(said if isinstance(said, dict) else {})}, "package.json"
    return {}, ""


def _of_nest(tree: Tree, root: Package) -> Iterator[tuple[Site, Application]]:
    """`nest-cli.json` with several applications."""
    path = "nest-cli.json"
    document = load_json(tree, path) if tree.has(path) else {}
    listed = document.get("projects")
    rows = {
        str(name): one
        for name, one in (listed.items() if isinstance(listed, dict) else ())
        if isinstance(one, dict) and one.get("type") == "application"
    }
    for name, one in rows.items() if document.get("monorepo") or len(rows) > 1 else ():
        folder = str(one.get("root") or f"apps/{name}").strip("/")
        if not any(tree.under(folder, ".ts")):
            continue
        sources = scripts(tree, folder, (), every=True)
        site = Site(Package(tree, folder, {"name": name}, root.dependencies, file=f"/{path}"), sources, (root,), {})
        listens = any(script.listens for script in sources.values())
        number, because = port(site, 3000 if listens else None)
        said = tree.find(path, f'"{name}"')
        first = entry(site)
        evidence = {"type": (said,), "run": (said,), "build": (said,), "port": (because,) if because else ()}
        evidence["entrypoint"] = (Evidence(inside(folder, first)),) if first else ()
        run = ("node", f"dist/{folder}/{one.get('entryFile') or 'main'}")
        build = (("npx", "nest", "build", name),)
        yield (
            site,
            Application(
                "", folder, "nestjs", "", run=run, port=number, entrypoint=first, build=build, evidence=evidence
            ),
        )


def _project(
    tree: Tree, folder: str, root: Package, document: Mapping[str, Any], file: str
) -> Iterator[tuple[Site, Application]]:
    sources = scripts(tree, folder, (), every=True)
    text = "\n".join(tree.text(path) for path in sources)
    asked = {name: why for name, why in root.dependencies.items() if re.search(rf"['\"]{re.escape(name)}['\"/]", text)}
    name = str(document.get("name") or folder.rsplit("/", 1)[-1])
    package = Package(tree, folder, {"name": name}, asked, {"build": f"nx build {name}"}, file)
    site = Site(package, sources, (root,), {})
    listens = any(script.listens for script in sources.values())
    kind, why = _kind(tree, folder, document, package, listens=listens)
    if not kind:
        return
    output = _output(tree, folder, document)
    build = (("npx", "nx", "build", name),)
    said = tree.find(package.path, '"build"')
    evidence: dict[str, tuple[Evidence, ...]] = {"type": (why,), "run": (said,), "build": (said,)}
    if kind in SITES:
        newer = kind == "angular" and not re.search(r":browser(?:-esbuild)?\"", tree.text(package.path))
        pages = f"{output}/browser" if newer else output
        yield site, Application("", folder, kind, "", output=pages, port=80, build=build, evidence=evidence)
        return
    number, because = port(site, DEFAULT.get(kind, 3000 if listens or kind == "nestjs" else None))
    evidence["port"] = (because,) if because else ()
    if first := entry(site):
        evidence["entrypoint"] = (Evidence(inside(folder, first)),)
    run = _run(kind, folder, output, document)
    yield (
        site,
        Application("", folder, kind, "", run=run, port=number, entrypoint=first, build=build, evidence=evidence),
    )


def _kind(
    tree: Tree, folder: str, document: Mapping[str, Any], package: Package, *, listens: bool
) -> tuple[str, Evidence]:
    """By what builds it, by its own file of settings, by what its sources ask for."""
    targets = document.get("targets")
    targets = targets if isinstance(targets, dict) else {}
    executor = str(table(targets, "build").get("executor") or "")
    names = tree.names(folder)
    at = tree.find(package.path, executor) if executor else Evidence(package.path)

    def configured(name: str) -> Evidence | None:
        found = next((f"{name}.config{end}" for end in CONFIGS if f"{name}.config{end}" in names), "")
        return Evidence(inside(folder, found)) if found else None

    for kind in ("next", "nuxt"):
        if f"/{kind}:" in executor or configured(kind):
            return kind, configured(kind) or at
    if "angular" in executor:
        return "angular", at
    if package.has("@nestjs/core"):
        return "nestjs", package.dependencies["@nestjs/core"]
    for server in SERVERS:
        if package.has(server):
            return server, package.dependencies[server]
    pages = "index.html" in names or "index.html" in tree.names(inside(folder, "src"))
    for kind in ("vite", "webpack", "rspack"):
        if pages and (f"/{kind}:" in executor or configured(kind)):
            return kind, configured(kind) or at
    if listens or (
        document.get("projectType") == "application" and re.search(r"/(?:esbuild|webpack|js|node):", executor)
    ):
        return "node", at
    return "", at


def _output(tree: Tree, folder: str, document: Mapping[str, Any]) -> str:
    """The folder that is built into, from the root."""
    said = table(document, "targets", "build", "options").get("outputPath")
    said = said.get("base") if isinstance(said, dict) else said
    if isinstance(said, str):
        return posixpath.normpath(
            said.replace("{workspaceRoot}/", "").replace("{projectRoot}", folder).replace("{options.outputPath}", "")
        )
    for name in ("vite", "webpack", "rspack"):
        for end in CONFIGS:
            text = tree.text(inside(folder, f"{name}.config{end}"))
            if found := re.search(
                r"outDir\s*:\s*['\"]([^'\"]+)['\"]|__dirname,\s*['\"]([^'\"]*dist[^'\"]*)['\"]", text
            ):
                place = posixpath.normpath(posixpath.join(folder, found[1] or found[2]))
                if not place.startswith(".."):
                    return place
    return f"dist/{folder}"


def _run(kind: str, folder: str, output: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    if kind == "next":
        said = table(document, "targets", "build", "options").get("outputPath")
        return ("npx", "next", "start", output if said else folder)
    if kind == "nuxt":
        return ("node", f"{output}/server/index.mjs")
    executor = str(table(document, "targets", "build").get("executor") or "")
    said = table(document, "targets", "build", "options")
    inner = "src/main.js" if re.search(r"/js:(?:tsc|swc)$", executor) else "main.js"
    if executor.endswith("/esbuild:esbuild") and said.get("format") == ["cjs"]:
        renamed = table(said, "esbuildOptions", "outExtension").get(".js")
        inner = f"main{renamed if isinstance(renamed, str) else '.cjs'}"
    return ("node", f"{output}/{inner}")
