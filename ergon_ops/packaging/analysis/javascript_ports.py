"""Ports of JavaScript and TypeScript sources: the words between a listening call's brackets, and what their names stand
for in the same file, in other files of the package, or in its configuration."""
# ruff: noqa: SIM905 - tables of words read best as words

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Protocol

from ergon_ops.packaging.analysis.configured import FOREIGN, kept
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.tree import Tree

CALL = re.compile(
    r"\.listen\s*\(|\b(?:Bun\.|Deno\.)?serve\s*\(\s*(?=\{)|\.Server\s*\(\s*(?=\{)|\b[Hh](?:api)?\.server\s*\(|\.createServer\s*\(\s*(?=\{)"
    r"|\bWebSocketServer\s*\(|\bstartStandaloneServer\s*\("
)
CALLED = (".listen", "erve(", "erver(")
SETS = re.compile(r"\.listen|serve")  # the others only listen if they are given a port
NAMED = re.compile(r"\bport['\"]?\s*:\s*")
NUMBER = re.compile(r"(?<![\w.])(\d{2,5})(?![\w.])")
RADIX = re.compile(r",\s*10\s*(?=\))")
WORD = re.compile(r"[A-Za-z_$][\w$]*")
QUOTED = re.compile(r"['\"]([\w.-]+)['\"]")
WORDS_ONLY = frozenset(
    """process env Number parseInt parseFloat String config configService get getOrThrow this const let var await new
    server app options opts settings import meta as string number true false null undefined listen port""".split()
)
DOTTED = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+(?![\w$]*\()")
HANDED = re.compile(r"\bexport\s+default\s*\{")  # to Bun, which serves what has a `fetch`
OPENERS, CLOSERS = "([{", ")]}"


class Listed(Protocol):
    path: str


def calls(text: str) -> Iterator[tuple[int, str]]:
    """Where each listening call's port stands, and the words it is given ('' where none is)."""
    for match in HANDED.finditer(text) if "fetch" in text else ():
        inner = enclosed(text, match.end())
        if not re.search(r"\bfetch\b", inner):
            continue
        if named := NAMED.search(inner):
            yield match.end() + named.end(), first(inner[named.end() :])
        elif re.search(r"(?:^|[{,])\s*port\s*(?:,|$)", inner.strip()):
            yield match.end(), "port"
    if not any(word in text for word in CALLED):
        return
    for match in CALL.finditer(text):
        if _in_text(text, match.start()):
            continue
        inner = enclosed(text, match.end())
        start = match.end()
        if named := NAMED.search(inner):
            yield start + named.end(), first(inner[named.end() :])
        elif "{" in inner[:1] and re.search(r"[{,]\s*port\s*[,}]", inner):
            yield start, "port"
        elif SETS.search(match[0]):
            yield start, first(inner) if not inner.startswith("{") else ""


def _in_text(text: str, at: int) -> bool:
    """Inside of quotes of its line: the end of one is missing before it."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return any(line.count(quote) % 2 for quote in "'\"`")


def enclosed(text: str, at: int) -> str:
    """What stands from `at` to the bracket that closes it, at most 600 characters."""
    depth = 0
    for index, letter in enumerate(text[at : at + 600], at):
        if letter in OPENERS:
            depth += 1
        elif letter in CLOSERS:
            depth -= 1
            if depth < 0:
                return text[at:index]
    return text[at : at + 600]


def first(text: str) -> str:
    """The first of what commas part, brackets kept whole."""
    depth = 0
    for index, letter in enumerate(text):
        depth += (letter in OPENERS) - (letter in CLOSERS)
        if depth < 0 or (letter == "," and depth == 0):
            return text[:index].strip()
    return text.strip()


def names(said: str) -> list[str]:
    """Names in what a port is given, the last first: a default stands behind what it is the default of. `port` itself
    only where nothing else is left to ask by."""
    quoted = [part for text in QUOTED.findall(said) for part in (text, text.rsplit(".", 1)[-1])]
    dotted = [path.split(".", 1)[1] for path in DOTTED.findall(said) if not path.startswith(("process.", "import."))]
    dotted = [*(text for text in quoted if "." in text), *(path for path in dotted if "." in path)]
    plain = [word for word in WORD.findall(said) if word not in WORDS_ONLY]
    rest = ["port"] if re.search(r"\bport\b", said) else []
    return list(dict.fromkeys([*dotted, *reversed(plain), *rest, *quoted]))


def literal(said: str) -> int | None:
    found = NUMBER.search(RADIX.sub("", said))
    return int(found[1]) if found and 80 <= int(found[1]) <= 65535 else None


def stands_for(name: str, lines: Sequence[str]) -> list[str]:
    """The names behind a name: of `const port = config.get('server.port')` those of what it is given."""
    pattern = re.compile(rf"(?<![\w$.-]){re.escape(name)}\s*(?::\s*\w+\s*)?=(?![=>])\s*(.+)")
    found = next((match for line in lines if (match := pattern.search(line))), None)
    if found:
        return [one for one in names(found[1]) if one != name]
    apart = re.compile(rf"\{{[^{{}}]*(?<![\w$]){re.escape(name)}(?![\w$])[^{{}}]*\}}\s*=(?![=>])\s*(.+)")
    said = next((match[1] for line in lines if (match := apart.search(line))), "")
    tables = [one for one in names(said) if one not in (name, *WORDS_ONLY)]  # `const { port } = config.get('http')`
    return [f"{table}.{name}" for table in tables] if "process.env" not in said else []


def of_tables(said: str, lines: Sequence[str]) -> list[str]:
    """`http.port` by the keys of what `http` is: of `const http = config.get('server')` that is `server.port`."""
    found: list[str] = []
    for path in DOTTED.findall(said):
        root, _, rest = path.partition(".")
        if root in ("process", "import", "this", "Number"):
            continue
        pattern = re.compile(rf"(?<![\w$.-]){re.escape(root)}\s*(?::\s*[\w<>]+\s*)?=(?![=>])\s*(.+)")
        given_to = next((match[1] for line in lines if (match := pattern.search(line))), "")
        inner = [text for text in QUOTED.findall(given_to) if re.fullmatch(r"[\w.]+", text)]
        inner += [part.rsplit(".", 1)[-1] for part in DOTTED.findall(given_to)]
        found += [f"{table}.{rest}" for table in (*inner, root)]
    return found


def weak(line: str) -> bool:
    """A number only where a table of settings has none: `config.port || 3000`."""
    return bool(
        re.search(
            r"\b(?!process\b|env\b|import\b)\w*(?:[cC]onf|[sS]etting|[oO]ption|cfg)\w*[.\[][^|?\n]*(?:\|\||\?\?)", line
        )
    )


def given(name: str, lines: Sequence[str]) -> tuple[int, int] | None:
    """The number a name is given, and the line: `port = 1`, `port: z.number().default(1)`, `set('port', 1)`; of
    `server.port` that of the table `server`."""
    outer, _, inner = name.rpartition(".")
    if outer:
        return _within(outer.rsplit(".", 1)[-1], inner, lines)
    pattern = re.compile(
        rf"(?:(?<![\w$.-])|(?<=exports\.)){re.escape(name)}\b['\"]?\s*(?::\s*\w+\s*=|[:=,])(?!=)\s*(.+)"
    )
    for index, line in enumerate(lines, 1):
        if (found := pattern.search(line)) is None:
            continue
        if (number := literal(found[1])) is not None and number not in FOREIGN:
            return number, index
        chain = list(takewhile(lambda row: row.lstrip().startswith("."), lines[index : index + 8]))
        for inner_line, row in enumerate(chain, index + 1):  # `PORT: z.coerce` and its default further down
            default = re.search(r"\.(?:default|catch|prefault)\s*\(\s*(.+)", row)
            if default and (number := literal(default[1])) is not None:
                return number, inner_line
        if found[1].rstrip().endswith(("{", "(")):  # the table of one setting: `port: {`
            for inner_line, row in enumerate(lines[index : index + 6], index + 1):
                default = re.search(r"\bdefault\b\s*[:(]\s*(.+)", row)
                if default and (number := literal(default[1])) is not None:
                    return number, inner_line
                if row.strip().startswith("}"):
                    break
    return None


def _within(table: str, name: str, lines: Sequence[str]) -> tuple[int, int] | None:
    head = re.compile(rf"(?<![\w$-]){re.escape(table)}['\"]?\s*[:=]\s*\{{")
    for index, line in enumerate(lines):
        if match := head.search(line):
            body = enclosed("\n".join([line[match.end() :], *lines[index + 1 : index + 40]]), 0)
            if row := given(name, body.split("\n")):
                return row[0], row[1] + index
    return None


def configured(
    tree: Tree, folder: str, wanted: Sequence[str], sources: Sequence[Listed]
) -> tuple[int, Evidence] | None:
    """Of the package's files of settings."""
    for name in wanted:
        if found := kept(tree, folder, name.split("."), [script.path for script in sources]):
            return found
    return None
