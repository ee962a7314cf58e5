"""A Procfile where nothing else tells what a folder is: its line is the program, and runs as it is written."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.packaging.analysis.containers import procfile
from ergon_ops.packaging.analysis.evidence import Application, Level
from ergon_ops.packaging.analysis.python import variables
from ergon_ops.packaging.analysis.said import PORT, filled
from ergon_ops.packaging.analysis.sources import sources
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, within

LANGUAGES = {"py": "python", "js": "javascript", "mjs": "javascript", "cjs": "javascript", "sh": "shell"}
USUAL = 8000  # of a line that takes whatever port it is given


def procfiles(tree: Tree, taken: set[str]) -> Iterator[Application]:
    for folder in tree.folders():
        said = procfile(tree, folder) if folder not in taken and not aside(folder) else None
        if said is None:
            continue
        run, why = said
        words = (word.removeprefix("./") for word in " ".join(run).split())
        script = next((word for word in words if tree.has(inside(folder, word))), "")
        language = LANGUAGES.get(script.rpartition(".")[2], "")
        literal = PORT.search(filled(" ".join(run)))
        port = int(literal[1]) if literal else USUAL if "PORT" in " ".join(run) else None
        level: Level = "complete" if language else "recognised"
        own = (source for path, source in sources(tree).items() if within(path, folder)) if language == "python" else ()
        yield Application(
            "",
            folder,
            "shell" if language == "shell" else "procfile",
            language,
            level,
            run=run,
            port=port,
            entrypoint=script,
            variables=variables(tree, own),
            evidence={"type": (why,), "run": (why,), **({"port": (why,)} if literal else {})},
        )
