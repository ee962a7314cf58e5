"""Everything that is neither Python nor Node: told by its own project file, as a table; how it runs as far as known."""
# ruff: noqa: E501 - a table of patterns reads best one a line

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatch, translate

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis import archives, deno
from ergon_ops.packaging.analysis.binaries import LISTENS, RUST_LISTENS, Binary, binaries
from ergon_ops.packaging.analysis.configured import FOREIGN, OTHERS, kept
from ergon_ops.packaging.analysis.declared import declared, may_listen
from ergon_ops.packaging.analysis.evidence import Application, Evidence
from ergon_ops.packaging.analysis.libraries import asked, files, ruby_of, variables
from ergon_ops.packaging.analysis.needs import needs
from ergon_ops.packaging.analysis.static import generated
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, relative, shown, within


@dataclass(frozen=True, slots=True)
class Kind:
    """`marker` is the file that makes a folder one; `word` a pattern its text must have ('' = any); `run` is said as
    one text; `{name}` stands for the folder's or the project's own name."""

    type: str
    language: str
    marker: str
    word: str
    run: str
    port: int | None
    listening: str = ""


GO = r"(?:ListenAndServe(?:TLS)?\(|\.Run\(|\.Start\(|\.Listen\(|net\.Listen\(\s*\"tcp\",)\s*\"[\w.]*:(\d{2,5})\""
RUST = r"\(\s*\"[\d.]+:(\d{2,5})\"|\(\s*\(\s*(?:\[[\d, ]+\]|\"[\d.]+\")\s*,\s*(\d{2,5})\s*\)"
SPRING = r"(?m:^\s*server\.port)\s*[=:]\s*(?:\$\{\w+:)?(\d{2,5})|(?m:^server:\s*\n\s+port:\s*(?:\$\{\w+:)?(\d{2,5}))"
QUARKUS = r"(?m:^\s*(?:%prod\.)?)quarkus\.http\.port\s*[=:]\s*(?:\$\{\w+:)?(\d{2,5})"
MICRONAUT = r"micronaut\.server\.port\s*[=:]\s*(\d{2,5})|(?m:^micronaut:\s*\n(?:[ \t]+.*\n)*?[ \t]+port:\s*(?:\$\{\w+:)?(\d{2,5}))"
KTOR = r"(?i:\bport)\s*=\s*(\d{2,5})|(?i:\bport\b)[^\n]*(?:\?:\s*|getOrDefault\(\s*\"\w+\"\s*,\s*)\"?(\d{2,5})\b"
JAVA = r"getOrDefault\(\s*\"\w*PORT\"\s*,\s*\"(\d{2,5})\"|(?:\.start|\.listen|\bport|InetSocketAddress|ServerBuilder\.forPort)\(\s*(\d{2,5})\s*[,)]"
PUMA = r"^\s*port\s+(?:ENV\.fetch\([^)\n]*?(\d{2,5})\s*\)|ENV\.fetch\([^)\n]*\)\s*\{\s*(\d{2,5})|\(?ENV\[[^\]\n]*\]\s*\|\|\s*['\"]?(\d{2,5})|(\d{2,5}))|^\s*bind\s*\(?\s*['\"]tcp://[^:\n]*:(?:#\{[^}\n]*?)?(\d{2,5})"
SINATRA = r"^\s*set\s*\(?\s*:port\s*,\s*(?:ENV\b[^\n]*?)?(\d{2,5})"
RACKUP = r"^#\\.*?(?:-p|--port)[ =](\d{2,5})"
KESTREL = r"(?:UseUrls|\.Run(?:Async)?|Urls\.Add)\(\s*\"https?://[^:\"]+:(\d{2,5})|ListenAnyIP\(\s*(\d{2,5})|\"Urls?\"\s*:\s*\"https?://[^:\"]+:(\d{2,5})"
PHOENIX = r"\"PORT\"\s*\)?\s*(?:\|\||,)\s*\"(\d{2,5})\"|\bport:\s*(\d{2,5})"
LOOSE = {"typescript": r"(?i)\bport\b[^\n;]*?\b(\d{4,5})\b"}  # where nothing is listened on by its number
SETTINGS = {
    "spring-boot": ("server", "port"), "quarkus": ("quarkus", "http", "port"),
    "micronaut": ("micronaut", "server", "port"), "ktor": ("ktor", "deployment", "port"),
}  # fmt: skip
SETTLED = re.compile(r"(?:^|/)application[\w-]*\.(?:ya?ml|properties|conf)$")
JAR = "java -jar app.jar"
# In order: the first that fits a folder is what it is.
KINDS: tuple[Kind, ...] = (
    Kind("gin", "go", "go.mod", r"github\.com/gin-gonic/gin", "./{name}", 8080, GO),
    Kind("echo", "go", "go.mod", r"github\.com/labstack/echo", "./{name}", 8080, GO),
    Kind("fiber", "go", "go.mod", r"github\.com/gofiber/fiber", "./{name}", 8080, GO),
    Kind("chi", "go", "go.mod", r"github\.com/go-chi/chi", "./{name}", 8080, GO),
    Kind("go", "go", "go.mod", "", "./{name}", 8080, GO),
    Kind("actix", "rust", "Cargo.toml", r"(?m)^actix-web\b", "./{name}", 8080, RUST),
    Kind("axum", "rust", "Cargo.toml", r"(?m)^axum\b", "./{name}", 8080, RUST),
    Kind("rocket", "rust", "Cargo.toml", r"(?m)^rocket\b", "./{name}", 8000, RUST),
    Kind("warp", "rust", "Cargo.toml", r"(?m)^warp\b", "./{name}", 8080, RUST),
    Kind("rust", "rust", "Cargo.toml", r"(?m)^\[package\]", "./{name}", None, RUST),
    Kind("spring-boot", "java", "pom.xml", "spring-boot", "java -jar app.jar", 8080, SPRING),
    Kind("quarkus", "java", "pom.xml", "quarkus", "java -jar target/quarkus-app/quarkus-run.jar", 8080, QUARKUS),
    Kind("micronaut", "java", "pom.xml", "micronaut", "java -jar app.jar", 8080, MICRONAUT),
    Kind("sparkjava", "java", "pom.xml", "spark-core", "java -jar app.jar", 4567),
    Kind("war", "java", "pom.xml", "<packaging>war", "", 8080),
    Kind("java", "java", "pom.xml", "", "java -jar app.jar", None, JAVA),
    Kind("spring-boot", "java", "build.gradle*", r"springframework\.boot|libs\.(?:plugins\.)?spring[.-]?boot", "java -jar app.jar", 8080, SPRING),
    Kind("quarkus", "java", "build.gradle*", "quarkus", "java -jar build/quarkus-app/quarkus-run.jar", 8080, QUARKUS),
    Kind("micronaut", "java", "build.gradle*", "micronaut", "java -jar app.jar", 8080, MICRONAUT),
    Kind("ktor", "kotlin", "build.gradle*", "ktor", "java -jar app.jar", 8080, KTOR),
    Kind("java", "java", "build.gradle*", "", "java -jar app.jar", None, JAVA),
    Kind("scala", "scala", "build.sbt", "", "", 8080),
    Kind("clojure", "clojure", "project.clj", "", "", 8080),
    Kind("clojure", "clojure", "deps.edn", "", "", 8080),
    Kind("rails", "ruby", "Gemfile", r"(?m)^\s*gem\s+['\"]rails['\"]", "bin/rails server -b 0.0.0.0", 3000, PUMA),
    Kind("sinatra", "ruby", "Gemfile", r"(?m)^\s*gem\s+['\"]sinatra['\"]", "{rack}", 9292, f"{SINATRA}|{PUMA}|{RACKUP}"),
    Kind("rack", "ruby", "config.ru", "", "{rack}", 9292, f"{PUMA}|{RACKUP}"),
    Kind("ruby", "ruby", "Gemfile", "", "", None),
    Kind("laravel", "php", "artisan", "", "php artisan serve --host 0.0.0.0 --port 8000", 8000),
    Kind("symfony", "php", "composer.json", "symfony/framework-bundle", "php -S 0.0.0.0:8000 -t public", 8000),
    Kind("wordpress", "php", "wp-config*.php", "", "apache2-foreground", 80),
    Kind("php", "php", "index.php", "", "apache2-foreground", 80),
    Kind("php", "php", "public/index.php", "", "apache2-foreground", 80),
    Kind("aspnet", "csharp", "*.csproj", r"Microsoft\.NET\.Sdk\.Web", "dotnet {project}.dll", 8080, KESTREL),
    Kind("dotnet", "csharp", "*.csproj", r"Sdk\.Worker|<OutputType>Exe", "dotnet {project}.dll", None),
    Kind("aspnet", "fsharp", "*.fsproj", r"Microsoft\.NET\.Sdk\.Web", "dotnet {project}.dll", 8080, KESTREL),
    Kind("phoenix", "elixir", "mix.exs", r":phoenix\b", "bin/{name} start", 4000, PHOENIX),
    Kind("elixir", "elixir", "mix.exs", r":(?:bandit|plug_cowboy|cowboy)\b", "bin/{name} start", 4000, PHOENIX),
    Kind("elixir", "elixir", "mix.exs", "", "bin/{name} start", None),
    Kind("deno", "typescript", "deno.json*", "", "deno run --allow-net {entry}", 8000, r"port\s*:\s*(\d{2,5})"),
    Kind("gleam", "gleam", "gleam.toml", "", "", 8080),
    Kind("crystal", "crystal", "shard.yml", "", "", 8080),
    Kind("haskell", "haskell", "stack.yaml", "", "", 8080),
    Kind("swift", "swift", "Package.swift", "", "", 8080),
    Kind("zig", "zig", "build.zig", "", "", 8080),
    Kind("dart", "dart", "pubspec.yaml", "", "", 8080),
)  # fmt: skip
MARKED = re.compile("|".join(sorted({translate(kind.marker.rpartition("/")[2]) for kind in KINDS})))


def applications(tree: Tree) -> Iterator[Application]:
    folders = [folder for folder in tree.folders() if not aside(folder)] or list(tree.folders())
    taken: set[tuple[str, str]] = set()
    for folder in folders:
        if not any(MARKED.fullmatch(name) for name in tree.names(folder)) and not tree.names(inside(folder, "public")):
            continue
        for kind in KINDS:
            marker = _marker(tree, folder, kind)
            # A build file of the parent project says it for its modules as well.
            if marker and not kind.word and generated(tree, folder):
                break  # its tools are asked for here: a site that is built
            if marker and not any((up, kind.language) in taken for up in _above(folder) if kind.language == "php"):
                for found in _applications(tree, folder, kind, marker):
                    taken.add((folder, kind.language))
                    yield found
                break


def _applications(tree: Tree, folder: str, kind: Kind, marker: Evidence) -> Iterator[Application]:
    """One, or each program of a Go module and a Rust package."""
    if kind.language in ("go", "rust"):
        rows = binaries(tree, folder, kind.language)
        for one in rows:
            own = replace_kind(kind, one.type) if len(rows) > 1 else kind
            found = _application(tree, folder, own, marker, one, alone=len(rows) == 1)
            yield found if one is rows[0] else replace(found, name=one.name)
        return
    if kind.language in ("java", "kotlin"):
        inner = [one for one in tree.folders() if one != folder and within(one, folder) and archives.built(tree, one)]
        if not archives.is_program(tree, folder, inner):
            return
    entry = _entry(tree, folder, kind)
    if kind.language != "typescript" or entry:
        yield _application(tree, folder, kind, marker, Binary("", entry, kind.type, (), True, marker), alone=True)


def replace_kind(kind: Kind, name: str) -> Kind:
    """Of one of several programs: the framework that its own sources ask for."""
    return next((one for one in KINDS if one.type == name and one.language == kind.language), kind)


def _above(folder: str) -> Iterator[str]:
    while folder != ".":
        folder = folder.rpartition("/")[0] or "."
        yield folder


def _marker(tree: Tree, folder: str, kind: Kind) -> Evidence | None:
    inner, _, pattern = kind.marker.rpartition("/")
    place = inside(folder, inner) if inner else folder
    for name in tree.names(place):
        path = inside(place, name)
        if fnmatch(name, pattern) and (match := re.search(kind.word, tree.text(path))):
            line = tree.text(path).count("\n", 0, match.end()) + 1
            text = tree.text(path).split("\n")[line - 1] if kind.word else ""
            return Evidence(path, line if kind.word else 0, shown(text))
    return None


def _application(tree: Tree, folder: str, kind: Kind, marker: Evidence, program: Binary, *, alone: bool) -> Application:
    entry = program.entry
    name = program.name or _name(tree, folder, kind)
    plain = kind.type == "sinatra" and entry and "config.ru" not in tree.names(folder)
    puma = "config/puma.rb" if tree.has(inside(folder, "config/puma.rb")) else ""
    sources = () if alone else program.sources
    port, why = _port(tree, folder, kind, sources) if alone or program.listens else (None, None)
    at = f" -p {port}" if port and not puma else ""
    rack = f"ruby {entry} -o 0.0.0.0" if plain else "rackup -o 0.0.0.0" + at
    exec_ = "bundle exec " if "Gemfile" in tree.names(folder) else ""
    rack = f"{exec_}puma -C {puma}" if puma and not plain else rack
    named = re.search(r"<AssemblyName>\s*([\w.-]+)\s*</AssemblyName>", tree.text(marker.file))
    project = named[1] if named else marker.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    run = kind.run.format(name=name, project=project, entry=entry, rack=rack)
    run, port, why = _composer(tree, folder, kind, run, port, why)
    if kind.type == "deno" and (task := deno.task(tree, folder)):
        run, port, why = task.run, task.port or port, task.why if task.port or not why else why
    if kind.type == "phoenix" and tree.has(inside(folder, "rel/overlays/bin/server")):
        run = "bin/server"  # it sets PHX_SERVER
    if run == JAR and (jar := archives.archive(tree, folder, kind.type)):
        run = f"java -jar {jar}"
    serves = port is not None or (kind.type != "go" or _listens(tree, folder) if alone else program.listens)
    version, beside = ruby_of(tree, folder) if kind.language == "ruby" else ("", ())
    if kind.language == "php":
        beside = tuple(name for name in ("composer.json", "composer.lock") if name in tree.names(folder))
    listed = "Gemfile" if kind.language == "ruby" and "Gemfile" in tree.names(folder) else ""
    evidence: dict[str, tuple[Evidence, ...]] = {"type": (marker,), "run": (marker,), "port": (why,) if why else ()}
    if entry:
        evidence["entrypoint"] = (Evidence(inside(folder, entry)),)
    return Application(
        name="",
        path=folder,
        type=kind.type,
        language=kind.language,
        level="recognised",
        run=tuple(run.split()),
        port=(port or (4567 if plain else kind.port)) if serves else None,
        entrypoint=entry,
        dependencies=listed or relative(marker.file, folder),
        beside=beside,
        version=version,
        variables=variables(tree, folder, kind.language),
        needs=needs({}, asked(tree, folder, marker.file, kind.type)),
        evidence=evidence,
        missing=() if run else (f"How a {kind.type} project is started is not known here.",),
    )


def _composer(
    tree: Tree, folder: str, kind: Kind, run: str, port: int | None, why: Evidence | None
) -> tuple[str, int | None, Evidence | None]:
    """PHP: what its composer.json starts with PHP's own server, where it does."""
    path = inside(folder, "composer.json")
    for row in tree.text(path).splitlines() if kind.language == "php" else ():
        if found := re.search(
            r"\"(?:start|serve|server)\"\s*:\s*\[?\s*\"(?:@php|php)\s+(-S\s+[^:\s\"]+:(\d{2,5})[^\"&|;]*)\"", row
        ):
            said = re.sub(r"-S\s+[^:\s]+:", "-S 0.0.0.0:", found[1]).strip()
            return f"php {said}", int(found[2]), tree.find(path, row.strip())
    return run, port, why


def _entry(tree: Tree, folder: str, kind: Kind) -> str:
    """The file that is run, where one is."""
    if kind.type == "sinatra":
        rows = (
            path for path in files(tree, folder, "ruby") if re.search(r"require\s+['\"]sinatra['\"]", tree.text(path))
        )
        return next((relative(path, folder) for path in rows), "")
    if kind.type == "deno":
        return deno.entry(tree, folder)
    return ""


def _name(tree: Tree, folder: str, kind: Kind) -> str:
    """What the built program is called."""
    text = tree.text(inside(folder, kind.marker))
    released = re.search(r"\breleases(?:\(\))?(?::|\s+do)\s*\[\s*(\w+):", text)
    found = released or re.search(r"app:\s*:(\w+)", text)
    return found[1] if found else "app"


def _port(tree: Tree, folder: str, kind: Kind, sources: Sequence[str]) -> tuple[int | None, Evidence | None]:
    loose = LOOSE.get(kind.language)
    paths = list(sources or files(tree, folder, kind.language))
    if kind.language == "elixir":
        paths = _of_phoenix(paths)
    elif kind.type in SETTINGS:
        paths = archives.in_order(tree, folder, paths)
    told = bool(sources) or _may_listen(tree, folder, kind, paths)
    if told and (row := _kept_first(tree, folder, kind, paths)):
        return row
    for pattern in filter(None, (kind.listening, loose if kind.listening else None)):
        for path in paths:
            for match in re.finditer(pattern, tree.text(path), re.MULTILINE):
                number = int(next(part for part in match.groups() if part))
                why = tree.line(path, tree.text(path).count("\n", 0, match.end(match.lastindex or 0)) + 1)
                foreign = number in FOREIGN or (pattern is loose and OTHERS.search(why.says))
                if 80 <= number <= 65535 and not foreign:
                    return number, why
    if told and kind.listening and kind.type not in SETTINGS and (row := declared(tree, kind.language, paths)):
        return row
    named = kind.port if kind.language in ("go", "rust") else told and kind.type == "java"
    keys = SETTINGS.get(kind.type, ("port",) if named else ())
    settled = [path for path in paths if SETTLED.search(path)] if kind.type in SETTINGS else None
    return (kept(tree, folder, keys, paths, settled) if keys else None) or (None, None)


# Crates that fill settings from a file: what is in it comes before what the code takes without one.
FILLING = re.compile(r"(?m)^(?:config|figment|twelf|confique|confy)\b")


def _kept_first(tree: Tree, folder: str, kind: Kind, paths: Sequence[str]) -> tuple[int, Evidence] | None:
    """A file of settings that the sources name."""
    if kind.language == "go":
        return _tagged(tree, folder, paths)
    if kind.language == "rust" and FILLING.search(tree.text(inside(folder, "Cargo.toml"))):
        return kept(tree, folder, ("port",), paths)
    return None


def _tagged(tree: Tree, folder: str, paths: Sequence[str]) -> tuple[int, Evidence] | None:
    """Go: a field that a file of settings fills, by the name its tag says; the default beside it comes after."""
    pattern = r"`[^`\n]*\b(?:yaml|mapstructure|toml|json|koanf|hcl):\"(\w*(?:port|addr|listen|bind)\w*)"
    for path in paths:
        for name in re.findall(pattern, tree.text(path), re.IGNORECASE):
            if not OTHERS.search(name) and (row := kept(tree, folder, (name,), paths)):
                return row
    return None


def _of_phoenix(paths: Sequence[str]) -> list[str]:
    """Of its settings those of use, what is read when it starts first; the others are for work on it."""
    order = {"runtime.exs": 0, "releases.exs": 1, "prod.exs": 2, "dev.exs": 9, "test.exs": 9}
    rank = {path: order.get(path.rsplit("/", 1)[-1], 3) for path in paths}
    return [path for path in sorted(paths, key=rank.__getitem__) if rank[path] < 9]


def _may_listen(tree: Tree, folder: str, kind: Kind, paths: Sequence[str]) -> bool:
    """Of kinds that are servers by themselves this is known; of the others their sources say it."""
    if kind.type == "go":
        return _listens(tree, folder)
    if kind.type == "rust":
        return any(RUST_LISTENS.search(tree.text(path)) for path in paths)
    return kind.type != "java" or any(may_listen(tree.text(path)) for path in paths)


def _listens(tree: Tree, folder: str) -> bool:
    return any(LISTENS.search(tree.text(path)) for path in tree.under(folder, ".go"))
