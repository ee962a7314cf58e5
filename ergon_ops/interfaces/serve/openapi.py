"""The OpenAPI document of what the daemon serves, kept beside the routes and tested against them."""

from __future__ import annotations

from typing import Any

from ergon_ops import __version__

Document = dict[str, Any]
TEXT: Document = {"type": "string"}


def _body(properties: Document, required: list[str]) -> Document:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _answer(what: str, schema: Document | None = None, kind: str = "application/json") -> Document:
    return {"description": what, "content": {kind: {"schema": schema or {"type": "object"}}}}


ERROR: Document = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "object", "required": ["message"], "properties": {"message": TEXT}}},
}
FAILURES: Document = {
    "400": _answer("the body is not what it should be", ERROR),
    "401": _answer("no token, or a wrong one", ERROR),
    "403": _answer("not by that host name or origin", ERROR),
    "404": _answer("no such CI or project", ERROR),
    "405": _answer("not with this method", ERROR),
    "408": _answer("the body did not come in time", ERROR),
    "413": _answer("the body is too long", ERROR),
    "429": _answer("too many requests", ERROR),
    "503": _answer("the engine does not answer", ERROR),
}
MESSAGE = _body(
    {
        "message": {"type": "string", "minLength": 1, "maxLength": 100_000, "pattern": r"\S"},
        "caller": {"type": ["string", "null"], "maxLength": 200},
        "session": {"type": ["string", "null"], "maxLength": 200},
    },
    ["message"],
)
REPLY = _answer(
    "the reply as text",
    {"type": "object", "required": ["response"], "properties": {"response": TEXT, "proposals": {"type": "array"}}},
)
NAME: Document = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
STATUS: Document = {"type": "string", "enum": ["proven", "not proven", "failed", "own"]}
DOCKER_CONFIG: Document = {
    "type": ["object", "null"],
    "required": ["manifestDigest", "manifest", "dockerfiles", "status", "generatedAt"],
    "properties": {"manifestDigest": TEXT, "manifest": {"type": "object"}, "status": STATUS, "generatedAt": TEXT},
}
PROJECT: Document = {
    "type": "object",
    "required": ["id", "name", "path", "source", "ci", "there", "plans", "dockerConfig"],
    "properties": {
        "source": {"type": "string", "enum": ["list", "manifest", "tekton"]},
        "there": {"type": "boolean"},
        "dockerConfig": DOCKER_CONFIG,
    },
}
PROJECTS = _answer(
    "those that were added, those of registered manifests, and Tekton's",
    {
        "type": "object",
        "required": ["projects", "notes"],
        "properties": {"projects": {"type": "array", "items": PROJECT}},
    },
)
DOCKERFILE: Document = {
    "type": "object",
    "required": ["application", "path", "own", "dockerfile", "status", "detail"],
    "properties": {"application": TEXT, "path": TEXT, "own": {"type": "boolean"}, "dockerfile": TEXT, "status": STATUS},
}
GENERATED = _answer(
    "texts, each with what it rests on",
    {
        "type": "object",
        "required": ["project", "manifest", "dockerfile", "dockerfiles", "evidence", "status", "notes", "dockerConfig"],
        "properties": {
            "manifest": {"type": "object"},
            "dockerfile": {"type": ["string", "null"]},
            "dockerfiles": {"type": "array", "items": DOCKERFILE},
            "evidence": {"type": "object"},
            "status": STATUS,
            "dockerConfig": DOCKER_CONFIG,
        },
    },
)
CHAT = _body(
    {
        "model": {"type": "string", "minLength": 1},
        "messages": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["role", "content"],
                "properties": {
                    "role": {"type": "string", "enum": ["system", "user", "assistant"]},
                    "content": {"type": "string"},
                },
            },
        },
        "stream": {"type": "boolean"},
        "max_tokens": {"type": "integer", "minimum": 1},
    },
    ["model", "messages"],
)


def _operation(summary: str, success: Document, **more: Any) -> Document:
    return {"summary": summary, "responses": {"200": success, **FAILURES}, **more}


def openapi() -> Document:
    paths = {
        "/health": {
            "get": _operation("whether the daemon and its engines are well", _answer("its state"), security=[])
        },
        "/ready": {"get": _operation("whether a question would be answered now", _answer("yes"), security=[])},
        "/api/message": {"post": _operation("ask; the question says who is meant", REPLY, requestBody=MESSAGE)},
        "/api/ci": {"get": _operation("every Container CI", _answer("names, containers, states"))},
        "/api/ci/{name}/message": {
            "parameters": [NAME],
            "post": _operation("ask one Container CI", REPLY, requestBody=MESSAGE),
        },
        "/api/projects": {"get": _operation("every project that is known here", PROJECTS)},
        "/api/projects/{id}/docker/generate": {
            "parameters": [{**NAME, "name": "id"}],
            "post": _operation("a project's manifest and Dockerfiles; nothing is written or run", GENERATED),
        },
        "/api/events": {
            "get": _operation("what happens, as it happens", _answer("events", TEXT, "text/event-stream")),
        },
        "/openapi.json": {"get": _operation("this document", _answer("OpenAPI 3.1"))},
        "/v1/models": {"get": _operation("running containers as models", _answer("a list"))},
        "/v1/models/{name}": {"parameters": [NAME], "get": _operation("one of them", _answer("a model"))},
        "/v1/chat/completions": {"post": _operation("as OpenAI's", _answer("a completion"), requestBody=CHAT)},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "ergon-ops", "version": __version__},
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
    }
