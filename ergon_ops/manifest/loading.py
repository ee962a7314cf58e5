"""Text → Manifest, or one error with every problem in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ergon_ops.capabilities import CAPABILITIES
from ergon_ops.errors import ManifestError
from ergon_ops.manifest import checks, document
from ergon_ops.manifest.models import VERSION, Manifest
from ergon_ops.manifest.problems import Problem, failure, nearest, pointer

_TYPES = {
    "string_type": "a text", "int_type": "a whole number", "int_from_float": "a whole number", "float_type": "a number",
    "bool_type": "true or false", "dict_type": "an object", "model_type": "an object", "list_type": "a list",
    "tuple_type": "a list", "model_attributes_type": "an object",
}  # fmt: skip
_BOUNDS = {"greater_than_equal": "ge", "greater_than": "gt", "less_than_equal": "le", "less_than": "lt"}
_SAYS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def parse(text: str, origin: str = "manifest") -> Manifest:
    """Raises ManifestError; its `details["problems"]` has pointer, message and next step of every problem."""
    read = document.read(text)
    if read.root is None:
        raise failure(read.problems, origin)
    found = [*read.problems, *checks.problems(read.root)]
    try:
        manifest = Manifest.model_validate_json(_json(read.root))
    except ValidationError as error:
        told = {problem.pointer for problem in read.problems}
        more = [problem for problem in _schema_problems(error) if problem.pointer not in told]
        raise failure([*found, *more], origin) from None
    if found:
        raise failure(found, origin)
    return manifest


def load(path: Path) -> Manifest:
    """Raises ManifestError also for a file that is missing, unreadable, too large or not UTF-8."""
    try:
        if path.stat().st_size > document.LARGEST_TEXT:
            raise failure([Problem("", "is larger than 4 MiB", "is this the manifest?")], str(path))
        return parse(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise ManifestError(f"{path}: {error.strerror}", next="name the manifest's file") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path} is not UTF-8: {error.reason}", next="save it as UTF-8") from error


def _json(root: Mapping[str, Any]) -> str:
    """Back to JSON: in pydantic's strict mode a list is a tuple only when it comes from JSON."""
    import json

    return json.dumps(root)


def _schema_problems(error: ValidationError) -> Iterator[Problem]:
    for item in error.errors(include_url=False):
        at = tuple(part for part in item["loc"] if part != "[key]")
        is_key = "[key]" in item["loc"]
        yield Problem(pointer(at), *_told(item, at, is_key=is_key))


def _told(item: Any, at: Sequence[str | int], *, is_key: bool) -> tuple[str, str]:
    """Message and next step of one of pydantic's errors."""
    kind, context, value = item["type"], item.get("ctx", {}), item.get("input")
    last = str(at[-1]) if at else ""
    if at[:1] == ("manifest_version",):
        message = "is missing" if kind == "missing" else f"unknown version {value!r}"
        return message, f'this program reads "manifest_version": "{VERSION}"'
    if kind == "extra_forbidden":
        return f'unknown key "{last}"', nearest(last, _keys_at(at[:-1]))
    if kind == "missing":
        return f'"{last}" is missing', "add it"
    if kind == "literal_error":
        is_capability = "ci_capabilities" in at
        known = (
            CAPABILITIES if is_capability else context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        )
        return f"{'unknown capability' if is_capability else 'cannot be'} {_quoted(value)}", nearest(str(value), known)
    if kind in _BOUNDS:
        bound = _BOUNDS[kind]
        return f"{value} is out of range", f"{_SAYS[bound]} {_number(context[bound])}"
    if kind in _TYPES:
        quoted = isinstance(value, int | float) and kind == "string_type"
        return f"is not {_TYPES[kind]}", "put it in quotes" if quoted else f"write {_TYPES[kind]}"
    if kind == "string_pattern_mismatch":
        return f"{'the key ' if is_key else ''}{_quoted(value)} is not of the right form", _form(at, is_key=is_key)
    if kind in ("string_too_long", "string_too_short"):
        bound = "at most {max_length}" if kind == "string_too_long" else "at least {min_length}"
        return f"has {len(str(value))} characters", bound.format(**context)
    message, _, advice = item["msg"].removeprefix("Value error, ").partition("; ")
    return message[:1].lower() + message[1:], advice


def _number(bound: float) -> str:
    """As one would write it: memory in MiB, not as a power of ten."""
    whole, rest = divmod(bound, 1024**2)
    return f"{whole:.0f}m" if whole and not rest else f"{bound:g}"


def _quoted(value: Any) -> str:
    text = str(value)
    return f'"{text if len(text) <= 80 else text[:79] + "…"}"'


_FORMS = {
    "ci_name": "small letters, digits and dashes",
    "restart": "no, always, unless-stopped or on-failure[:N]",
    "volumes": "name:/path or /host/path:/path, with :ro if read-only",
    "http": "a path that begins with /",
    "type": "small letters and digits, e.g. fastapi",
    "image": "a reference such as postgres:16",
    "base_image": "a reference such as python:3.11-slim",
}


def _form(at: Sequence[str | int], *, is_key: bool) -> str:
    name = next((part for part in reversed(at) if isinstance(part, str)), "")
    usual = "letters, digits, dash, dot and underscore"
    return usual if is_key else _FORMS.get(name, usual)


def _keys_at(at: Sequence[str | int]) -> list[str]:
    """The keys the schema knows at a place: walks the models along the pointer."""
    model: Any = Manifest
    for part in at:
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        else:
            model = (get_args(model) or (None,))[-1 if not isinstance(part, int) else 0]
        model = _model_in(model)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _model_in(annotation: Any) -> Any:
    """`X | None` and `Annotated[X, …]` → X."""
    while annotation is not None and not isinstance(annotation, type):
        args = get_args(annotation)
        models = [item for item in args if isinstance(_model_in(item), type) and issubclass(_model_in(item), BaseModel)]
        if getattr(annotation, "__origin__", None) in (dict, tuple) or not models:
            return annotation
        annotation = models[0]
    return annotation
