"""Numbers a Python file listens on: literals, and names that stand for one — constants, options of a command line,
defaults of parameters and of the environment, settings that another file keeps."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from ergon_ops.packaging.analysis.configured import FOREIGN, in_environment, kept
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.sources import Source
from ergon_ops.packaging.analysis.tree import Tree, shown

OPTIONS = ("add_argument", "option", "define", "Option", "Argument", "argument")
PLACED = ("port", "server_port", "bind", "address", "listen")  # how calls that listen name the place
# Before a name that is asked of the environment, one that is given by an import, and one that is asked of a table with
# a number to take where it has none.
VARIABLE, PLAIN, WEAK = "$", "=", "?"
TABLES = ("dict", "from_mapping", "update", "SimpleNamespace", "Namespace", "setdefaults", "Dynaconf")
ASKING = re.compile(r"get|getint|getenv|get_\w+|int|str|port|require|config|env|value|option\w*")
DECLARED = ("Field", "field", "Option", "Argument")  # a default is the first they are given
SETTINGS = ("settings", "config", "conf", "configuration", "constants", "env", "environment", "options", "defaults")
IMPORTED = re.compile(r"(?m)^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+([^\n#]+)|import[ \t]+([^\n#]+))")
NUMBER = re.compile(r"(?<![\w.])(\d{2,5})(?![\w.])")


class Numbers:
    """What stands for a port in one file, by name. `full` gives a call its imported name."""

    def __init__(self, full: Callable[[ast.expr], str]) -> None:
        self._full = full
        self._known: dict[str, int] = {}
        self._stands: dict[str, tuple[str, ...]] = {}  # name → the keys of what it is given
        self._tables: dict[str, tuple[str, ...]] = {}  # the same for a table of its own: `web = config["web"]`

    def keep(self, name: str, value: ast.expr) -> None:
        """`PORT = 8001`, `port: int = Field(8001)`, `port = args.port`; any number under any name, as a port may be
        called something else; what has to be looked at only where the name says so."""
        if isinstance(value, ast.Constant):
            if isinstance(value.value, int) and not isinstance(value.value, bool):
                self._known[name] = value.value
        elif isinstance(value, ast.Dict):
            self.table(value, name)
        elif re.search(r"port|bind|addr|listen", name, re.IGNORECASE):
            number = self.number(value)
            if number is not None:
                self._known[name] = number
            if keys := self.asked(value):
                self._stands[name] = keys
        elif isinstance(value, ast.Subscript | ast.Attribute) or (isinstance(value, ast.Call) and value.args):
            self._tables[name] = self._keys(value)[1:]

    def table(self, node: ast.Dict, path: str) -> None:
        """`CONFIG = {"server": {"port": 8001}}` as `CONFIG.server.port`."""
        for key, value in zip(node.keys, node.values, strict=True):
            if (word := literal(key)) is None:
                continue
            if isinstance(value, ast.Dict):
                self.table(value, f"{path}.{word}")
            elif "port" in word.lower() and (number := self.number(value)) is not None:
                self._known[f"{path}.{word}"] = number

    def placed(self, ending: str) -> int | None:
        """The number of a key of a table, wherever that lies."""
        return next((number for key, number in self._known.items() if key.endswith(f".{ending}")), None)

    def options(self, call: ast.Call) -> None:
        """`add_argument("--port", default=8001)`, `@click.option("--port", default=8001)`, `define("port", 8001)`."""
        last = self._full(call.func).rpartition(".")[2]
        if last in TABLES:
            for word in call.keywords:
                if word.arg and "port" in word.arg.lower() and (number := self.number(word.value)) is not None:
                    self._known.setdefault(word.arg, number)
        if last not in OPTIONS:
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

    def listened(self, call: ast.Call) -> tuple[int | None, tuple[str, ...]]:
        """The number a call that listens is given; and the keys it asks a table of settings or the environment by."""
        named = [word.value for word in call.keywords if word.arg in PLACED]
        spread = [self._keys(word.value) for word in call.keywords if word.arg is None]
        places = [
            item.elts[1] if isinstance(item, ast.Tuple) and len(item.elts) == 2 else item
            for item in (*named, *call.args)
        ]
        numbers = (self.number(place) for place in places)
        number = next((one for one in numbers if one is not None and 1 <= one <= 65535), None)
        asked = [keys for place in places if (keys := self.asked(place))]
        if number is None and not asked and spread and spread[0]:  # `run(app, **config["server"])`
            number = self._known.get(".".join((*spread[0], "port")))
            asked = [(*spread[0][1:], "port")]
        return number, asked[0] if asked else ()

    def asked(self, node: ast.expr) -> tuple[str, ...]:
        """The keys of `settings.server.port`, `config["port"]`, `int(PORT)`; of what a name of this file stands for;
        without the name of the table itself."""
        keys = self._keys(node)
        if len(keys) == 1:
            return self._stands.get(keys[0], (PLAIN, keys[0]) if "port" in keys[0].lower() else ())
        if not any("port" in key.lower() or key == "bind" for key in keys[1:]):
            return ()
        if {"environ", "env"} & set(keys[:-1]):
            return (VARIABLE, keys[-1])
        keys = (*self._tables.get(keys[0], ()), *keys[1:])
        weak = isinstance(node, ast.BoolOp) or (isinstance(node, ast.Call) and len(node.args) + len(node.keywords) > 1)
        return (WEAK, *keys) if weak else keys

    def _keys(self, node: ast.expr | None) -> tuple[str, ...]:
        match node:
            case ast.Name(id=name):
                return (name,)
            case (
                ast.Attribute(value=value, attr=name) | ast.Subscript(value=value, slice=ast.Constant(value=str(name)))
            ):
                inner = self._keys(value)
                return (*inner, name) if inner else ()
            case ast.Call():
                return self._keys_of_call(node)
            case ast.BinOp(right=right):
                return self._keys(right)
            case ast.BoolOp(values=[first, *_]):
                return self._keys(first)
            case ast.JoinedStr(values=[*_, ast.FormattedValue(value=value)]):
                return self._keys(value)
        return ()

    def _keys_of_call(self, call: ast.Call) -> tuple[str, ...]:
        """`int(x)`, `config.get("server.port")`, `parser.getint("server", "port")`, `os.getenv("PORT")`."""
        last = self._full(call.func).rpartition(".")[2]
        if not call.args:
            return self._keys(call.func)
        if isinstance(call.func, ast.Name) and last in ("int", "str", "float"):
            return self._keys(call.args[0])
        words = [text for text in map(literal, call.args) if text is not None and not text.isdigit()]
        if not words or not ASKING.fullmatch(last):
            return ()
        if last == "getenv" or (isinstance(call.func, ast.Name) and last in ("config", "env")):
            return ("environ", words[0])
        inner = self._keys(call.func.value) if isinstance(call.func, ast.Attribute) else (last,)
        many = words if last.startswith("get") and "environ" not in inner else words[:1]
        return (*inner, *(part for word in many for part in word.split("."))) if inner else ()

    def number(self, node: ast.expr | None) -> int | None:
        match node:
            case ast.Constant(value=value):
                return _plain(str(value)) if not isinstance(value, bool) else None
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
                whole = self._known.get(".".join(self._keys(node)))
                return whole if whole is not None else self._known.get(name)
            case ast.BoolOp():
                return self._first(reversed(node.values))
            case ast.List(elts=[first, *_]) | ast.Tuple(elts=[first]):
                return self.number(first)
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


def elsewhere(tree: Tree, base: str, path: str, keys: Sequence[str]) -> tuple[int, Evidence] | None:
    """The number a name is given in a file that `path` imports, or in one of settings: in a class of the table's name
    first."""
    name, table = keys[-1], keys[-2] if len(keys) > 1 and keys[-2].isidentifier() else ""
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
        head = re.search(rf"(?mi)^class\s+\w*{re.escape(table)}", text) if table else None
        rows = [*given.finditer(text, head.end()), *given.finditer(text)] if head else given.finditer(text)
        for match in rows:
            number = next((int(found[1]) for found in NUMBER.finditer(match[1].split("#")[0])), 0)
            if 80 <= number <= 65535 and number not in FOREIGN:
                line = text.count("\n", 0, match.start(1)) + 1
                return number, Evidence(other, line, shown(text.splitlines()[line - 1]))
    return None


def listened(
    tree: Tree, base: str, paths: Iterable[str], members: Mapping[str, Source]
) -> tuple[int | None, Evidence | None]:
    """Where the first of some files listens: a file of settings comes before the number that is taken without it, and
    the environment's own file only where no number is."""
    for source in (members[path] for path in paths):
        tables = [keys for keys in source.asks if keys[0] not in (VARIABLE, PLAIN)]
        for keys in tables:
            bare = keys[1:] if keys[0] == WEAK else keys
            if found := kept(tree, base, bare, list(tree.under(base, ".py"))):
                return found
            if keys[0] == WEAK and (found := elsewhere(tree, base, source.path, bare)):
                return found
        for number, why in source.ports:
            return number, why
        for keys in source.asks:
            if keys[0] not in (VARIABLE, WEAK) and (found := elsewhere(tree, base, source.path, keys)):
                return found
        for keys in source.asks:
            if found := in_environment(tree, base, (keys[-1], keys[-1].upper())):
                return found
    return None, None
