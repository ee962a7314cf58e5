"""The documents about manifests are the program's own words."""

from __future__ import annotations

import json
from pathlib import Path

from ergon_ops.manifest import json_schema, parse
from ergon_ops.manifest.descriptions import MEANINGS
from ergon_ops.manifest.reference import PARTS, SHORTEST, page

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_reference_page_is_generated() -> None:
    wanted = "run: python -m ergon_ops.manifest.reference > docs/manifest.md"
    assert (DOCS / "manifest.md").read_text("utf-8") == page(), wanted


def test_the_schema_in_the_docs_is_the_schema_of_the_program() -> None:
    wanted = "run: ergon-ops manifest schema > docs/manifest.schema.json"
    assert json.loads((DOCS / "manifest.schema.json").read_text("utf-8")) == json_schema(), wanted


def test_every_key_has_one_meaning_and_every_meaning_a_key() -> None:
    schema = json_schema()
    keys = {f"{name}.{key}" for name, part in schema["$defs"].items() for key in part["properties"]}
    keys |= {f"Manifest.{key}" for key in schema["properties"]}
    assert keys == set(MEANINGS)
    assert set(schema["$defs"]) | {"Manifest"} == set(PARTS)


def test_the_manifest_shown_as_a_whole_one_is_valid() -> None:
    assert parse(SHORTEST).containers["api-server"].applications == ("api",)
