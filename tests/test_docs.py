"""The documentation cannot drift: the help in it is the program's, and what exists is mentioned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ergon_ops.interfaces.commands.help import page
from ergon_ops.interfaces.commands.registry import HOMES, command

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
