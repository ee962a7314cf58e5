"""JSON schemas of tools, held to what the APIs accept."""

from __future__ import annotations

import re
from typing import Any

from tests.providers.servers.wire import Refused

TYPES = {"object", "array", "string", "number", "integer", "boolean", "null"}
KEYWORDS = {
    "type", "properties", "required", "additionalProperties", "description", "enum", "items", "default", "title",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
    "pattern", "format", "const", "anyOf", "examples", "uniqueItems",
}  # fmt: skip


def refuse(message: str, param: str = "") -> Refused:
    return Refused(400, "invalid_request_error", message, param)


def need(truth: object, message: str, param: str = "") -> None:
    if not truth:
        raise refuse(message, param)


def known(value: Any, names: set[str], where: str) -> None:
    need(isinstance(value, dict), f"{where}: should be an object")
    for name in value:
        need(name in names, f"{where}.{name}: Extra inputs are not permitted")


def valid_tools(tools: list[tuple[Any, Any, Any]]) -> None:
    """Of each: name, description, schema."""
    names = [name for name, _, _ in tools]
    need(len(set(names)) == len(names), "tools: Tool names must be unique.")
    for at, (name, description, schema) in enumerate(tools):
        need(
            isinstance(name, str) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name), f"tools.{at}.name: bad name {name!r}"
        )
        need(
            description is None or (isinstance(description, str) and len(description) <= 1024),
            f"tools.{at}.description",
        )
        need(isinstance(schema, dict) and schema.get("type") == "object", f"tools.{at}: schema must have type object")
        valid_schema(schema, f"tools.{at}.schema")


def valid_schema(schema: Any, where: str) -> None:
    need(isinstance(schema, dict), f"{where}: should be an object")
    need(set(schema) <= KEYWORDS, f"{where}: unknown keyword in {sorted(set(schema) - KEYWORDS)}")
    kind = schema.get("type")
    need(kind is None or kind in TYPES, f"{where}.type: {kind!r} is not a type")
    need("enum" not in schema or (isinstance(schema["enum"], list) and schema["enum"]), f"{where}.enum: empty")
    properties = schema.get("properties", {})
    need(isinstance(properties, dict), f"{where}.properties: should be an object")
    need(set(schema.get("required", ())) <= set(properties), f"{where}.required: names no property")
    for name, inner in properties.items():
        valid_schema(inner, f"{where}.properties.{name}")
    for inner in (schema.get("items"), *schema.get("anyOf", ())):
        if inner is not None:
            valid_schema(inner, f"{where}.items")
