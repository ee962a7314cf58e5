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
PLACE = r"[\w.-]*(?:port|addr|address|listen|bind)[\w-]*"
NUMBER = r"\"?(?:[\w.]*:)?(\d{2,5})\b"
# In order: what says more of itself comes first. The whole match is asked whether it is about something else.
FORMS: dict[str, tuple[str, ...]] = {
    "go": (
        # a field with a tag: `Port int `env:"PORT" envDefault:"8080"``, `env:"PORT, default=8080"`
        rf"\b{PLACE}\b[^`\n]*`[^`\n]*\b(?:env)?-?default(?::\"|=)(?:[\w.]*:)?(\d{{2,5}})\b",
        # `flag.Int("port", 8080, …)`, `viper.SetDefault("server.port", 8080)`, `env.Get("PORT", "8080")`
        rf"\"{PLACE}\"\)?\s*,\s*(?:\"\w?\"\s*,\s*)?{NUMBER}",
        # `&cli.IntFlag{{Name: "port", Value: 8080}}`
        rf"\bName:\s*\"{PLACE}\"[^\n{{}}]*(?:\{{[^\n{{}}]*\}}[^\n{{}}]*)?(?:\n[^\n]*){{0,3}}?\bValue:\s*{NUMBER}",
        # `const defaultPort = 8080`, `port = "8080"`, `Port: 8080,`, `"server.port": 8080,`
        r"\b[\w.]*port\w*\"?(?:\s+(?:string|u?int\d*))?\s*(?::=|=|:)\s*\"?:?(\d{2,5})\"?\s*,?\s*(?://[^\n]*)?$",
        r"\b\w*(?:serve|listen|run|start)\w*\((?:[^\n]*,\s*)?\":?(\d{4,5})\"\s*\)",
        r"[\"`](?:[\d.]*|localhost):(\d{2,5})[\"`]",
    ),
    "rust": (
        # `#[arg(long, env = "PORT", default_value_t = 8080)]` over `port: u16`
        rf"\bdefault_values?(?:_t)?\s*(?:=|\()\s*{NUMBER}[^;{{}}]{{0,300}}?\b{PLACE}\s*:",
        # `Arg::new("port").default_value("8080")`
        rf"Arg::new\(\s*\"{PLACE}\"[^;]{{0,300}}?default_value\(\s*{NUMBER}",
        # `set_default("server.port", 8080)`, `env_or("PORT", 8080)`, `("port", 8080)`
        rf"\"{PLACE}\"\)?\s*,\s*{NUMBER}",
        # `#[serde(default = "default_port")]`: the function of that name
        rf"\bfn\s+{PLACE}\s*\([^)]*\)\s*->\s*[\w:<>]+\s*\{{\s*{NUMBER}",
        r"\b\w*port\b[^;{}]{0,160}?(?<![\w.])(\d{4,5})(?:_?u16)?\b",
        r"\"(?:[\d.]+|localhost|\[::\d?\]):(\d{2,5})\"",
    ),
    "java": (
        # `System.getenv("PORT")?.toInt() ?: 7171`, `….map(Integer::parseInt).orElse(7171)`, `DEFAULT_PORT = 7171;`
        r"\b\w*port\b[^\n]*(?:\?:\s*|\borElse\(\s*|\bgetInteger\(\s*\"[^\"\n]*\"\s*,\s*)\"?(\d{2,5})\b",
        r"\b\w*port\w*(?:\s*:\s*\w+)?\s*=\s*\"?(\d{2,5})\"?\s*[;,)]?\s*$",
    ),
    "csharp": (r"\"[\w:]*Port\"\)?\]?[^\n;]*?(?:\?\?|,)\s*\"?(\d{2,5})\b",),
}
# What a program of the JVM must have for a number of its own to be where it listens.
LISTENING = re.compile(
    r"\b(?:Javalin|Undertow|Vertx|HttpServer|WebServer|embeddedServer|ServerBuilder|ServerSocket|Jetty|Netty\w*)\b"
    r"|\.(?:listen|bind)\(|new Server\("
)
ADDRESS = 1  # of each the last form is an address as a text: whatever stands in its line counts
SECOND = re.compile(r"(?i)grpc|admin|health|internal|pprof|ops_|manag|probe")  # beside what everyone asks


def declared(tree: Tree, language: str, paths: Sequence[str]) -> Found | None:
    """The first of these files that says one, by the forms in their order."""
    forms = FORMS.get(language, ())
    for index, form in enumerate(forms):
        pattern = re.compile(form, re.IGNORECASE | re.MULTILINE)
        rows = list(_rows(tree, pattern, paths, whole=index == len(forms) - ADDRESS))
        best = next((row for row in rows if not SECOND.search(row[2])), rows[0] if rows else None)
        if best is not None:
            return best[0], best[1]
    return None


def _rows(
    tree: Tree, pattern: re.Pattern[str], paths: Sequence[str], *, whole: bool
) -> Iterator[tuple[int, Evidence, str]]:
    for path in paths:
        text = tree.text(path)
        for match in pattern.finditer(text):
            number = int(match[1])
            why = tree.line(path, text.count("\n", 0, match.end(1)) + 1)
            said = why.says if whole else match[0]
            commented = why.says.lstrip().startswith(("//", "/*", "*"))
            if 80 <= number <= 65535 and number not in FOREIGN and not OTHERS.search(said) and not commented:
                yield number, why, said
