"""A manifest's container → the plan of its image: what its files say, and what the manifest says instead."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ergon_ops.errors import UsageError
from ergon_ops.packaging.analysis import Analysis, Application
from ergon_ops.packaging.describing import base_of
from ergon_ops.packaging.plan import ImagePlan
from ergon_ops.packaging.planning import plan_of

if TYPE_CHECKING:
    from ergon_ops.manifest import models, packageable

    Described = models.Manifest | packageable.Packageable
    Said = models.Application | packageable.Application

LABEL = "io.ergon-ops."
SHARED = (("python",), ("javascript", "typescript"))  # whose programs can lie in one image
# What only a shell makes something of, outside of quotes; within double ones it is `$` and a backquote alone.
QUOTED = re.compile(r"""'[^']*'|\\.|"(?:\\.|[^"\\$`])*\"""")
SHELL = re.compile(r"[|&;<>()$`*?]|^\s*\w+=|(?:^|\s)~")
SEVERAL = re.compile(r"[|&;()]|^\s*\w+=")
ENDING = "code=1; end() { trap '' TERM; kill 0; }; trap 'code=143; end' TERM INT; trap end USR1;"


def packaged(manifest: Described) -> tuple[str, ...]:
    """Containers that have applications and no image of somebody else's, in build order."""
    from ergon_ops.manifest import start_order

    order = manifest.packaging.build_order or start_order(manifest)
    keys = [*order, *(key for key in manifest.containers if key not in order)]
    return tuple(key for key in keys if manifest.containers[key].applications and not manifest.containers[key].image)


def plan_for(manifest: Described, key: str, found: Analysis, path: Path) -> ImagePlan:
    """`path` is the manifest's own. Raises UsageError where the sources are not what the manifest speaks of, or no
    image can be made."""
    entry = manifest.containers[key]
    names = entry.applications
    items = [_application(name, manifest.applications[name], found) for name in names]
    if len({item.context or item.path for item in items}) > 1:
        text = f"{key}: an image of several applications in different folders cannot be made"
        raise UsageError(text, next="give each a container of its own")
    first = items[0]
    if len(items) > 1 and not any(all(item.language in kind and not item.output for item in items) for kind in SHARED):
        text = f"{key}: {', '.join(names)} are not of one kind, and cannot be started in one container"
        raise UsageError(text, next="give each a container of its own")
    labels = {LABEL + "manifest": manifest.digest(), LABEL + "container": key}
    own = left_out(path, path.parent / (first.context or first.path))
    ignore = (*manifest.packaging.ignore, *own)
    plan = together([plan_of(item, labels=labels, ignore=ignore) for item in items])
    usual = base_of(first)
    stages = tuple(
        replace(stage, base=entry.base_image) if entry.base_image and stage.base == usual else stage
        for stage in plan.stages
    )
    return replace(plan, container=key, stages=stages)


def together(plans: Sequence[ImagePlan]) -> ImagePlan:
    """One plan that starts the programs of all, which lie in one folder: the first one's files, everybody's command.

    A shell starts them and waits; when one ends, or the container is stopped, all are told to end. It ends as one that
    failed if nobody stopped it: whoever restarts it restarts all."""
    first, *others = plans
    if not others:
        return first
    configs = [plan.config for plan in plans]
    shared = {key: value for key, value in configs[0].environment.items()
              if all(one.environment.get(key) == value for one in configs)}  # fmt: skip
    lines = []
    for one in configs:
        own = [f"{key}={value}" for key, value in one.environment.items() if key not in shared]
        lines.append(f"({shlex.join([*(['env', *own] if own else []), *one.command])}; kill -USR1 $$) &")
    script = f"{ENDING} {' '.join(lines)} wait; wait; exit $code"
    config = replace(
        configs[0],
        command=("sh", "-c", script),
        environment=shared,
        ports=tuple(dict.fromkeys(port for one in configs for port in one.ports)),
        health=next((one.health for one in configs if one.health), None),
    )
    last = replace(first.final, steps=(*first.final.steps[:-1], config))
    notes = tuple(dict.fromkeys(note for plan in plans for note in plan.notes))
    told = f"{len(plans)} programs are started in it; when one ends, all do."
    return replace(first, stages=(*first.stages[:-1], last), notes=(*notes, told))


def left_out(manifest: Path, context: Path) -> tuple[str, ...]:
    """The pattern of a manifest that lies in the context: it describes the image, and is no part of it."""
    inside = context == manifest.parent or context in manifest.parents
    return (f"/{manifest.relative_to(context)}",) if inside else ()


def images(manifest: Described, found: Analysis, path: Path) -> Iterator[tuple[list[Application], ImagePlan | None]]:
    """Each image that a manifest describes, with its programs under the names that the analysis has for them. None
    where nobody knows how it is made. Raises UsageError where the sources are not what the manifest speaks of."""
    for key in packaged(manifest):
        names = manifest.containers[key].applications
        own = [_of(name, manifest.applications[name], found).name for name in names]
        items = [
            replace(_application(name, manifest.applications[name], found), name=known)
            for name, known in zip(names, own, strict=True)
        ]
        try:
            yield items, plan_for(manifest, key, found, path)
        except UsageError:
            if len(items) > 1:
                raise
            yield items, None


def _application(name: str, said: Said, found: Analysis) -> Application:
    """What the files tell of it, with the manifest's own words over it."""
    item = _of(name, said, found)
    run = command_of(said.run_command, alone=True) if said.run_command else item.run
    return replace(
        item,
        name=name,
        run=() if item.output else run,
        port=said.ports[0] if said.ports and not item.output else item.port,
        entrypoint=said.entrypoint or item.entrypoint,
        build=tuple(command_of(line) for line in said.build_commands) or item.build,
    )


def _of(name: str, said: Said, found: Analysis) -> Application:
    """The one of that name, else the one of that place and kind."""
    path = said.path.strip("/") or "."
    same = [item for item in found.applications if item.path == path and item.type == said.type]
    item = next((item for item in found.applications if item.name == name and item.path == path), None)
    item = item if item is not None and item.type == said.type else (same[0] if same else None)
    if item is None:
        known = ", ".join(f"{item.name} ({item.type} in {item.path})" for item in found.applications) or "none"
        text = f"{name}: there is no {said.type} application in {path}; there is {known}"
        raise UsageError(text, next="correct the manifest, or write it anew: ergon-ops manifest init DIR --force")
    return item


def command_of(text: str, *, alone: bool = False) -> tuple[str, ...]:
    """Words, or a line for a shell where it takes one. `alone`: what is started hears signals itself. Raises
    UsageError."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            f"{text!r} cannot be split into words: {str(error).lower()}", next="close the quote"
        ) from error
    bare = QUOTED.sub("", text)
    if not SHELL.search(bare):
        return words
    return ("sh", "-c", f"exec {text}" if alone and not SEVERAL.search(bare) else text)
