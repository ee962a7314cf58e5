"""Workers of Python that no constructor's name tells: arq, taskiq, huey, faust, dramatiq, as their own commands start
them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ergon_ops.packaging.analysis.evidence import Application, Evidence
from ergon_ops.packaging.analysis.serving import modules
from ergon_ops.packaging.analysis.tree import Tree, aside, relative, within

# Package → what makes one, and how it is started. `alone`: only where nothing else says what the folder is.
KINDS: tuple[tuple[str, re.Pattern[str], str, bool], ...] = (
    ("arq", re.compile(r"(?m)^class\s+(\w*WorkerSettings\w*)\b"), "arq {module}.{name}", False),
    (
        "taskiq",
        re.compile(r"(?m)^(\w+)\s*(?::\s*\w+\s*)?=\s*\(?\s*\w*Broker\("),
        "taskiq worker {module}:{name}",
        False,
    ),
    ("huey", re.compile(r"(?m)^(\w+)\s*=\s*\w*Huey\("), "huey_consumer {module}.{name}", False),
    ("faust", re.compile(r"(?m)^(\w+)\s*=\s*faust\.App\("), "faust -A {module} worker -l info", False),
    ("faust-streaming", re.compile(r"(?m)^(\w+)\s*=\s*faust\.App\("), "faust -A {module} worker -l info", False),
    ("dramatiq", re.compile(r"(?m)^@(dramatiq)\.actor|^@(actor)\b"), "dramatiq {module}", True),
)


def worker(
    tree: Tree, base: str, dependencies: Mapping[str, Evidence], others: Sequence[str], *, alone: bool
) -> Application | None:
    """The first that a package which is asked for is found to be used for; `others` are folders of other programs."""
    return next(_workers(tree, base, dependencies, others, alone=alone), None)


def _workers(
    tree: Tree, base: str, dependencies: Mapping[str, Evidence], others: Sequence[str], *, alone: bool
) -> Iterator[Application]:
    for package, pattern, said, only in KINDS:
        if package not in dependencies or (only and not alone):
            continue
        own = (
            path
            for path in tree.under(base, ".py")
            if not aside(relative(path, base)) and not any(within(path, other) for other in others)
        )
        for path in sorted(own, key=lambda one: (one.count("/"), one)):
            if (match := pattern.search(tree.text(path))) is None:
                continue
            folder, module = modules(tree, base, path)
            at = tree.line(path, tree.text(path).count("\n", 0, match.start()) + 1)
            run = tuple(said.format(module=module, name=match[1]).split())
            yield Application(
                name="worker", path=base, type="script", language="python", run=run, entrypoint=relative(path, base),
                folder=folder, evidence={"type": (at, dependencies[package]), "run": (at,), "entrypoint": (at,)},
            )  # fmt: skip
