"""A Compose file: its services, what each is built from or is an image of, and which of them are programs of others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ergon_ops.packaging.analysis.containers import words_of
from ergon_ops.packaging.analysis.evidence import Evidence, Need, Service
from ergon_ops.packaging.analysis.needs import IMAGES
from ergon_ops.packaging.analysis.overriding import NAMES as OVERRIDES
from ergon_ops.packaging.analysis.overriding import expanded, merged, plain, tagged
from ergon_ops.packaging.analysis.tree import Tree, inside, shown

DEEPEST, MOST_EXPANDED = 4, 100_000
FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


OTHERS = re.compile(r"(?:docker-)?compose[.-]([\w.-]+)\.ya?ml|([\w-]+)\.(?:docker-)?compose\.ya?ml")
FOR_USE = re.compile(r"prod|deploy|live")
FOR_WORK = re.compile(r"dev|test|local|ci\b|override|debug|docs|monitor|traefik|infra|tools")


def services(tree: Tree) -> tuple[Service, ...]:
    """Of the first Compose file of the root, else of the first folder that has one; with the one for use, else with
    what overrides it."""
    for folder in tree.folders():
        names = tree.names(folder)
        others = [(match[1] or match[2], name) for name in names if (match := OTHERS.fullmatch(name))]
        used = next((name for key, name in others if FOR_USE.search(key)), "")
        for name in FILES:
            if name in names:
                over = used or next((other for other in OVERRIDES if other in names), "")
                return _compose(tree, folder, inside(folder, name), inside(folder, over) if over else "")
        plain = sorted(name for key, name in others if not FOR_WORK.search(key))
        if first := used or next(iter(plain or sorted(name for _, name in others)), ""):
            return _compose(tree, folder, inside(folder, first), "")
    return ()


Lines = Mapping[tuple[str, ...], Evidence]


def _compose(tree: Tree, folder: str, path: str, over: str, depth: int = 0) -> tuple[Service, ...]:
    document, lines = _read(tree, path)
    more, others = _read(tree, over) if over else ({}, {})
    document = merged(document, more) if more else plain(document)
    listed = document.get("services")
    brought = [inside(folder, one.removeprefix("./")) for one in _included(document)] if depth < DEEPEST else []
    if not isinstance(listed, dict):
        if document and not brought:
            tree.fault(path, "has no services")
        listed = {}
    at = {**others, **lines}
    found = [
        _service(
            tree, folder, str(name), _extended(tree, folder, listed, body),
            at.get(("services", str(name)), Evidence(path)), {**lines, **others},
        )
        for name, body in listed.items()
        if isinstance(body, dict)
    ]  # fmt: skip
    for other in brought:
        found += _compose(tree, other.rpartition("/")[0] or ".", other, "", depth + 1) if tree.has(other) else ()
    return tuple({service.name: service for service in reversed(found)}.values())[::-1]


def _included(document: Mapping[str, Any]) -> Iterator[str]:
    """Further Compose files: `include: [infra.yaml, {path: shop/compose.yaml}]`."""
    for item in _names(document.get("include")):
        said = item.get("path") if isinstance(item, dict) else item
        yield from (one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str))


def _extended(tree: Tree, folder: str, listed: Mapping[str, Any], body: Mapping[str, Any], depth: int = 0) -> Any:
    """A service that says what it is on top of another, of this file or of one beside it."""
    said = body.get("extends")
    if not said or depth > DEEPEST:
        return body
    name, file = (said, None) if isinstance(said, str) else (said.get("service"), said.get("file"))
    if isinstance(file, str):
        document, _ = load_yaml(tree, inside(folder, file.removeprefix("./")))
        there = document.get("services")
        listed = there if isinstance(there, dict) else {}
    own = {key: value for key, value in body.items() if key != "extends"}
    below = listed.get(str(name))
    return merged(_extended(tree, folder, listed, below, depth + 1), own) if isinstance(below, dict) else own


def _read(tree: Tree, path: str) -> tuple[Mapping[str, Any], Lines]:
    document, lines = load_yaml(tree, path)
    return document, {key: Evidence(path, line, f"{key[-1]}:") for key, line in lines.items()}


def load_yaml(tree: Tree, path: str) -> tuple[Mapping[str, Any], Mapping[tuple[str, ...], int]]:
    """The document, and the line of each key three levels down. What is not YAML is a fault with its line."""
    import yaml

    loader = tagged(getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    try:
        node = yaml.compose(tree.text(path), Loader=loader)
        found = yaml.load(tree.text(path), Loader=loader)
        size = expanded(found)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        tree.fault(path, f"is not YAML: {error.problem or error.context}", mark.line + 1 if mark else 0)
        return {}, {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        tree.fault(path, f"is not YAML: {error}")
        return {}, {}
    if size > MOST_EXPANDED:
        tree.fault(path, "its aliases stand for too much to be read")
        return {}, {}
    return (found, dict(_lines(node, ()))) if isinstance(found, dict) else ({}, {})


def _lines(node: Any, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    for key, value in node.value if node is not None and node.id == "mapping" else ():
        here = (*at, str(key.value))
        yield here, key.start_mark.line + 1
        if len(here) < 4:
            yield from _lines(value, here)


def _service(tree: Tree, folder: str, name: str, body: Mapping[str, Any], evidence: Evidence, lines: Lines) -> Service:
    build = body.get("build")
    context = build if isinstance(build, str) else build.get("context", ".") if isinstance(build, dict) else None
    place = _place(folder, context)
    file = build.get("dockerfile", "") if isinstance(build, dict) else ""
    context = place
    if place is not None and isinstance(file, str) and "/" in file and ".." not in file.split("/"):
        # `context: .` with the Dockerfile further in: what is built lies where the Dockerfile does.
        place = inside(place, file.removeprefix("./").rpartition("/")[0])
    return Service(
        name,
        evidence,
        image=str(body.get("image") or "") if place is None else "",
        path=place,
        context=context or "",
        dockerfile=str(file or "").removeprefix("./"),
        arguments=tuple(_arguments(build.get("args") if isinstance(build, dict) else None)),
        command=_command(body.get("command")),
        entrypoint=_command(body["entrypoint"]) if body.get("entrypoint") is not None else None,
        ports=tuple(_ports(body)),
        environment=tuple(_keys(body.get("environment"))),
        sets=tuple(_ports_set(tree, folder, name, body, evidence, lines)),
        commanded=lines.get(("services", name, "command"), evidence),
        published=lines.get(("services", name, "ports"), evidence),
        depends_on=tuple(map(str, _names(body.get("depends_on")))),
        volumes=tuple(item for item in _names(body.get("volumes")) if isinstance(item, str)),
    )


def _place(folder: str, context: Any) -> str | None:
    """The folder that is built, in the project; None for what comes from elsewhere."""
    if not isinstance(context, str) or context.startswith(("/", "http", "git", "~", "$")):
        return None
    place = posixpath.normpath(posixpath.join(folder, context))
    return None if place.split("/")[0] == ".." else place


def _command(said: Any) -> tuple[str, ...]:
    return words_of(said) if isinstance(said, str) else tuple(map(str, said)) if isinstance(said, list) else ()


def _names(said: Any) -> Sequence[Any]:
    return list(said) if isinstance(said, dict | list) else []


def _arguments(said: Any) -> Iterator[tuple[str, str]]:
    for item in _names(said):
        name, given, value = str(item).partition("=")
        if isinstance(said, dict):
            given, value = "=", said[item]
        if given and value is not None:
            yield name, str(value)


def _keys(said: Any) -> Iterator[str]:
    for item in _names(said):
        yield str(item).partition("=")[0]


def _ports_set(
    tree: Tree, folder: str, name: str, body: Mapping[str, Any], evidence: Evidence, lines: Lines
) -> Iterator[tuple[str, int, Evidence]]:
    """Ports that a service's environment names, in the Compose file and in the files it takes variables from."""
    key = ("services", name, "environment")
    for variable, value in _arguments(body.get("environment")):
        number = re.fullmatch(r"\d{2,5}", _filled(tree, folder, value))
        if number and variable.upper().endswith("PORT"):
            why = lines.get((*key, variable)) or lines.get(key) or evidence
            why = tree.find(why.file, variable, after=why.line - 1)
            yield variable, int(number[0]), why
    said = body.get("env_file")
    for item in said if isinstance(said, list) else [said]:
        path = str(item.get("path") if isinstance(item, dict) else item or "").removeprefix("./")
        for number_of_line, line in enumerate(tree.text(inside(folder, path)).splitlines(), 1):
            if match := re.match(r"\s*(\w*PORT)\s*=\s*['\"]?(\d{2,5})['\"]?\s*$", line):
                yield match[1], int(match[2]), Evidence(inside(folder, path), number_of_line, shown(line))


def _filled(tree: Tree, folder: str, text: str) -> str:
    """`${PORT:-8000}` by the `.env` beside the Compose file, which Compose reads, else by its default."""

    def value(match: re.Match[str]) -> str:
        found = re.search(rf"(?m)^\s*{match[1] or match[3]}=['\"]?(\d+)", tree.text(inside(folder, ".env")))
        return found[1] if found else match[2] or ""

    return re.sub(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))", value, text)


def _ports(body: Mapping[str, Any]) -> Iterator[tuple[int, int | None]]:
    """Inside and outside; without a published one, only inside."""
    for item in _names(body.get("ports")):
        if isinstance(item, dict):
            inner, outer = str(item.get("target", "")), str(item.get("published") or "")
        else:
            parts = re.sub(r"\$\{\w+:-(\d+)\}", r"\1", str(item)).split("/")[0].split(":")
            inner, outer = parts[-1], parts[-2] if len(parts) > 1 else ""
        if inner.isdigit():
            yield int(inner), int(outer) if outer.isdigit() else None
    for item in _names(body.get("expose")):
        if str(item).split("/")[0].isdigit():
            yield int(str(item).split("/")[0]), None


def needed(found: Sequence[Service]) -> Iterator[Need]:
    """Services that are programs of others."""
    for service in found:
        if kind := program(service):
            yield Need(kind, Evidence(service.evidence.file, service.evidence.line, f"{service.name}: {service.image}"))


def program(service: Service) -> str:
    """`redis` for an image of one."""
    name = service.image.split("@")[0].rsplit("/", 1)[-1].split(":")[0].lower()
    return IMAGES.get(name, "")
