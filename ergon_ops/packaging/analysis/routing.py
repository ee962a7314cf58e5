"""Addresses that are told by a call, not by what decorates a handler: `Route("/health", …)`, `app.add_url_rule(…)`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ergon_ops.packaging.analysis.listening import literal

ANY = "*"  # the owner is whatever the file makes
BARE = ("starlette.routing.Route", "aiohttp.web.get", "litestar.get", "bottle.get", "bottle.route")
ADDED = ("add_url_rule", "add_api_route")
# Where one of these is, nobody knows what an address of ANY stands under.
NESTING = re.compile(r"\b(?:Mount|Router|Controller|Host|RouteTableDef)\b|\.mount\(|add_subapp|\bprefix\s*=|\bpath\s*=")
OBJECT = re.compile(r"\.route\(\s*\{([^{}]*)")
GET = re.compile(r"\bmethod\s*:\s*\[?\s*['\"](?:GET|get|\*)['\"]")
PLACE = re.compile(r"\b(?:url|path)\s*:\s*['\"`](/[\w/-]*)['\"`]")


def told(call: ast.Call, full: str) -> Iterator[tuple[str, str]]:
    """The name of the application or router, and a path that answers to GET."""
    path = literal(call.args[0]) if call.args else None
    methods = next((ast.unparse(word.value) for word in call.keywords if word.arg in ("methods", "method")), "'GET'")
    if path is None or "'GET'" not in methods:
        return
    if full in BARE:
        yield ANY, path
    match call.func:
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if name in ADDED:
            yield owner, path
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=owner), attr="router"), attr="add_get"):
            yield owner, path


def settled(routes: list[tuple[str, str]], text: str) -> list[tuple[str, str]]:
    """Without those that something in between may have put elsewhere."""
    return [row for row in routes if row[0] != ANY] if NESTING.search(text) else routes


def of_objects(text: str) -> Iterator[str]:
    """`server.route({method: 'GET', path: '/health', …})` of fastify and hapi."""
    for match in OBJECT.finditer(text) if "prefix" not in text else ():
        if GET.search(match[1]) and (place := PLACE.search(match[1])):
            yield place[1]
