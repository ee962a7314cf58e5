"""The frameworks of package.json, in the order they are asked: what proves them, how they run, what they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.builders import BUILDERS, builder_of
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.packages import Package, load_json
from ergon_ops.packaging.analysis.requirements import table
from ergon_ops.packaging.analysis.tree import inside

Command = tuple[tuple[str, ...], Evidence | None]
CONFIGS = (".js", ".mjs", ".cjs", ".ts", ".mts")


@dataclass(frozen=True, slots=True)
class Rule:
    """`dependency` is the one that proved it; `static` gives the folder it is built into, if nothing has to run."""

    type: str
    dependency: str
    port: int | None = 3000
    static: Callable[[Package], str | None] = lambda package: None
    command: Callable[[Package], Command | None] = lambda package: None
    build: Command = ((), None)  # what builds it, where that is not the script of that name
    said: tuple[int, Evidence] | None = None  # the port of its own file of settings


def rule_of(package: Package) -> Rule | None:
    for dependencies, make in RULES:
        for name in package.dependencies:
            if any(re.fullmatch(pattern, name) for pattern in dependencies.split()):
                rule = make(package, name)
                if rule is not None:
                    return rule
    return None


def configured(package: Package, name: str) -> str:
    """The text of `next.config.js` or `.mjs` … ('' if there is none)."""
    return "".join(package.tree.text(inside(package.folder, f"{name}.config{ending}")) for ending in CONFIGS)


def _number(package: Package, name: str, pattern: str) -> tuple[int, Evidence] | None:
    for ending in CONFIGS:
        path = inside(package.folder, f"{name}.config{ending}")
        if found := re.search(pattern, package.tree.text(path), re.DOTALL):
            return int(found[1]), package.tree.line(path, package.tree.text(path).count("\n", 0, found.start(1)) + 1)
    return None


def script(package: Package, name: str, *words: str) -> Command:
    """A script of package.json if it has it, else what it would do."""
    return (("npm", "start"), package.script("start")) if name in package.scripts else (words, None)


def _next(package: Package, name: str) -> Rule:
    exported = re.search(r"output\s*:\s*['\"]export['\"]", configured(package, "next")) or "next export" in (
        package.scripts.get("build", "")
    )
    alone = re.search(r"output\s*:\s*['\"]standalone['\"]", configured(package, "next"))
    words = ("node", ".next/standalone/server.js") if alone else ("npx", "next", "start")
    return Rule(
        "next",
        name,
        static=lambda package: "out" if exported else None,
        command=lambda package: (words, None) if alone else script(package, "start", *words),
    )


def _sveltekit(package: Package, name: str) -> Rule:
    pages = re.search(r"\bpages\s*:\s*['\"]([\w-][\w./-]*)['\"]", configured(package, "svelte"))
    return Rule(
        "sveltekit",
        name,
        static=lambda package: (pages[1] if pages else "build") if package.has("@sveltejs/adapter-static") else None,
        command=lambda package: (("node", "build"), None),
    )


def _remix(package: Package, name: str) -> Rule | None:
    if name.startswith("@react-router/") and not package.has(
        "@react-router/dev", "@react-router/serve", "@react-router/node"
    ):
        return None
    spa = re.search(r"ssr\s*:\s*false", configured(package, "react-router") + configured(package, "vite"))
    return Rule(
        "remix" if name.startswith("@remix-run") else "react-router",
        name,
        static=lambda package: "build/client" if spa else None,
        command=lambda package: script(package, "start", "npx", "react-router-serve", "build/server/index.js"),
    )


def _astro(package: Package, name: str) -> Rule:
    text = configured(package, "astro")
    out = re.search(r"\boutDir\s*:\s*['\"]\.?/?([\w-][\w./-]*?)/?['\"]", text)
    return Rule(
        "astro",
        name,
        port=4321,
        said=_number(package, "astro", r"\bserver\s*:\s*\{[^}]*?\bport\s*:\s*(\d{2,5})"),
        static=lambda package: None if package.has("@astrojs/node") else out[1] if out else "dist",
        command=lambda package: (("node", "dist/server/entry.mjs"), None),
    )


def _angular(package: Package, name: str) -> Rule | None:
    path = inside(package.folder, "angular.json")
    if not package.tree.has(path):
        return None
    projects = load_json(package.tree, path).get("projects")
    project = next(iter(projects), "") if isinstance(projects, dict) else ""
    build = table(projects if isinstance(projects, dict) else {}, project, "architect", "build")
    said = table(build, "options").get("outputPath")
    output = said.get("base") if isinstance(said, dict) else said
    output = output if isinstance(output, str) else f"dist/{project}" if project else "dist"
    options = table(build, "options")
    ssr = options.get("ssr") if options.get("outputMode") != "static" else None
    serving = next((key for key in package.scripts if key.startswith("serve:ssr")), "")
    if ssr and (options.get("outputMode") == "server" or serving):
        plain = package.scripts.get(serving, "").split()
        words = tuple(plain) if plain[:1] == ["node"] else ("node", f"{output}/server/server.mjs")
        why = package.script(serving) if serving else package.tree.find(path, '"ssr"')
        return Rule("angular", name, port=4000, command=lambda package: (words, why))
    older = str(build.get("builder", "")).endswith((":browser", ":browser-esbuild"))
    return Rule("angular", name, static=lambda package: output if older or not project else f"{output}/browser")


def _vite(package: Package, name: str) -> Rule | None:
    text = configured(package, "vite")
    if not text and not any("vite build" in line for line in package.scripts.values()):
        return None
    if re.search(r"\blib\s*:", text):
        return None  # builds a library
    out = re.search(r"outDir\s*:\s*['\"]\.?/?([\w./-]+)['\"]", text)
    root = re.search(r"(?m)^\s*root\s*:\s*['\"]\.?/?([\w-][\w/-]*)['\"]", text)
    usual = f"{root[1]}/dist" if root and not out else "dist"
    return Rule("vite", name, static=lambda package: out[1] if out and ".." not in out[1] else usual)


def _cra(package: Package, name: str) -> Rule | None:
    return Rule("cra", name, static=lambda package: "build")


def _expo(package: Package, name: str) -> Rule | None:
    return Rule("expo", name, static=lambda package: "dist") if package.has("react-native-web") else None


def _nest(package: Package, name: str) -> Rule:
    number, why = _of_microservice(package)
    said = (number, why) if number and why else None
    return Rule("nestjs", name, command=_nest_command, port=None if why else 3000, said=said)


def _of_microservice(package: Package) -> tuple[int | None, Evidence | None]:
    """What only answers messages: where, if they come over TCP or gRPC; a line is told where it is one."""
    for path, text in _microservices(package):
        transport = re.search(r"Transport\.(\w+)", text)
        kind = transport[1] if transport else "TCP"
        found = re.search(
            {"TCP": r"\bport\s*:[^\n]*?(\d{4,5})", "GRPC": r"\burl\s*:[^\n]*?:(\d{4,5})"}.get(kind, "(?!)"), text
        )
        usual = {"TCP": 3000, "GRPC": 5000}.get(kind)
        at = found.start(1) if found else text.index("createMicroservice")
        line = package.tree.line(path, text.count("\n", 0, at) + 1)
        return (int(found[1]) if found else usual), line
    return None, None


def _microservices(package: Package) -> Iterator[tuple[str, str]]:
    for path in package.tree.under(inside(package.folder, "src"), "main.ts"):
        text = package.tree.text(path)
        if "createMicroservice" in text and not re.search(r"\bNestFactory\.create[(<]", text):
            yield path, text


def answers_messages(package: Package) -> bool:
    """What listens there speaks a protocol of Nest's own, or gRPC."""
    return any(True for _ in _microservices(package))


# Servers that listen by themselves: where, and the file and the pattern that say so.
OWN_SERVERS = {
    "@adonisjs/core": (3333, (".env.example", ".env"), r"(?m)^PORT\s*=\s*(\d{2,5})"),
    "@keystone-6/core": (3000, ("keystone.ts", "keystone.js"), r"\bserver\s*:\s*\{[^}]*?\bport\s*:[^\n]*?(\d{2,5})"),
    "@medusajs/medusa": (9000, ("medusa-config.ts", "medusa-config.js"), r"(?!)"),
    "directus": (8055, (".env.example", ".env"), r"(?m)^PORT\s*=\s*['\"]?(\d{2,5})"),
    "sails": (1337, ("config/local.js", "config/env/production.js"), r"\bport\s*:[^\n]*?(\d{2,5})"),
}


def _own_server(package: Package, name: str) -> Rule:
    usual, files, pattern = OWN_SERVERS[name]
    said = None
    for path in (inside(package.folder, file) for file in files):
        if said is None and (found := re.search(pattern, package.tree.text(path), re.DOTALL)):
            text = package.tree.text(path)
            said = int(found[1]), package.tree.line(path, text.count("\n", 0, found.start(1)) + 1)
    return Rule("node", name, port=usual, said=said, command=_adonis_command)


def _adonis_command(package: Package) -> Command | None:
    """Its start script is told from the folder that `ace build` leaves."""
    plain = re.fullmatch(
        r"node\s+((?:--\S+\s+)*)(?:\./)?(bin/server(?:\.js)?)", package.scripts.get("start", "").strip()
    )
    built = re.search(r"\bace\s+build\b", package.scripts.get("build", ""))
    if not plain or not built or package.tree.has(inside(package.folder, "bin/server.js")):
        return None
    return ("node", *plain[1].split(), f"build/{plain[2]}"), package.script("start")


def _nest_command(package: Package) -> Command:
    """As a script starts what was built, which lies elsewhere in a workspace of Nest's own."""
    for script in ("start:prod", "start:production", "prod", "start"):
        if plain := re.fullmatch(r"node\s+((?:--\S+\s+)*)([\w./-]+)", package.scripts.get(script, "").strip()):
            return ("node", *plain[1].split(), plain[2].removeprefix("./")), package.script(script)
    for path in package.tree.under(package.folder, "/project.json"):  # Nx: where a project's build goes
        options = table(load_json(package.tree, path), "targets", "build", "options")
        output = options.get("outputPath")
        if isinstance(output, str) and "main" in options and ".." not in output:
            return ("node", f"{output}/main.js"), package.tree.find(path, '"outputPath"')
    return ("node", "dist/main.js"), package.dependencies["@nestjs/core"]


def _nuxt(package: Package, name: str) -> Rule:
    """`nuxt generate` leaves pages, `nuxt build` a server."""
    pages = re.search(r"\b(?:nuxt|nuxi)\s+(?:generate|build\s.*--prerender)", package.scripts.get("build", ""))
    return Rule(
        "nuxt",
        name,
        static=lambda package: ".output/public" if pages else None,
        command=lambda _: (("node", ".output/server/index.mjs"), None),
    )


def _built(package: Package, name: str) -> Rule | None:
    found = builder_of(package, name)
    if found is None:
        return None
    one, output, words, why = found
    return Rule(one.type, name, static=lambda package: output, build=(words, why))


def _strapi(package: Package, name: str) -> Rule:
    pattern = re.compile(r"\bport\s*:\s*env(?:\.int)?\(\s*['\"]PORT['\"]\s*,\s*(\d{2,5})")
    said = None
    for ending in (".js", ".ts"):
        path = inside(package.folder, f"config/server{ending}")
        if found := pattern.search(package.tree.text(path)):
            said = int(found[1]), package.tree.line(path, package.tree.text(path).count("\n", 0, found.start(1)) + 1)
    return Rule(
        "strapi", name, port=1337, said=said, command=lambda package: script(package, "start", "npx", "strapi", "start")
    )


def _server(package: Package, name: str) -> Rule:
    return Rule({"@hapi/hapi": "hapi"}.get(name, name), name)


SERVERS = ("express", "koa", "fastify", "hono", "hapi")
RULES: tuple[tuple[str, Callable[[Package, str], Rule | None]], ...] = (
    ("next", _next),
    ("nuxt nuxt3", _nuxt),
    (r"@sveltejs/kit", _sveltekit),
    (r"@tanstack/[\w-]*start", lambda package, name: Rule("tanstack-start", name)),
    (r"@remix-run/(?:node|serve|react) @react-router/\w+", _remix),
    ("astro", _astro),
    (r"@angular/core", _angular),
    (r"@nestjs/core", _nest),
    (r"@strapi/strapi strapi", _strapi),
    (" ".join(OWN_SERVERS), _own_server),
    (r"fastify express koa hono @hapi/hapi", _server),
    (" ".join(one.packages.replace("|", " ") for one in BUILDERS if one.always and "(" not in one.packages), _built),
    ("react-scripts", _cra),
    ("expo", _expo),
    ("vite", _vite),
    (r".+", _built),
)
