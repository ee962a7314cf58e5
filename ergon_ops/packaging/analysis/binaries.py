"""Programs of one Go module or one Rust package: which there are, and which sources each is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.requirements import load_toml
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, relative

# Run by hand or once, beside what goes on.
BY_HAND = re.compile(
    r"migrat\w*|seed\w*|gen\w*|.*ctl|.*-?cli|tools?|bench\w*|example\w*|dev|mock\w*|load\w*|healthcheck|import|export"
    r"|init|setup|xtask|docs?|openapi|fixtures?|debug|test\w*|smoke|admin-tool|backfill\w*|version|client|playground"
)
LISTENS = re.compile(
    r"ListenAndServe|\bServe(?:TLS)?\(|net\.Listen|http\.Server\{|\.(?:Run|Start|Listen)\(\s*(?:\"|fmt\.|(?i:\w*(?:addr|port)))"
)
FRAMEWORKS = {
    "gin": "github.com/gin-gonic/gin", "echo": "github.com/labstack/echo", "fiber": "github.com/gofiber/fiber",
    "chi": "github.com/go-chi/chi", "actix": "actix_web", "axum": "axum", "rocket": "rocket", "warp": "warp",
}  # fmt: skip
RUST_LISTENS = re.compile(
    r"axum::serve|HttpServer::new|TcpListener::bind|rocket::|#\[launch\]|warp::serve|Server::bind|\.serve\("
)


@dataclass(frozen=True, slots=True)
class Binary:
    """`entry` relative to the folder, `sources` from the project's root: its own first; `listens` whether any does."""

    name: str
    entry: str
    type: str
    sources: tuple[str, ...]
    listens: bool
    why: Evidence


def binaries(tree: Tree, folder: str, language: str) -> list[Binary]:
    """Those that go on, the first in the order of names; all of them where none does."""
    found = list(_go(tree, folder) if language == "go" else _rust(tree, folder) if language == "rust" else ())
    lasting = [one for one in found if not BY_HAND.fullmatch(one.name)]
    return sorted(lasting or found, key=lambda one: (not one.listens, one.name))


def _go(tree: Tree, folder: str) -> Iterator[Binary]:
    module = re.search(r"(?m)^module\s+(\S+)", tree.text(inside(folder, "go.mod")))
    name = module[1] if module else "app"
    own = [path for path in tree.under(folder, ".go") if not path.endswith("_test.go")]
    inner = [one.rpartition("/")[0] or "." for one in tree.under(folder, "/go.mod") if one != inside(folder, "go.mod")]
    own = [path for path in own if not any(path.startswith(f"{other}/") for other in inner)]
    mains: dict[str, list[str]] = {}
    for path in own:
        place = path.rpartition("/")[0] or "."
        if not aside(relative(path, folder)) and re.search(r"(?m)^package main\b", tree.text(path)):
            mains.setdefault(place, []).append(path)
    for place, files in mains.items():
        first = next((path for path in files if path.endswith("main.go")), files[0])
        sources = _imported(tree, folder, name, files)
        text = "\n".join(tree.text(path) for path in sources)
        kind = next((key for key, said in FRAMEWORKS.items() if f'"{said}' in text), "go")
        last = re.sub(r"/v\d+$", "", name).rsplit("/", 1)[-1] if place == folder else place.rsplit("/", 1)[-1]
        yield Binary(
            last, relative(first, folder), kind, sources, kind != "go" or bool(LISTENS.search(text)),
            tree.find(first, "func main"),
        )  # fmt: skip


def _imported(tree: Tree, folder: str, module: str, files: list[str]) -> tuple[str, ...]:
    """Its own files, then those of the packages of the same module that they ask for."""
    found = dict.fromkeys(files)
    todo, seen = list(files), set()
    wanted = re.compile(rf"\"{re.escape(module)}/([\w./-]+)\"")
    while todo:
        for place in wanted.findall(tree.text(todo.pop())):
            if place in seen:
                continue
            seen.add(place)
            there = inside(folder, place)
            more = [inside(there, name) for name in tree.names(there) if re.search(r"(?<!_test)\.go$", name)]
            found |= dict.fromkeys(more)
            todo += more
    return tuple(found)


def _rust(tree: Tree, folder: str) -> Iterator[Binary]:
    path = inside(folder, "Cargo.toml")
    document = load_toml(tree, path)
    said = document.get("package")
    package = str(said.get("name", "app")) if isinstance(said, dict) else "app"
    listed = document.get("bin")
    rows = {
        str(one.get("path") or f"src/bin/{one.get('name')}.rs"): str(one.get("name", package))
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict)
    }
    for name in tree.names(inside(folder, "src/bin")):
        rows.setdefault(f"src/bin/{name}", name.removesuffix(".rs"))
    for one in tree.under(inside(folder, "src/bin"), "/main.rs"):
        rows.setdefault(relative(one, folder), one.split("/")[-2])
    if tree.has(inside(folder, "src/main.rs")):
        rows.setdefault("src/main.rs", package)
    library = [one for one in tree.under(inside(folder, "src"), ".rs") if relative(one, folder) not in rows]
    for entry, name in rows.items():
        file = inside(folder, entry)
        if not tree.has(file):
            continue
        text = tree.text(file)
        shared = re.search(rf"\b{re.escape(package.replace('-', '_'))}::|(?m:^\s*(?:pub )?mod \w+;)", text)
        sources = (file, *(library if shared else ()))
        whole = "\n".join(tree.text(one) for one in sources)
        named = (key for key, word in FRAMEWORKS.items() if word in whole and re.search(rf"\b{word}(?:::|\b\W)", whole))
        kind = next(named, "rust")
        kind = kind if f"{kind}" in document.get("dependencies", {}) or kind in ("rust", "actix") else "rust"
        yield Binary(name, entry, kind, sources, bool(RUST_LISTENS.search(whole)), tree.find(file, "fn main"))
