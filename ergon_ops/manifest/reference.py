"""The manifest's reference page, from the models: `python -m ergon_ops.manifest.reference > docs/manifest.md`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ergon_ops.capabilities import CAPABILITIES
from ergon_ops.manifest.models import json_schema

Document = Mapping[str, Any]
SHORTEST = """{
  "manifest_version": "1.0",
  "applications": {"api": {"type": "fastapi", "entrypoint": "main.py"}},
  "containers": {"api-server": {"applications": ["api"], "ci_capabilities": ["health", "optimize"]}}
}"""
HEAD = """\
# The manifest, version 1.0

Generated from the program: `python -m ergon_ops.manifest.reference > docs/manifest.md`. For editors the same is a JSON
Schema, `docs/manifest.schema.json`, which `ergon-ops manifest schema` prints.

A manifest says what a project's containers are and what they are there for. Only the version and one application or
container are needed; this is a whole one:

```json
%s
```

`ergon-ops manifest init` writes one from a project's files, or from what runs (`--from-running`);
`ergon-ops manifest validate` names every problem at once; `ergon-ops up` starts its containers;
`ergon-ops manifest diff` tells where what runs is not what it says. Unknown keys, keys that are there twice, circles of
`depends_on`, names that are not in NFC and ports that clash are problems. One meaning has one hash, whatever the
spelling: order of keys, `256m` or bytes, defaults written out or not.
"""
# In the order of a manifest; the rest follows where it is used.
PARTS = (
    "Manifest",
    *("Project", "Application", "EnvironmentRule", "Container", "Port", "Resources", "Health", "Packaging"),
    "Difference",
)
PLACES = {
    "Manifest": "The document",
    "Project": "`project`",
    "Application": "`applications.NAME`",
    "EnvironmentRule": "`applications.NAME.environment.KEY`",
    "Container": "`containers.NAME`",
    "Port": "`containers.NAME.ports[]`",
    "Resources": "`containers.NAME.resources`",
    "Health": "`containers.NAME.health`",
    "Packaging": "`packaging`",
    "Difference": "`packaging.accepted[]`",
}


def page() -> str:
    schema = json_schema()
    found = {"Manifest": schema, **schema["$defs"]}
    parts = [_part(name, found[name]) for name in PARTS]
    return "\n".join([HEAD % SHORTEST, *parts, _capabilities()])


def _part(name: str, schema: Document) -> str:
    needed = schema.get("required", ())
    rows = "\n".join(
        f"| `{key}` | {_kind(about)} | {_default(about, needed=key in needed)} | {about['description']} |"
        for key, about in schema["properties"].items()
    )
    return f"## {PLACES[name]}\n\n| key | is | without it | means |\n| --- | --- | --- | --- |\n{rows}\n"


def _default(about: Document, *, needed: bool) -> str:
    if needed:
        return "needed"
    value = about.get("default")
    return "–" if value is None or isinstance(value, dict | list) else f"`{json.dumps(value)}`"


def _kind(about: Document) -> str:
    words = list(dict.fromkeys(_kinds(about)))
    return " or ".join(words) or "anything"


def _kinds(about: Document) -> Iterator[str]:
    if "$ref" in about:
        yield "object"
    elif "anyOf" in about:
        for item in about["anyOf"]:
            yield from _kinds(item)
    elif "enum" in about:
        yield " ".join(f"`{value}`" for value in about["enum"])
    elif "const" in about:
        yield f"`{about['const']}`"
    elif about.get("type") == "array":
        yield f"list of {_kind(about.get('items', {}))}"
    elif about.get("type") == "object" and "additionalProperties" in about:
        inside = about["additionalProperties"]
        yield "object" if inside is True else f"object of {_kind(inside)}"
    elif "type" in about:
        yield _plain(about)


def _plain(about: Document) -> str:
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "null"}
    word = str(words.get(about["type"], about["type"]))
    low, high = about.get("minimum", about.get("exclusiveMinimum")), about.get("maximum")
    if low is not None and high is not None:
        word += f" {low} to {high}"
    return word + (f" of at most {about['maxLength']} characters" if 0 < about.get("maxLength", 0) < 256 else "")


def _capabilities() -> str:
    return f"## Capabilities\n\n`ci_capabilities` is a list of {' '.join(f'`{name}`' for name in CAPABILITIES)}.\n"


if __name__ == "__main__":
    sys.stdout.write(page())
