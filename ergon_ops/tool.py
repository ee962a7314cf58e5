"""A tool is a typed function with a docstring: signature → pydantic model → JSON schema *and* validation.

    @read
    async def logs(ctx: Context, tail: int = 400, about: str = "") -> tuple[Fact, ...]:
        \"\"\"Log lines as templates with counts.

        tail: lines counted from the end
        \"\"\"

The first paragraph is the tool's description, `name: help` lines below describe parameters. `@read` and `@change` only
mark the function; what is offered to whom is decided by the toolbox, what is refused by the policy.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.facts import Fact, Group
from ergon_ops.findings import Finding
from ergon_ops.proposals import Intent, Proposal, Withheld
from ergon_ops.refs import Ref

if TYPE_CHECKING:
    from pydantic import BaseModel

Kind = Literal["read", "change"]
Function = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Function)
MARK = "__ergon_ops_kind__"


class Context(Protocol):
    """What a tool may touch: the first parameter of every tool, not in its schema. `about` = another container's name
    as a person would write it ('' = the subject). Everything read lands in the ledger and comes back as facts."""

    @property
    def subject(self) -> Ref: ...
    async def read(self, *groups: Group, about: str = "", window_s: float = 0.0) -> tuple[Fact, ...]: ...
    async def logs(
        self, *, about: str = "", since_s: float = 0.0, tail: int = 400, grep: str = "", level: str = ""
    ) -> tuple[Fact, ...]: ...
    async def findings(self, *, about: str = "") -> tuple[Finding, ...]: ...
    async def propose(self, intents: Sequence[Intent]) -> tuple[Proposal, ...]: ...
    async def improve(self, *, about: str = "") -> tuple[Proposal | Withheld, ...]:
        """What would be better, by the optimizations and the cures of findings; takes some seconds."""
        ...


def read(function: F) -> F:
    """Marks a tool that only observes."""
    setattr(function, MARK, "read")
    return function


def change(function: F) -> F:
    """Marks a tool that proposes changes. Nothing runs when it is called."""
    setattr(function, MARK, "change")
    return function


def kind_of(function: object) -> Kind | None:
    """How a function is marked; None for one that is no tool."""
    return getattr(function, MARK, None)


@dataclass(slots=True)
class Tool:
    """`own`: an operator's tool, from a folder of theirs. Model and schema are made when first asked for: importing
    pydantic costs more than answering a question offline, which calls tools with arguments of our own making."""

    name: str
    description: str
    kind: Kind
    function: Function
    own: bool = False
    _model: type[BaseModel] | None = None
    _schema: dict[str, Any] | None = None

    @property
    def model(self) -> type[BaseModel]:
        if self._model is None:
            self._model = _model_of(self.function)
        return self._model

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments, as compact as a model still understands."""
        if self._schema is None:
            self._schema = _compact(self.model.model_json_schema())
        return self._schema

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments as the function takes them, defaults left to it. Raises UsageError naming every problem."""
        if not arguments:
            return {} if not _required(self.function) else self._validated(arguments)
        return self._validated(arguments)

    def _validated(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        from pydantic import ValidationError

        try:
            model = self.model.model_validate(dict(arguments))
        except ValidationError as error:
            problems = "; ".join(_problem(item) for item in error.errors(include_url=False))
            known = ", ".join(self.model.model_fields) or "none"
            raise UsageError(f"{self.name}: {problems}", next=f"its arguments: {known}") from error
        return {name: getattr(model, name) for name in model.model_fields_set}


def tool_of(function: Function, *, own: bool = False) -> Tool:
    """The tool a marked function is. Raises UsageError if it is not marked, not async, undocumented or untyped."""
    name, where = function.__name__, inspect.getmodule(function)
    kind = kind_of(function)
    problem = ""
    if kind is None:
        problem = "is not marked with @read or @change"
    elif not inspect.iscoroutinefunction(function):
        problem = "is not async"
    elif not (function.__doc__ or "").strip():
        problem = "has no docstring to describe it"
    elif not list(inspect.signature(function).parameters):
        problem = "does not take the context as its first parameter"
    if kind is None or problem:
        raise UsageError(f"the tool {name} in {getattr(where, '__file__', '?')} {problem}", next="see tools/README.md")
    return Tool(name, _description(function), kind, function, own)


def _parameters(function: Function) -> list[inspect.Parameter]:
    """All but the context."""
    return list(inspect.signature(function).parameters.values())[1:]


def _required(function: Function) -> bool:
    return any(parameter.default is inspect.Parameter.empty for parameter in _parameters(function))


_HELP = re.compile(r"^(\w+): (.+)$")


def _description(function: Function) -> str:
    text = inspect.cleandoc(function.__doc__ or "")
    return " ".join(line for line in text.splitlines() if line and not _is_help(line, function))


def _is_help(line: str, function: Function) -> bool:
    match = _HELP.match(line)
    return match is not None and match.group(1) in inspect.signature(function).parameters


def _help(function: Function) -> dict[str, str]:
    lines = inspect.cleandoc(function.__doc__ or "").splitlines()
    return {m.group(1): m.group(2) for line in lines if _is_help(line, function) and (m := _HELP.match(line))}


def _model_of(function: Function) -> type[BaseModel]:
    """One strict pydantic model of the parameters. Only their own annotations are resolved: the context's type and
    the result's may be imported for type checkers alone."""
    from pydantic import ConfigDict, Field, create_model

    names = vars(sys.modules[function.__module__])
    texts, fields = _help(function), {}
    for parameter in _parameters(function):
        annotation = parameter.annotation
        if annotation is inspect.Parameter.empty:
            raise UsageError(f"the tool {function.__name__}: {parameter.name} has no type", next="annotate it")
        if isinstance(annotation, str):
            annotation = eval(annotation, names)  # the annotation of a function that is about to be run
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (annotation, Field(default, description=texts.get(parameter.name)))
    config = ConfigDict(extra="forbid", allow_inf_nan=False)
    model: type[BaseModel] = create_model(f"{function.__name__}_arguments", __config__=config, **fields)  # type: ignore[call-overload]
    return model


def _compact(schema: Any) -> Any:
    """Without titles, references, `null` alternatives and defaults that say nothing: every byte is sent each turn."""
    definitions = schema.get("$defs", {})

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return walk(definitions[node["$ref"].rpartition("/")[2]])
        node = {key: value for key, value in node.items() if key not in ("title", "$defs")}
        options = [option for option in node.get("anyOf", ()) if option != {"type": "null"}]
        if len(options) == 1:
            node = {**{key: value for key, value in node.items() if key != "anyOf"}, **options[0]}
        if "enum" in node:
            node.pop("type", None)
        if node.get("default", ...) in (None, "", 0, [], ...):
            node.pop("default", None)
        return {key: _properties(value, walk) if key == "properties" else walk(value) for key, value in node.items()}

    compact = walk(schema)
    return {"type": "object", "properties": {}, **compact}


def _properties(properties: Mapping[str, Any], walk: Callable[[Any], Any]) -> dict[str, Any]:
    """By name: a parameter may well be called `title`."""
    return {name: walk(value) for name, value in properties.items()}


def _problem(item: Any) -> str:
    where = ".".join(str(part) for part in item["loc"]) or "arguments"
    return f"{where}: {item['msg'].lower()}"
