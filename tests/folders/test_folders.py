"""Tools and prompts: an operator's folder comes first, must be theirs alone, and its tools only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergon_ops import folders
from ergon_ops.errors import UsageError

READ = '''
from __future__ import annotations
from typing import TYPE_CHECKING
from ergon_ops.tool import read
if TYPE_CHECKING:
    from ergon_ops.tool import Context

@read
async def {name}(ctx: Context, depth: int = 3) -> tuple[()]:
    """Says {word}.

    depth: how far
    """
    return ()
'''


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o755)
    return folder


def test_the_shipped_tools_load_without_pydantic_models_being_built() -> None:
    tools = folders.load_tools()
    assert {"inspect", "metrics", "logs", "events", "topology", "diagnose", "restart"} <= set(tools)
    assert {name for name, tool in tools.items() if tool.kind == "change"} <= {"restart", "optimize"}
    assert not any(tool.own for tool in tools.values())


def test_an_operators_file_hides_the_shipped_one_of_the_same_name(mine: Path) -> None:
    (mine / "events.py").write_text(READ.format(name="events", word="mine"))
    tools = folders.load_tools([mine])
    assert tools["events"].description == "Says mine."
    assert tools["events"].own
    assert not tools["logs"].own
    assert folders.load_tools()["events"].description != "Says mine."


def test_an_operators_file_can_use_shipped_ones_and_its_neighbours(mine: Path) -> None:
    (mine / "_shared.py").write_text("WORD = 'neighbour'\n")
    more = "\nfrom .logs import Level\nfrom ._shared import WORD\n"
    (mine / "extra.py").write_text(READ.format(name="extra", word="more") + more)
    tools = folders.load_tools([mine])
    assert tools["extra"].own
    assert "Level" not in tools


def test_an_operators_change_is_refused(mine: Path) -> None:
    text = READ.format(name="wipe", word="bye").replace("import read", "import change").replace("@read", "@change")
    (mine / "wipe.py").write_text(text)
    with pytest.raises(UsageError, match="an operator's tools are reads"):
        folders.load_tools([mine])


@pytest.mark.parametrize("target", ["folder", "file"])
def test_what_others_can_write_to_is_refused(mine: Path, target: str) -> None:
    file = mine / "extra.py"
    file.write_text(READ.format(name="extra", word="more"))
    (mine if target == "folder" else file).chmod(0o777)
    with pytest.raises(UsageError, match="others can write to"):
        folders.load_tools([mine])


def test_two_files_with_one_tool_are_named(mine: Path) -> None:
    (mine / "zz.py").write_text(READ.format(name="logs", word="twice"))
    with pytest.raises(UsageError, match="two files define the tool 'logs'"):
        folders.load_tools([mine])


@pytest.mark.parametrize("text", ["def (:\n", "import nothing_of_that_name\n", "1 / 0\n", "x = y\n"])
def test_a_broken_tool_file_is_one_clear_error(mine: Path, text: str) -> None:
    (mine / "broken.py").write_text(text)
    with pytest.raises(UsageError, match=r"broken\.py cannot be loaded"):
        folders.load_tools([mine])


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere is not there"):
        folders.load_tools([tmp_path / "nowhere"])


def test_an_operators_prompt_comes_before_ours(mine: Path) -> None:
    assert "$ci_name" in folders.prompt("persona")
    (mine / "persona.md").write_text("I am $ci_name.")
    assert folders.render("persona", {"ci_name": "web-ci"}, operator=[mine]) == "I am web-ci."
    assert folders.prompt("instructions", [mine]) == folders.prompt("instructions")


def test_a_prompt_names_all_placeholders_that_do_not_fit(mine: Path) -> None:
    (mine / "p.md").write_text("$one $two $three costs $$5")
    with pytest.raises(UsageError, match=r"needs \$three, \$two and does not use \$four"):
        folders.render("p", {"one": "1", "four": "4"}, operator=[mine])
    assert folders.render("p", {"one": "1", "two": "2", "three": "$x"}, operator=[mine]) == "1 2 $x costs $5"


def test_a_dollar_that_starts_no_name_is_refused(mine: Path) -> None:
    (mine / "p.md").write_text("costs $5")
    with pytest.raises(UsageError, match=r"has a \$ that starts no name"):
        folders.render("p", {}, operator=[mine])


def test_a_prompt_of_no_name_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no prompt 'poem'"):
        folders.prompt("poem")


def test_every_shipped_prompt_renders() -> None:
    values = {
        "instructions": {"mode": "balanced", "capabilities": "status, health"},
        "persona": {
            "ci_name": "web-ci", "container": "web", "host": "local", "role_kind": "web", "role": "serves $5 pages",
            "services": "nginx", "depends_on": "db",
        },
        "fleet": {"hosts": "local", "count": "3"},
        "project": {},
    }  # fmt: skip
    shipped = {path.stem for path in folders.shipped("prompts").glob("*.md")} - {"README"}
    assert shipped == set(values)
    for name, given in values.items():
        assert "$5" in folders.render(name, given) or name != "persona"


def test_a_prompt_that_is_no_text_is_named_with_what_to_do(mine: Path) -> None:
    (mine / "instructions.md").write_bytes(b"\xff\xfe$mode")
    with pytest.raises(UsageError, match=r"instructions\.md cannot be read"):
        folders.prompt("instructions", [mine])
