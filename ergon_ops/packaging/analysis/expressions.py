"""What single expressions of Python say: the last of a path, a prefix, the variables of a class of settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ergon_ops.packaging.analysis.listening import literal
from ergon_ops.packaging.analysis.sources import Read


def last(node: ast.expr) -> str:
    """`server.socket_port`, `config["bind"]` → the last of it."""
    if isinstance(node, ast.Subscript):
        return literal(node.slice) or ""
    return node.attr if isinstance(node, ast.Attribute) else ""


def prefix(node: ast.Call) -> str | None:
    """'' where none is given; None where it is no literal."""
    given = [word.value for word in node.keywords if word.arg in ("prefix", "url_prefix")]
    return literal(given[0]) if given else ""


def settings_of(node: ast.ClassDef) -> Iterator[Read]:
    """pydantic-settings: each field is a variable, upper case, with the class's prefix."""
    prefix = re.search(r"env_prefix\s*[=:]\s*['\"](\w*)['\"]", ast.unparse(node))
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.target.id != "model_config":
            name = ((prefix[1] if prefix else "") + item.target.id).upper()
            yield Read(name, item.value is None, item.lineno)


def has_default(node: ast.Call) -> bool:
    return len(node.args) > 1 or any(item.arg == "default" for item in node.keywords)
