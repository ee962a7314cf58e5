"""The documentation cannot drift: the help in it is the program's, and what exists is mentioned."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import pytest

from ergon_ops.folders import prompt, shipped
from ergon_ops.interfaces.commands.help import page
from ergon_ops.interfaces.commands.registry import HOMES, command
from ergon_ops.interfaces.repl.slash import BY_NAME
from ergon_ops.setting_values import ENV_ONLY, SETTINGS

DOCS = Path(__file__).parent.parent / "docs"


def test_the_help_in_the_docs_is_the_help_of_the_program() -> None:
    written = (DOCS / "commands.md").read_text("utf-8")
    assert written == page(), "run: python -m ergon_ops.interfaces.commands.help > docs/commands.md"


@pytest.mark.parametrize("name", HOMES)
def test_every_command_has_help_with_an_example_of_itself(name: str) -> None:
    spec = command(name)
    assert spec.name == name
    assert spec.summary
    assert any(typed.startswith(name) or f"ergon-ops {name}" in typed for typed, _ in spec.examples)
    assert all(item.help for item in spec.arguments)


def test_commands_that_the_docs_name_exist() -> None:
    """A line of a console block that runs us, or a name in backticks."""
    for path in [*DOCS.glob("*.md"), DOCS.parent / "README.md"]:
        for name in re.findall(r"(?:^\$ |`)ergon-ops ([a-z]+)\b", path.read_text("utf-8"), re.MULTILINE):
            assert name in HOMES, f"{path.name}: ergon-ops {name}"


def test_the_placeholders_the_docs_name_are_those_of_the_prompts() -> None:
    rows = re.findall(r"^\| `(\w+)\.md` \|[^|]*\|([^|]*)\|", (DOCS / "extending.md").read_text("utf-8"), re.MULTILINE)
    assert {name for name, _ in rows} == {path.stem for path in shipped("prompts").glob("*.md")} - {"README"}
    for name, listed in rows:
        assert sorted(re.findall(r"`\$(\w+)`", listed)) == sorted(Template(prompt(name)).get_identifiers()), name


def test_settings_flags_and_slash_commands_the_docs_name_exist() -> None:
    text = "\n".join(path.read_text("utf-8") for path in [*DOCS.glob("*.md"), DOCS.parent / "README.md"])
    known = {name for spec in SETTINGS.values() for name in spec.env} | {
        n for names in ENV_ONLY.values() for n in names
    }
    assert set(re.findall(r"\bERGON_OPS_[A-Z_]+", text)) <= known
    assert set(re.findall(r"`limits\.\w+`", text)) <= {f"`{key}`" for key in SETTINGS}
    assert set(re.findall(r"`(/[a-z]+)\b", text)) - {"/proc"} <= set(BY_NAME)
    assert set(re.findall(r"`(--[a-z-]+)", text)) - {"--help"} <= {
        item.name for name in HOMES for item in command(name).arguments
    } | {"--json"}
