"""Ports that sources of Go and Rust declare: a default of an option, of a setting, of a variable of the environment, and
what is handed to a function that serves. Where nothing is listened on by its number, this is what it will be."""
# ruff: noqa: E501 - a table of patterns reads best one a line

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ergon_ops.packaging.analysis.configured import FOREIGN, OTHERS
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.tree import Tree

Found = tuple[int, Evidence]
# All of it in small letters, and from the word on that counts: what stands before it is looked at afterwards.
PORT = r"port(?<!import)(?<!export)(?<!report)(?<!support)(?<!transport)(?<!passport)"
PLACE = rf"(?:{PORT}|addr|listen|bind)[\w-]*"
NUMBER = r"\"?(?:[\w.]*:)?(\d{2,5})\b"
# In order: what says more of itself comes first. The whole match is asked whether it is about something else.
FORMS: dict[str, tuple[str, ...]] = {
    "go": (
        # a field with a tag: `Port int `env:"PORT" envDefault:"8080"``, `env:"PORT, default=8080"`
        rf"{PLACE}\b[^`\n]*`[^`\n]*\b(?:env)?-?default(?::\"|=)(?:[\w.]*:)?(\d{{2,5}})\b",
        # `flag.Int("port", 8080, …)`, `viper.SetDefault("server.port", 8080)`, `env.Get("PORT", "8080")`
        rf"{PLACE}\"\)?\s*,\s*(?:\"\w?\"\s*,\s*)?{NUMBER}",
        # `&cli.IntFlag{{Name: "port", Value: 8080}}`
        rf"name:\s*\"[\w-]*{PLACE}\"[^\n{{}}]*(?:\{{[^\n{{}}]*\}}[^\n{{}}]*)?(?:\n[^\n]*){{0,3}}?\bvalue:\s*{NUMBER}",
        # `const defaultPort = 8080`, `port = "8080"`, `Port: 8080,`, `"server.port": 8080,`
        rf"{PORT}\w*\"?(?:\s+(?:string|u?int\d*))?\s*(?::=|=|:)\s*\"?:?(\d{{2,5}})\"?\s*,?\s*(?://[^\n]*)?$",
        r"(?:serve|listen|run|start)\w*\((?:[^\n]*,\s*)?\":?(\d{4,5})\"\s*\)",
        r"[\"`](?:[\d.]*|localhost):(\d{2,5})[\"`]",
    ),
    "rust": (
        # `#[arg(long, env = "PORT", default_value_t = 8080)]` over `port: u16`
        rf"default_values?(?:_t)?\s*(?:=|\()\s*{NUMBER}[^;{{}}]{{0,300}}?\b\w*?{PLACE}\s*:",
        # `Arg::new("port").default_value("8080")`
        rf"arg::new\(\s*\"[\w-]*{PLACE}\"[^;]{{0,300}}?default_value\(\s*{NUMBER}",
        # `set_default("server.port", 8080)`, `env_or("PORT", 8080)`, `("port", 8080)`
        rf"{PLACE}\"\)?\s*,\s*{NUMBER}",
        # `#[serde(default = "default_port")]`: the function of that name
        rf"fn\s+\w*{PLACE}\s*\([^)]*\)\s*->\s*[\w:<>]+\s*\{{\s*{NUMBER}",
        rf"{PORT}\b[^;{{}}]{{0,160}}?(?<![\w.])(\d{{4,5}})(?:_?u16)?\b",
        r"\"(?:[\d.]+|localhost|\[::\d?\]):(\d{2,5})\"",
    ),
    "java": (
        # `System.getenv("PORT")?.toInt() ?: 7171`, `….map(Integer::parseInt).orElse(7171)`, `DEFAULT_PORT = 7171;`
        rf"{PORT}\b[^\n]*(?:\?:\s*|\borelse\(\s*|\bgetinteger\(\s*\"[^\"\n]*\"\s*,\s*)\"?(\d{{2,5}})\b",
        rf"{PORT}\w*(?:\s*:\s*\w+)?\s*=\s*\"?(\d{{2,5}})\"?\s*[;,)]?\s*$",
    ),
    "csharp": (rf"{PORT}\"\)?\]?[^\n;]*?(?:\?\?|,)\s*\"?(\d{{2,5}})\b",),
}
# What a program of the JVM must have for a number of its own to be where it listens.
LISTENING = re.compile(
    r"\b(?:Javalin|Undertow|Vertx|HttpServer|WebServer|embeddedServer|ServerBuilder|ServerSocket|Jetty|Netty\w*)\b"
    r"|\.(?:listen|bind)\(|new Server\("
)
LISTENERS = (
    "Javalin", "Undertow", "Vertx", "HttpServer", "WebServer", "embeddedServer", "ServerBuilder", "ServerSocket",
    "Jetty", "Netty", ".listen(", ".bind(", "new Server(",
)  # fmt: skip
ADDRESS = 1  # of each the last form is an address as a text: whatever stands in its line counts
SECOND = re.compile(r"(?i)grpc|admin|health|internal|pprof|ops_|manag|probe")  # beside what everyone asks


DIGITS = re.compile(r"(?<![\d.])\d{2,5}(?!\d)")
WORDS = ("port", "addr", "listen", "bind", "serve", "run(", "start", "localhost:", '":', "0.0:", "0.1:")
AROUND = 300  # characters before and behind a number in which it may be told what it is for


def declared(tree: Tree, language: str, paths: Sequence[str]) -> Found | None:
    """The first of these files that says one, by the forms in their order."""
    forms = FORMS.get(language, ())
    pieces = [(path, at, piece) for path in paths if forms for at, piece in _telling(tree.text(path))]
    for index, form in enumerate(forms):
        pattern = re.compile(form, re.MULTILINE)
        rows = list(_rows(tree, pattern, pieces, whole=index == len(forms) - ADDRESS))
        best = next((row for row in rows if not SECOND.search(row[2])), rows[0] if rows else None)
        if best is not None:
            return best[0], best[1]
    return None


def may_listen(text: str) -> bool:
    return any(word in text for word in LISTENERS) and bool(LISTENING.search(text))


def _telling(text: str) -> Iterator[tuple[int, str]]:
    """What stands around numbers, with its place: patterns of words over everything would take too long."""
    spans: list[tuple[int, int]] = []
    for match in DIGITS.finditer(text):
        start, end = max(match.start() - AROUND, 0), match.end() + AROUND
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    for start, end in spans:
        piece = text[start:end].lower()
        if any(word in piece for word in WORDS):
            yield start, piece


def _rows(
    tree: Tree, pattern: re.Pattern[str], pieces: Sequence[tuple[str, int, str]], *, whole: bool
) -> Iterator[tuple[int, Evidence, str]]:
    for path, at, piece in pieces:
        for match in pattern.finditer(piece):
            number = int(match[1])
            if not 80 <= number <= 65535 or number in FOREIGN:
                continue
            why = tree.line(path, tree.text(path).count("\n", 0, at + match.end(1)) + 1)
            before = re.search(r"[\w.-]*$", piece[max(match.start() - 60, 0) : match.start()])
            said = why.says if whole else f"{before[0] if before else ''}{match[0]}"
            commented = why.says.lstrip().startswith(("//", "/*", "*"))
            if not OTHERS.search(said) and not commented:
                yield number, why, said
