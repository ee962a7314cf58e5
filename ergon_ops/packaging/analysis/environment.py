"""The port that a container's own surroundings set: a variable that the program reads, or that its framework does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ergon_ops.packaging.analysis.configured import LARGEST, OTHERS
from ergon_ops.packaging.analysis.evidence import Application, Evidence
from ergon_ops.packaging.analysis.tree import Tree, inside

# Read by the framework itself, whatever the code says.
FRAMEWORKS = {
    "flask": ("FLASK_RUN_PORT",), "streamlit": ("STREAMLIT_SERVER_PORT",), "gradio": ("GRADIO_SERVER_PORT",),
    "robyn": ("ROBYN_PORT",), "spring-boot": ("SERVER_PORT",), "rocket": ("ROCKET_PORT",), "next": ("PORT",),
    "nuxt": ("NITRO_PORT", "PORT"), "sveltekit": ("PORT",), "astro": ("PORT",), "remix": ("PORT",),
    "react-router": ("PORT",), "rails": ("PORT",), "quarkus": ("QUARKUS_HTTP_PORT",),
    "micronaut": ("MICRONAUT_SERVER_PORT",), "aspnet": ("ASPNETCORE_HTTP_PORTS", "ASPNETCORE_URLS"),
}  # fmt: skip


FLY = re.compile(r"(?m)^\s*internal_port\s*=\s*(\d{2,5})")
NAMED = re.compile(r"(?m)^\s*['\"]?(\w*PORT)['\"]?\s*[:=]\s*['\"]?(\d{2,5})['\"]?\s*$")
LISTED = re.compile(r"(?m)^\s*-\s*name:\s*['\"]?(\w*PORT)['\"]?\s*\n\s*value:\s*['\"]?(\d{2,5})['\"]?\s*$")
CONTAINER = re.compile(r"(?m)^\s*-?\s*containerPort:\s*(\d{2,5})\s*$")
HOSTS = ("fly.toml", "app.yaml", "render.yaml", "railway.toml", "nixpacks.toml")


def deployed(
    tree: Tree, path: str, *, alone: bool
) -> tuple[list[tuple[str, int, Evidence]], tuple[int, Evidence] | None]:
    """Ports that a host's file or a Deployment of Kubernetes sets in the environment; and the one it sends requests to.
    What lies elsewhere in the tree is of a program that is the only one."""
    sets: list[tuple[str, int, Evidence]] = []
    sent: list[tuple[int, Evidence]] = []
    for name in HOSTS:
        file = inside(path, name)
        sets += [(row[1], int(row[2]), _at(tree, file, row)) for row in NAMED.finditer(tree.text(file))]
        sent += [(int(row[1]), _at(tree, file, row)) for row in FLY.finditer(tree.text(file))]
    for file in tree.under(path, ".yaml", ".yml") if alone else ():
        text = tree.text(file) if tree.files[file] < LARGEST else ""
        if "containerPort" in text and re.search(r"(?m)^kind:\s*(?:Deployment|StatefulSet|Pod|DaemonSet)", text):
            sets += [(row[1], int(row[2]), _at(tree, file, row)) for row in LISTED.finditer(text)]
            sent += [(int(row[1]), _at(tree, file, row)) for row in CONTAINER.finditer(text)]
    numbers = {number for number, _ in sent}
    return sets, sent[0] if len(numbers) == 1 else None


LOADS = re.compile(r"dotenv|env_file|env-file|decouple|read_env|ConfigModule|environs")
SOURCES = (".py", ".js", ".mjs", ".cjs", ".ts", "package.json")
MOST = 400


def loaded(tree: Tree, path: str) -> list[tuple[str, int, Evidence]]:
    """Ports of a `.env` that the sources load: it is how the program is run where it was written."""
    file = inside(path, ".env")
    rows = [(row[1], int(row[2]), _at(tree, file, row)) for row in NAMED.finditer(tree.text(file))]
    texts = (tree.text(one) for one in list(tree.under(path, *SOURCES))[:MOST])
    return rows if rows and any(LOADS.search(text) for text in texts) else []


MANAGERS = re.compile(r"(?:^|/)(?:ecosystem|pm2)(?:\.config)?\.(?:c?js|mjs|json)$|(?:^|/)process\.json$")
PM2 = re.compile(r"\bpm2(?:-runtime)?\b")


def managed(tree: Tree, path: str, entry: str, run: Sequence[str]) -> list[tuple[str, int, Evidence]]:
    """Ports that the file of PM2 sets, where PM2 starts it: of the program with this entry, else of the first."""
    started = re.search(
        r'"(?:start|prod|start:prod|production)"\s*:\s*"([^"\n]*)"', tree.text(inside(path, "package.json"))
    )
    if not PM2.search(" ".join([started[1] if started else "", *run])):
        return []
    for file in (inside(path, name) for name in tree.names(path) if MANAGERS.search(name)):
        text = tree.text(file)
        stem = entry.rsplit(".", 1)[0].rsplit("/", 1)[-1]
        named = re.search(rf"script['\"]?\s*:[^\n]*\b{re.escape(stem)}\b", text) if stem else None
        rows = [
            (row[1], int(row[2]), _at(tree, file, row)) for row in SET.finditer(text, named.start() if named else 0)
        ]
        return rows or [(row[1], int(row[2]), _at(tree, file, row)) for row in SET.finditer(text)]
    return []


SET = re.compile(r"\b(\w*PORT)['\"]?\s*:\s*['\"]?(\d{2,5})['\"]?")


def _at(tree: Tree, file: str, match: re.Match[str]) -> Evidence:
    return tree.line(file, tree.text(file).count("\n", 0, match.end()) + (tree.text(file)[match.end() - 1] != "\n"))


def surrounded(
    found: Application, why: Sequence[Evidence], given: Iterable[tuple[str, int, Evidence]]
) -> tuple[int, Evidence, str] | None:
    """The first port of `given` that `found` is told by its environment, with the variable; `why` are the lines its own
    port stands in."""
    reads = {variable.name for variable in found.variables}
    says = " ".join(row.says for row in why).lower()
    words = re.findall(r"\w*port\w*", says)
    for name, number, row in given:
        if name in FRAMEWORKS.get(found.type, ()) or f"${name}" in " ".join(found.run).replace("{", ""):
            return number, row, name
        own = name in reads and found.port is not None and not OTHERS.search(name)
        if own and (not words or any(name.lower().endswith(word) for word in words)):
            return number, row, name
    return None


def variable_of(why: Sequence[Evidence]) -> str:
    """The variable that a file of the environment gives, which no image holds."""
    for row in why:
        if row.file.rsplit("/", 1)[-1].startswith(".env") and (found := re.match(r"(?:export\s+)?(\w+)\s*=", row.says)):
            return found[1]
    return ""
