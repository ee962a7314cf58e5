"""A model looks at what is known of a project: what it adds is checked, marked as its own, and kept."""

from __future__ import annotations

import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ergon_ops import folders
from ergon_ops.assistant.minds import mind_of
from ergon_ops.assistant.models import Models
from ergon_ops.errors import ErgonError, UsageError
from ergon_ops.messages import Message, Prompt, Text, ToolCall, Usage
from ergon_ops.packaging.analysis import Analysis, analyse
from ergon_ops.packaging.analysis.tree import Tree
from ergon_ops.packaging.refining import Field, Statement, refined
from ergon_ops.redaction import safe_text
from ergon_ops.settings import Settings
from ergon_ops.store import Store
from ergon_ops.tool import Context, Tool, read, tool_of
from ergon_ops.turn.rendering import fenced

Document = dict[str, Any]
MOST_FILES, MOST_README, MAX_TOKENS = 300, 4000, 1500


@read
async def conclude(ctx: Context, application: str, field: Field, value: str, file: str, line: int) -> None:
    """Says one thing that is still open about one application, with the line of a file that carries it.
    value: a command, a number, a path, a version or a service
    file: relative to the project
    line: from 1
    """


Kept = tuple[str, str] | None


def looked_at(folder: Path, kept: Kept) -> Analysis:
    """What a folder is, with what a model added earlier as far as it still holds. Raises UsageError."""
    found = analyse(folder)
    if kept is None:
        return found
    statements = [Statement(**row) for row in json.loads(kept[1])]
    return refined(found, Tree(folder), statements, by=kept[0])[0]


def known(store: Store, folder: Path) -> Kept:
    """What was kept of a folder: who said it, and what."""
    return store.projects.refinement(str(folder.resolve()))


async def refine(settings: Settings, store: Store, folder: Path, models: Models | None = None) -> Document:
    """Asks the model that is set up, once. Raises UsageError where none is, or for the folder; ProviderError."""
    mind = mind_of(settings)
    if mind.offline:
        raise UsageError("no model is set up to refine with", next="--model anthropic or openai names one")
    found, tree, models = analyse(folder), Tree(folder), models or Models(settings)
    try:
        said, usage = await _asked(models, mind.spec, settings, found, tree)
    finally:
        await models.close()
    _, held, refused = refined(found, tree, said, by=mind.spec)
    body = json.dumps([one.to_json() for one in held], ensure_ascii=False)
    store.projects.keep_refinement(str(tree.root), mind.spec, body)
    return {
        "said_by": mind.spec,
        "held": [one.to_json() for one in held],
        "refused": [{**one.statement.to_json(), "why": one.why} for one in refused],
        "usage": {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens},
        "cost_usd": models.charge(models.provider(mind.spec).model, usage) if usage.input_tokens else None,
    }


async def _asked(
    models: Models, spec: str, settings: Settings, found: Analysis, tree: Tree
) -> tuple[list[Statement], Usage]:
    provider, tool = models.provider(spec), tool_of(conclude)
    system = Prompt(folders.render("project", {}, operator=settings.prompts), "")
    message = Message("user", (Text(request(found, tree)),))
    said: list[Statement] = []
    usage = Usage()
    pieces = provider.reply(system, [message], [tool], max_tokens=MAX_TOKENS, deadline_s=settings.limits.seconds)
    async with aclosing(pieces) as reply:
        async for piece in reply:
            if isinstance(piece, ToolCall) and (one := _statement(tool, piece)) is not None:
                said.append(one)
            elif isinstance(piece, Usage):
                usage = piece
    return said, usage


def _statement(tool: Tool, call: ToolCall) -> Statement | None:
    """None for a call that does not fit: it says nothing."""
    try:
        given = tool.validate(call.arguments) if call.tool == tool.name else {}
    except ErgonError:
        return None
    return Statement(**{**given, "value": str(given["value"]).strip()}) if given else None


def request(found: Analysis, tree: Tree) -> str:
    """All that is sent: conclusions with their lines, names of files, the beginning of the README. No secret, and no
    file that holds one."""
    secret = {item.file for item in found.secrets}
    names = [path for path in tree.files if path not in secret][:MOST_FILES]
    readme = next((path for path in names if path.lower() in ("readme.md", "readme.rst", "readme.txt", "readme")), "")
    known = json.dumps([item.to_json() for item in found.applications], ensure_ascii=False)
    lines = enumerate(tree.text(readme).splitlines(), 1) if readme else ()
    numbered = "\n".join(f"{number}: {safe_text(line, 300)}" for number, line in lines)[:MOST_README]
    text = f"applications: {known}\nfiles:\n" + "\n".join(safe_text(name, 200) for name in names)
    return fenced(f"{text}\n{readme}:\n{numbered}" if readme else text)
