"""Numbers a Python file listens on: literals, and names that stand for one — constants, options of a command line,
defaults of parameters and of the environment, settings that another file keeps."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable

from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.tree import Tree, shown

OPTIONS = ("add_argument", "option", "define", "Option", "Argument", "argument")
PLACED = ("port", "server_port", "bind", "address", "listen")  # how calls that listen name the place
DECLARED = ("Field", "field", "Option", "Argument")  # a default is the first they are given
# Where others listen: never where a program does that only names a port.
FOREIGN = frozenset({1883, 3306, 5432, 5672, 6379, 9092, 11211, 27017})
SETTINGS = ("settings", "config", "conf", "configuration", "constants", "env", "environment", "options", "defaults")
IMPORTED = re.compile(r"(?m)^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+([^\n#]+)|import[ \t]+([^\n#]+))")
NUMBER = re.compile(r"(?<![\w.])(\d{2,5})(?![\w.])")


class Numbers:
    """What stands for a port in one file, by name. `full` gives a call its imported name."""

    def __init__(self, full: Callable[[ast.expr], str]) -> None:
        self._full = full
        self._known: dict[str, int] = {}

    def keep(self, name: str, value: ast.expr) -> None:
        """`PORT = 8001`, `port: int = Field(8001)`, `port = args.port`; any number under any name, as a port may be
        called something else; what has to be looked at only where the name says so."""
        if isinstance(value, ast.Constant):
            if isinstance(value.value, int) and not isinstance(value.value, bool):
                self._known[name] = value.value
        elif "port" in name.lower() and (number := self.number(value)) is not None:
            self._known[name] = number

    def options(self, call: ast.Call) -> None:
        """`add_argument("--port", default=8001)`, `@click.option("--port", default=8001)`, `define("port", 8001)`."""
        if self._full(call.func).rpartition(".")[2] not in OPTIONS:
            return
        names = [text.lstrip("-").replace("-", "_") for text in map(literal, call.args) if text is not None]
        default = self._default(call, names)
        if default is not None:
            for name in (name for name in names if "port" in name.lower()):
                self._known[name] = default

    def _default(self, call: ast.Call, names: list[str]) -> int | None:
        for word in call.keywords:
            if word.arg == "default":
                return self.number(word.value)
        return next((number for item in call.args[1:] if (number := self.number(item)) is not None), None)

    def parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """`def main(port: int = 8001)`."""
        given = node.args
        placed = [*given.posonlyargs, *given.args]
        rows: list[tuple[ast.arg, ast.expr | None]] = list(
            zip(placed[len(placed) - len(given.defaults) :], given.defaults, strict=True)
        )
        rows += zip(given.kwonlyargs, given.kw_defaults, strict=True)
        for argument, value in rows:
            if value is not None and "port" in argument.arg.lower():
                self.keep(argument.arg, value)

    def listened(self, call: ast.Call) -> tuple[int | None, str]:
        """The number a call that listens is given; else the name it is given, which nothing here stands for."""
        named = [word.value for word in call.keywords if word.arg in PLACED]
        for item in named or call.args:
            place = item.elts[1] if isinstance(item, ast.Tuple) and len(item.elts) == 2 else item
            if (number := self.number(place)) is not None and 1 <= number <= 65535:
                return number, ""
        asked = (
            name_of(item.elts[1] if isinstance(item, ast.Tuple) and len(item.elts) == 2 else item)
            for item in (named or call.args)
        )
        return None, next((name for name in asked if "port" in name.lower()), "")

    def number(self, node: ast.expr | None) -> int | None:
        match node:
            case ast.Constant(value=value):
                return _plain(str(value)) if not isinstance(value, bool) else None
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
                return self._known.get(name)
            case ast.BoolOp():
                return self._first(reversed(node.values))
            case ast.IfExp():
                return self._first((node.body, node.orelse))
            case ast.BinOp(op=ast.Add()):
                return self.number(node.right)
            case ast.JoinedStr(values=[*_, last]):
                return self.number(last.value if isinstance(last, ast.FormattedValue) else last)
            case ast.Call():
                return self._called(node)
        return None

    def _called(self, call: ast.Call) -> int | None:
        """`int(…)`, `os.getenv("PORT", "8001")`, `env.int("PORT", default=8001)`, `Field(8001, ge=1)`."""
        last = self._full(call.func).rpartition(".")[2]
        default = next((word.value for word in call.keywords if word.arg in ("default", "fallback")), None)
        if last in ("int", "str") and call.args:
            return self.number(call.args[0])
        if last in DECLARED:
            return self._first([item for item in (default, *call.args) if item is not None])
        named = any("port" in (literal(item) or "").lower() for item in call.args[:2])
        rest = [item for item in (*call.args[1:], default) if item is not None]
        return self._first(rest) if named else None

    def _first(self, nodes: Iterable[ast.expr]) -> int | None:
        return next((number for node in nodes if (number := self.number(node)) is not None), None)


def _plain(text: str) -> int | None:
    """`8001`, and what stands behind the last colon of an address."""
    last = text.rsplit(":", 1)[-1]
    return int(last) if last.isdigit() and len(last) <= 5 else None


def literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def name_of(node: ast.expr) -> str:
    """The name a number is asked by: `port`, `settings.port`, `config["PORT"]`, `int(PORT)`, `"0.0.0.0:" + port`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(args=[first, *_]):
            return name_of(first)
        case ast.BinOp(right=right):
            return name_of(right)
        case ast.JoinedStr(values=[*_, ast.FormattedValue(value=value)]):
            return name_of(value)
    return ""


def elsewhere(tree: Tree, base: str, path: str, name: str) -> tuple[int, Evidence] | None:
    """The number a name is given in a file that `path` imports, or in one of settings."""
    said = " ".join(" ".join(filter(None, match.groups())) for match in IMPORTED.finditer(tree.text(path)))
    imported = {part for word in re.findall(r"[\w.]+", said) for part in word.split(".")}
    places = []
    for other in tree.under(base, ".py"):
        parts = other.removesuffix("/__init__.py").removesuffix(".py").split("/")
        if other != path and (parts[-1] in imported or parts[-1].lower() in SETTINGS):
            places.append((parts[-1] not in imported, len(parts), other))
    given = re.compile(rf"(?m)^[ \t]*(?:self\.)?['\"]?{re.escape(name)}\b['\"]?[ \t]*(?::[^=\n]+?)?[=:][ \t]*(.+)$")
    for _, _, other in sorted(places):
        text = tree.text(other)
        for match in given.finditer(text):
            number = next((int(found[1]) for found in NUMBER.finditer(match[1].split("#")[0])), 0)
            if 80 <= number <= 65535 and number not in FOREIGN:
                line = text.count("\n", 0, match.start(1)) + 1
                return number, Evidence(other, line, shown(text.splitlines()[line - 1]))
    return None
