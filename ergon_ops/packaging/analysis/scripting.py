"""JavaScript and TypeScript sources by their words: variables they read, ports they listen on. No parser is needed:
what counts stands in a few well known forms, and comments are taken out first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from itertools import islice

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.evidence import Evidence, Variable
from ergon_ops.packaging.analysis.javascript_ports import (
    calls,
    configured,
    given,
    literal,
    names,
    of_tables,
    stands_for,
    weak,
)
from ergon_ops.packaging.analysis.routing import of_objects
from ergon_ops.packaging.analysis.sources import SECRET
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, relative, shown, within

ENDINGS = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx", ".vue", ".svelte", ".astro")
READ = re.compile(
    r"(?:process\.env|import\.meta\.env|Bun\.env)(?:\.([A-Za-z_]\w*)|\[\s*['\"]([A-Za-z_]\w*)['\"]\s*\])"
    r"|Deno\.env\.get\(\s*['\"]([A-Za-z_]\w*)['\"]\s*\)"
)
TAKEN_APART = re.compile(r"\{([^{}]*)\}\s*=\s*process\.env\b(?!\.)")
OTHERWISE = re.compile(r"\s*\)?\s*(?:\|\||\?\?|\?)")
BUILT_IN = frozenset({"NODE_ENV", "MODE", "DEV", "PROD", "SSR", "BASE_URL", "npm_package_version"})
ROUTE = re.compile(r"\.(?:get|all|use|route)\(\s*['\"`](/[\w/-]*)['\"`]")
USUAL_PORT = re.compile(r"\bPORT\b['\"\]]*\s*(?:,\s*10\s*)?\)?\s*(?:\|\||\?\?)\s*['\"]?(\d{2,5})\b")
# Words first: a pattern of many alternatives over every file would take longer than reading them all.
WORTH = (
    "process.env", "import.meta.env", ".listen", "erve(", "erver(", "Deno.", "Bun.", ".get(", "$env/", "PORT", "port:",
    "port =", "validationSchema", "export default {",
)  # fmt: skip
# The whole environment is handed to a table of what it has to hold, one setting a line.
SCHEMA = re.compile(r"[(:,]\s*process\.env\s*[,)}\n]|validationSchema|\bprocess\.env\s*as\b")
SETTING = re.compile(
    r"^\s*([A-Z][A-Z0-9_]+)\s*:\s*(?:z|zod|Joi|joi|v|t|yup|s|Type|S|envalid)\.|^\s*([A-Z][A-Z0-9_]+)\s*:\s*"
    r"(?:str|num|port|url|bool|email|host|json|makeValidator)\("
)
OPTIONAL = re.compile(r"default|optional|nullable|nullish|devDefault|\.catch\(")
# `import { A, B as c } from '$env/static/private'`
BROUGHT = re.compile(r"import\s*\{([^}]*)\}\s*from\s*['\"]\$env/static/\w+['\"]")
HANDED = re.compile(r"\benv\.([A-Z][A-Z0-9_]*)\b")
SERVICE = re.compile(r"\b\w*[cC]onfig\w*\.(?:get|getOrThrow)(?:<[^>]*>)?\(\s*['\"]([A-Z][A-Z0-9_]*)['\"](\s*,)?")
MOST, MOST_SILENT = 4_000_000, 200


@dataclass(slots=True)
class Script:
    path: str
    reads: list[tuple[str, bool, int]] = field(default_factory=list)  # name, required, line
    listens: list[Evidence] = field(default_factory=list)
    ports: list[tuple[int, Evidence]] = field(default_factory=list)
    asks: list[list[str]] = field(default_factory=list)  # names of ports that this file gives no number
    usual: list[tuple[int, Evidence]] = field(default_factory=list)  # what it takes where no PORT is set
    routes: list[str] = field(default_factory=list)


def scripts(tree: Tree, folder: str, inner: Sequence[str], *, every: bool = False) -> dict[str, Script]:
    """Sources of one package that say something (or `every` one): not of packages further in, not of tests."""
    found, spent = {}, 0
    plain = (inside(folder, f"bin/{name}") for name in tree.names(inside(folder, "bin")) if "." not in name)
    own = (path for path in plain if tree.text(path).startswith("#!") and "node" in tree.text(path)[:40])
    for path in (*tree.under(folder, *ENDINGS), *own):
        if any(within(path, other) for other in inner) or aside(relative(path, folder)):
            continue
        text = tree.text(path)
        if (
            spent < MOST
            and (every or any(word in text for word in WORTH))
            and not re.search(r"\.(test|spec|d)\.\w+$", path)
        ):
            spent += len(text)
            found[path] = _script(path, text)
    return found


def _script(path: str, text: str) -> Script:
    script = Script(path)
    lines = uncommented(text).split("\n") if "//" in text or "/*" in text else text.split("\n")
    for number, line in enumerate(lines, 1):
        if "env" in line:
            script.reads += _reads(number, line)
            if (said := USUAL_PORT.search(line)) is not None:
                script.usual.append((int(said[1]), Evidence(path, number, shown(line))))
    whole = "\n".join(lines)
    script.reads += _declared(whole, lines)
    for at, words in calls(whole):
        number = whole.count("\n", 0, at) + 1
        evidence = Evidence(path, number, shown(lines[number - 1]))
        script.listens.append(evidence)
        wanted = names(words)
        found = (value, number) if (value := literal(words)) is not None else None
        found = found or next((row for name in wanted if (row := given(name, lines))), None)
        lookups = of_tables(words, lines)
        if found is not None and weak(lines[found[1] - 1]):
            script.usual.append((found[0], Evidence(path, found[1], shown(lines[found[1] - 1]))))
            more = [*names(lines[found[1] - 1].split("=", 1)[-1]), *of_tables(lines[found[1] - 1], lines)]
            script.asks.append([*lookups, *more, *wanted])
            continue
        if found is None:
            further = [one for name in wanted for one in stands_for(name, lines)]
            wanted = list(dict.fromkeys([*lookups, *further, *wanted]))
            found = next((row for name in further if (row := given(name, lines))), None)
        if found is not None:
            script.ports.append((found[0], Evidence(path, found[1], shown(lines[found[1] - 1]))))
        elif wanted:
            script.asks.append(wanted)
    script.routes = [*(match[1] for match in ROUTE.finditer(whole)), *of_objects(whole)]
    return script


def uncommented(text: str) -> str:
    """Comments blanked, lines kept. A `//` after a colon is an address."""
    text = re.sub(r"/\*.*?\*/", lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.DOTALL)
    return re.sub(r"(?m)(?<![:'\"`\w])//.*$", "", text)


def _reads(number: int, line: str) -> Iterator[tuple[str, bool, int]]:
    for match in READ.finditer(line):
        name = match[1] or match[2] or match[3]
        if name not in BUILT_IN:
            yield name, not OTHERWISE.match(line[match.end() :]), number
    for match in TAKEN_APART.finditer(line):
        for part in match[1].split(","):
            name = re.split(r"[:=]", part)[0].strip()
            if re.fullmatch(r"[A-Za-z_]\w*", name) and name not in BUILT_IN:
                yield name, "=" not in part, number


def _declared(whole: str, lines: Sequence[str]) -> Iterator[tuple[str, bool, int]]:
    """Variables that are named in a table, in an import, or asked of a service for settings."""
    if SCHEMA.search(whole):
        for number, line in enumerate(lines, 1):
            if (setting := SETTING.match(line)) and (name := setting[1] or setting[2]) not in BUILT_IN:
                yield name, not OPTIONAL.search(line), number
    for match in BROUGHT.finditer(whole):
        for part in match[1].split(","):
            if name := part.strip().split(" ")[0]:
                yield name, True, whole.count("\n", 0, match.start()) + 1
    handed = HANDED if "$env/dynamic" in whole else None
    for pattern in filter(None, (handed, SERVICE if "onfig" in whole else None)):
        for match in pattern.finditer(whole):
            if match[1] not in BUILT_IN:
                optional = pattern is HANDED or bool(match[2])
                yield match[1], not optional, whole.count("\n", 0, match.start()) + 1


def port_elsewhere(
    tree: Tree, folder: str, found: Sequence[Script], shared: Sequence[Script] = ()
) -> tuple[int, Evidence] | None:
    """A number for a name that one file listens on and another gives, of its own package or of one that it asks for;
    a file of settings comes first where the name is one of its keys."""
    asked = [wanted for script in found for wanted in script.asks]
    said = {script.path for script in found}
    rest = (path for path in tree.under(folder, *ENDINGS) if path not in said and not aside(relative(path, folder)))
    silent = list(islice(rest, MOST_SILENT)) if asked else []  # files of nothing but numbers
    for wanted in asked:
        if there := configured(tree, folder, [name for name in wanted if "." in name], found):
            return there
    for name in dict.fromkeys(name for wanted in asked for name in wanted):
        for path in (*(script.path for script in (*found, *shared)), *silent):
            text = tree.text(path)
            lines = uncommented(text).split("\n") if name.rsplit(".", 1)[-1] in text else ()
            if (row := given(name, lines)) and not weak(lines[row[1] - 1]):
                return row[0], Evidence(path, row[1], shown(lines[row[1] - 1]))
    for wanted in asked:
        if there := configured(tree, folder, wanted, found):
            return there
    return None


def variables(tree: Tree, found: Sequence[Script], more: Iterable[tuple[str, str, int]] = ()) -> tuple[Variable, ...]:
    """One of each name; required if any place takes it as it is. A port has a default wherever we say one."""
    kept: dict[str, tuple[bool, str, int]] = {}
    for script in found:
        for name, required, line in script.reads:
            known = kept.get(name)
            needed = (required or (known is not None and known[0])) and name != "PORT"
            kept[name] = (needed, *(known[1:] if known else (script.path, line)))
    for name, path, line in more:
        kept.setdefault(name, (True, path, line))
    return tuple(
        Variable(name, needed, bool(SECRET.search(name)), tree.line(path, line))
        for name, (needed, path, line) in sorted(kept.items())
    )
