"""The order of the house, held by the syntax tree: what imports what, who may do what, and how long things get."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# A part imports only from its left.
ORDER = """
    client dataclass errors refs capabilities events facts messages proposals findings setting_values settings loglevels
    redaction tool folders manifest engine store tekton providers
    logtemplates services history topology persona router diagnosis policy changes packaging stack toolbox offline
    grounding turn
    assistant interfaces cli __main__
""".split()  # noqa: SIM905
HOMES = {
    "yaml": {"packaging"},
    "docker": {"engine"}, "requests": {"engine"}, "urllib3": {"engine"},
    "mcp": {"interfaces"}, "starlette": {"interfaces"}, "uvicorn": {"interfaces"},
    "rich": {"interfaces"}, "prompt_toolkit": {"interfaces"},
    "anthropic": {"providers"}, "openai": {"providers"},
    "rapidfuzz": {"router", "offline"},
    "pydantic": {"manifest", "tool"},
}  # fmt: skip
MAY_CATCH_ALL = {"toolbox/calls.py", "cli.py"}  # and interfaces/
OF_THEIR_OWN = {"client.py", "thin_aish.py"}  # programs that are copied elsewhere, and read the environment there
MAY_WRITE = {"engine", "changes", "stack"}
VAGUE = {"utils", "util", "manager", "managers", "base", "common", "helpers", "misc"}
LONGEST_FUNCTION, LONGEST_MODULE = 50, 300


@cache
def trees() -> dict[Path, ast.Module]:
    """Every module of the product, by its path in the checkout; what runs inside the demo's containers is cargo."""
    paths = [path for folder in ("ergon_ops", "tools") for path in (ROOT / folder).rglob("*.py")]
    paths = [path for path in paths if ROOT / "ergon_ops/stack/demo" not in path.parents]
    return {path.relative_to(ROOT): ast.parse(path.read_text("utf-8")) for path in sorted(paths)}


def name_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(module: str) -> str:
    """`ergon_ops.engine.reads` → engine; '' for the package itself, the top name for anything else."""
    names = module.split(".")
    return (names[1] if len(names) > 1 else "") if names[0] == "ergon_ops" else names[0]


@cache
def modules() -> frozenset[str]:
    return frozenset(name_of(path) for path in trees())


def imports(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Modules that are imported anywhere below, with the line; `from package import module` is the module."""
    for item in ast.walk(node):
        if isinstance(item, ast.Import):
            yield from ((alias.name, item.lineno) for alias in item.names)
        elif isinstance(item, ast.ImportFrom) and item.level == 0:
            full = [f"{item.module}.{alias.name}" for alias in item.names]
            yield from ((name if name in modules() else str(item.module), item.lineno) for name in full)


def everywhere() -> Iterator[tuple[Path, str, int]]:
    for path, tree in trees().items():
        for name, line in imports(tree):
            yield path, name, line


def test_a_module_imports_only_from_its_left() -> None:
    wrong = []
    for path, name, line in everywhere():
        here, there = part_of(name_of(path)), part_of(name)
        if not name.startswith("ergon_ops.") or here in (there, "tools"):
            continue
        if ORDER.index(there) > ORDER.index(here):
            wrong.append(f"{path}:{line} {here} imports {there}")
    assert wrong == []


def test_every_part_has_its_place() -> None:
    assert {part_of(name) for name in modules()} - {"", "tools"} - set(ORDER) == set()


def test_no_module_needs_itself_to_be_imported() -> None:
    """Imports at the top of a module; those inside functions happen later."""
    graph = {}
    for path, tree in trees().items():
        top = ast.Module([item for item in tree.body if isinstance(item, ast.Import | ast.ImportFrom)], [])
        graph[name_of(path)] = {name for name, _ in imports(top) if name in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_third_party_packages_stay_at_home() -> None:
    wrong = [
        f"{path}:{line} {name}"
        for path, name, line in everywhere()
        if part_of(name_of(path)) not in HOMES.get(name.split(".")[0], {part_of(name_of(path))})
    ]
    assert wrong == []


def test_nobody_imports_tools_by_name() -> None:
    assert [
        f"{path}:{line}" for path, name, line in everywhere() if name.split(".")[0] in ("tools", "ergon_tools")
    ] == []


def test_tools_see_only_the_words_of_the_house() -> None:
    allowed = set(ORDER[: ORDER.index("settings")]) | {"tool"}
    used = {
        part_of(name) for path, name, _ in everywhere() if path.parts[0] == "tools" and name.startswith("ergon_ops")
    }
    assert used - allowed == set()


def test_only_changes_and_stack_may_write() -> None:
    wrong = [
        f"{path}:{line}"
        for path, name, line in everywhere()
        if name.startswith("ergon_ops.engine.writes") and part_of(name_of(path)) not in MAY_WRITE
    ]
    assert wrong == []


def test_only_settings_reads_the_environment() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "environb", "getenv")
        and path.name not in ("settings.py", *OF_THEIR_OWN)
    ]
    assert found == []


def catches_all(node: ast.AST) -> bool:
    """`except:`, `except Exception`, `suppress(Exception)`. Tidying up and raising again catches nothing."""
    if isinstance(node, ast.ExceptHandler):
        if isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None:
            return False
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        return any(item is None or getattr(item, "id", "") in ("Exception", "BaseException") for item in caught)
    suppresses = isinstance(node, ast.Call) and "suppress" in ast.unparse(node.func)
    return suppresses and any(getattr(item, "id", "") in ("Exception", "BaseException") for item in node.args)  # type: ignore[attr-defined]


def test_everything_is_caught_only_around_a_tool_call_and_at_an_interfaces_edge() -> None:
    found = [
        f"{path}:{node.lineno}"  # type: ignore[attr-defined]
        for path, tree in trees().items()
        if str(path.relative_to(path.parts[0])) not in MAY_CATCH_ALL and path.parts[1] != "interfaces"
        for node in ast.walk(tree)
        if catches_all(node)
    ]
    assert found == []


def table_lines(tree: ast.Module) -> int:
    """Lines of data at the top of a module: literals, and calls such as frozenset around them."""
    tables = [item for item in tree.body if isinstance(item, ast.Assign | ast.AnnAssign) and item.value is not None]
    return sum(
        item.end_lineno - item.lineno + 1 for item in tables if item.end_lineno and item.end_lineno > item.lineno
    )


def test_functions_and_modules_stay_short() -> None:
    long = []
    for path, tree in trees().items():
        lines = (ROOT / path).read_text("utf-8").count("\n") - table_lines(tree)
        if lines > LONGEST_MODULE:
            long.append(f"{path}: {lines} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                length = node.end_lineno - node.lineno + 1
                long += [f"{path}:{node.lineno} {node.name}: {length} lines"] * (length > LONGEST_FUNCTION)
    assert long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in trees() if VAGUE & set(path.with_suffix("").parts)] == []


def test_importing_the_package_does_nothing() -> None:
    code = "import sys; before = set(sys.modules); import ergon_ops; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ergon_ops"]
    assert done.stderr == ""


def test_the_version_is_printed_without_loading_the_house() -> None:
    code = "import sys; from ergon_ops.cli import main; main(['--version']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"asyncio", "docker", "pydantic", "rich", "prompt_toolkit", "sqlite3", "argparse", "dataclasses"}
    assert not heavy & set(done.stdout.split())
