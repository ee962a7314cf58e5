"""One Python file as syntax: what it constructs, which variables it reads, where it listens, what it answers to."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from ergon_ops.packaging.analysis import mcp, routing
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.expressions import has_default, last, prefix, settings_of
from ergon_ops.packaging.analysis.listening import Numbers, literal
from ergon_ops.packaging.analysis.sources import CALLED, CONSTRUCTORS, Made, Mount, Read, Source
from ergon_ops.packaging.analysis.tree import Tree, shown

ROUTING = ("get", "route", "api_route")
ROUTERS = ("APIRouter", "Blueprint", "Router")
MOUNTS = ("include_router", "register_blueprint")
# Nothing is inside these that would be looked for.
LEAVES = frozenset({ast.Name, ast.Constant, ast.Load, ast.Store, ast.Pass, ast.Break, ast.Continue, ast.alias, ast.arg})
UNREAD = frozenset({"annotation", "returns", "ctx", "op", "ops", "type_comment", "type_params"})
STARTS = (
    "run", "run_app", "launch", "run_server", "serve", "listen", "bind", "add_insecure_port", "add_secure_port",
    "HTTPServer", "TCPSite", "run_simple", "create_server", "listenTCP", "start",
)  # fmt: skip
SERVERS = (
    "ThreadingHTTPServer", "TCPServer", "ThreadingTCPServer", "make_server", "start_server", "WSGIServer",
    "SimpleXMLRPCServer",
)  # fmt: skip
PLACES = ("bind", "socket_port")  # what of a server is set to where it listens
CHAINED = ("launch", "queue", "run")  # called on what was just made
LASTING = (
    "AIOKafkaConsumer", "KafkaConsumer", "Consumer", "loop_forever", "start_consuming", "run_pending",
    "BlockingScheduler", "run_polling", "start_polling", "infinity_polling",
)  # fmt: skip
SERVING = (
    *SERVERS, "run_app", "listen", "add_insecure_port", "HTTPServer", "launch", "serve", "run_simple", "listenTCP",
    "TCPSite",
)  # fmt: skip


def parsed(tree: Tree, path: str, text: str) -> Source | None:
    """None for what is no Python: that is a fault, with its line."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0) or 0
        tree.fault(path, f"is not Python: {getattr(error, 'msg', None) or error}", line)
        return None
    reader = Reader(Source(path), text.splitlines())
    reader.below(module)
    reader.source.routes = routing.settled(reader.source.routes, text)
    return reader.source


def fields_of(kind: type[ast.AST]) -> tuple[str, ...]:
    return tuple(name for name in kind._fields if name not in UNREAD)


class Reader:
    """Walks a tree once. `ast.NodeVisitor` does the same at four times the cost, most of it for names and constants."""

    def __init__(self, source: Source, lines: list[str]) -> None:
        self.source, self._lines = source, lines
        self._names: dict[str, str] = {}
        self._functions: list[str] = []
        self._numbers = Numbers(self.full)
        self._speakers: dict[str, int | None] = {}  # servers of MCP, with the port each is made for
        self._fields: dict[type[ast.AST], tuple[str, ...]] = {}
        self._handlers: dict[type[ast.AST], Callable[[Any], None]] = {
            ast.Import: self.imports,
            ast.ImportFrom: self.imports_from,
            ast.FunctionDef: self.function,
            ast.AsyncFunctionDef: self.function,
            ast.ClassDef: self.klass,
            ast.If: self.condition,
            ast.Assign: self.assign,
            ast.AnnAssign: self.assign_annotated,
            ast.With: self.block,
            ast.Subscript: self.subscript,
            ast.Call: self.call,
            ast.Return: self.returns,
        }

    def below(self, node: ast.AST) -> None:
        kind = node.__class__
        fields = self._fields.get(kind)
        if fields is None:
            fields = self._fields[kind] = fields_of(kind)
        for name in fields:
            value = getattr(node, name, None)
            if value.__class__ is list:
                for item in value:
                    self.visit(item)
            elif value is not None:
                self.visit(value)

    def visit(self, node: Any) -> None:
        kind = node.__class__
        if kind in LEAVES or not isinstance(node, ast.AST):
            return
        handler = self._handlers.get(kind)
        if handler is not None:
            handler(node)
        else:
            self.below(node)

    def evidence(self, node: ast.expr | ast.stmt) -> Evidence:
        line = self._lines[node.lineno - 1] if node.lineno <= len(self._lines) else ""
        return Evidence(self.source.path, node.lineno, shown(line))

    # -- names

    def imports(self, node: ast.Import) -> None:
        for alias in node.names:
            first = alias.name.split(".")[0]
            self._names[alias.asname or first] = alias.name if alias.asname else first

    def imports_from(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                for full in CONSTRUCTORS:
                    if full.rpartition(".")[0] == node.module:
                        self._names[full.rpartition(".")[2]] = full
            else:
                self._names[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def full(self, node: ast.expr) -> str:
        """`web.Application` → `aiohttp.web.Application`, as the imports say."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ".".join(reversed(parts))
        return ".".join([self._names.get(node.id, node.id), *reversed(parts)])

    # -- structure

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for item in node.decorator_list:
            self._called(item, self.full(item))
            if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) and item.func.attr in ROUTING:
                self._route(item, item.func)
            if isinstance(item, ast.Call):  # they come first, and stand below in the tree
                self._numbers.options(item)
        self._numbers.parameters(node)
        self._functions.append(node.name)
        self.below(node)
        self._functions.pop()

    def _route(self, call: ast.Call, what: ast.Attribute) -> None:
        methods = next((ast.unparse(word.value) for word in call.keywords if word.arg == "methods"), "'GET'")
        path = literal(call.args[0]) if call.args else None
        if path is not None and "'GET'" in methods and isinstance(what.value, ast.Name):
            self.source.routes.append((what.value.id, path))

    def klass(self, node: ast.ClassDef) -> None:
        bases = [self.full(base) for base in node.bases]
        if any(base.endswith("BaseSettings") for base in bases):
            for one in settings_of(node):
                self.source.read(one)
        if made := next((base for base in bases if base in CONSTRUCTORS), None):
            self._names[node.name] = made  # whoever makes one of these makes one of those
        self.below(node)

    def condition(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Compare):
            said = ast.unparse(node.test)
            if "__name__" in said and "__main__" in said:
                self.source.main = self.evidence(node)
        self.below(node)

    def assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):  # `HOST, PORT = "0.0.0.0", 8001`
            for one, value in zip(target.elts, node.value.elts, strict=False):
                if isinstance(one, ast.Name):
                    self._numbers.keep(one.id, value)
        if isinstance(first, ast.Name):
            self._assigned(first.id, node.value, node)
        elif isinstance(first, ast.Attribute) and isinstance(node.value, ast.Call):
            self._held(node.value)
        if (name := last(first)) and (name in PLACES or "port" in name.lower()):
            self._numbers.keep(name, node.value)
            if name.endswith(PLACES) and (number := self._numbers.number(node.value)):
                self.source.ports.append((number, self.evidence(node)))
        self.below(node)

    def returns(self, node: ast.Return) -> None:
        """`return FastAPI(…)`: the function is a factory."""
        kind = CONSTRUCTORS.get(self.full(node.value.func)) if isinstance(node.value, ast.Call) else None
        if kind and kind not in CALLED and self._functions:
            self._make(kind, "", node)
        self.below(node)

    def assign_annotated(self, node: ast.AnnAssign) -> None:
        if isinstance(node.target, ast.Name) and node.value is not None:
            self._assigned(node.target.id, node.value, node)
        self.below(node)

    def _assigned(self, name: str, value: ast.expr, node: ast.stmt) -> None:
        self._numbers.keep(name, value)
        if isinstance(value, ast.Attribute) and value.attr == "server" and isinstance(value.value, ast.Name):
            self.source.servers[value.value.id] = name
        if isinstance(value, ast.Call):
            full = self.full(value.func)
            kind = CONSTRUCTORS.get(full) or ("starlette" if full.rpartition(".")[2] in mcp.MADE else None)
            if full.rpartition(".")[2] == "FastMCP":
                ports = (self._numbers.number(word.value) for word in value.keywords if word.arg == "port")
                self._speakers[name] = next(ports, None)
            if kind and kind != "streamlit":
                self._make(kind, name, node)
            made = next((one for one in self.source.made if one.factory == full and not self._functions), None)
            if made is not None:  # `app = create_app()`: nobody has to call the factory
                self.source.made.append(Made(made.type, name, "", self.evidence(node)))
            if full.rpartition(".")[2] in ROUTERS:
                self.source.routers[name] = prefix(value)

    def _held(self, call: ast.Call) -> None:
        """`self.app = Flask(…)`, `Interface(…).launch()`: who holds it starts it, in a file that is run by itself."""
        kind = CONSTRUCTORS.get(self.full(call.func))
        if kind and kind not in CALLED:
            self.source.made.append(Made(kind, "", "", self.evidence(call)))

    def _make(self, kind: str, name: str, node: ast.expr | ast.stmt) -> None:
        factory = self._functions[0] if self._functions else ""
        self.source.made.append(Made(kind, name, factory, self.evidence(node)))

    # -- calls

    def block(self, node: ast.With) -> None:
        for item in node.items:
            called = item.context_expr
            if isinstance(called, ast.Call) and (kind := CONSTRUCTORS.get(self.full(called.func))):
                name = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else "app"
                self._make(kind, name, node)
        self.below(node)

    def subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Load) and self.full(node.value) in ("os.environ", "environ"):
            self._read(node.slice, node, required=True)
        self.below(node)

    def call(self, node: ast.Call) -> None:
        full = self.full(node.func)
        self._called(node, full)
        if isinstance(node.func, ast.Attribute) and node.func.attr in CHAINED and isinstance(node.func.value, ast.Call):
            self._held(node.func.value)
        if full in ("os.environ.get", "os.getenv", "environ.get"):
            self._read(node.args[0] if node.args else None, node, required=False)
        elif full == "decouple.config" or full in ("env", "environs.Env") or full.startswith(("env.", "environs.Env.")):
            self._read(node.args[0] if node.args else None, node, required=not has_default(node))
        elif full.rpartition(".")[2] in MOUNTS and node.args:
            self.source.mounts.append(Mount(self.full(node.args[0]), prefix(node)))
        for word in node.keywords:
            if word.arg == "envvar":  # an option of click or typer that the environment may give
                self._read(word.value, node, required=False)
        self.source.routes += routing.told(node, full)
        self._numbers.options(node)
        self._listening(node, full)
        self._speaking(node, full)
        self.below(node)

    def _speaking(self, node: ast.Call, full: str) -> None:
        """`mcp.run(transport="http")`: over HTTP only where that is said."""
        owner, _, last = full.rpartition(".")
        if last not in ("run", "run_async") or (owner not in self._speakers and owner.rpartition(".")[2] != "mcp"):
            return
        given = [word.value for word in node.keywords if word.arg == "transport"] or node.args
        said = (literal(given[0]) or "?") if given else ""
        self.source.transports.append(said)
        if said in mcp.SPOKEN and not any(word.arg == "port" for word in node.keywords):
            self.source.ports.append((self._speakers.get(owner) or mcp.USUAL, self.evidence(node)))

    def _called(self, node: ast.expr, full: str) -> None:
        """A framework whose programs are made by calls, or by what decorates a function."""
        kind = CONSTRUCTORS.get(full)
        if kind in CALLED and not any(made.type == kind for made in self.source.made):
            self.source.made.append(Made(kind, "", "", self.evidence(node)))
        if isinstance(node, ast.Call) and full.startswith("cherrypy."):
            for item in (*node.args, *(word.value for word in node.keywords)):
                if isinstance(item, ast.Dict):
                    self._numbers.table(item, "cherrypy")
            number = self._numbers.placed("server.socket_port")
            if number is not None:
                self.source.ports.append((number, self.evidence(node)))
            self.source.asks.append(("server.socket_port",))

    def _read(self, key: ast.expr | None, node: ast.expr, *, required: bool) -> None:
        name = literal(key)
        if name is not None and re.fullmatch(r"[A-Za-z_]\w*", name):
            self.source.read(Read(name, required, node.lineno))

    def _listening(self, node: ast.Call, full: str) -> None:
        """Calls that start a server, and the port they are given."""
        last = full.rpartition(".")[2]
        self.source.lasts |= last in LASTING
        said = last != "start" or any(word.arg == "port" for word in node.keywords)  # a common word
        if said and (last in STARTS or last in SERVERS or full == "uvicorn.Config"):
            self.source.serves |= last in SERVING
            port, asked = self._numbers.listened(node)
            if port is not None:
                self.source.ports.append((port, self.evidence(node)))
            if asked:
                self.source.asks.append(asked)
