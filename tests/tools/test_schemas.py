"""Tools: the signature is the schema and the validation, and all schemas together are cheap to send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import pytest

from ergon_ops.capabilities import tools_allowed
from ergon_ops.errors import UsageError
from ergon_ops.folders import load_tools
from ergon_ops.tool import change, kind_of, read, tool_of

if TYPE_CHECKING:
    from ergon_ops.tool import Context

Level = Literal["", "warning", "error"]


@read
async def sample(
    ctx: Context,
    name: str,
    tail: int = 400,
    since_s: float = 0,
    level: Level = "",
    title: str | None = None,
    on: bool = False,
) -> tuple[()]:
    """Reads a sample
    of two lines.

    tail: lines from the end
    note: this is no parameter

    name: whose
    """
    return ()


def test_the_signature_becomes_a_compact_schema() -> None:
    assert tool_of(sample).schema == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "whose"},
            "tail": {"type": "integer", "default": 400, "description": "lines from the end"},
            "since_s": {"type": "number"},
            "level": {"enum": ["", "warning", "error"]},
            "title": {"type": "string"},
            "on": {"type": "boolean"},
        },
        "required": ["name"],
        "additionalProperties": False,
    }


def test_the_docstring_describes_the_tool_without_its_parameters() -> None:
    assert tool_of(sample).description == "Reads a sample of two lines. note: this is no parameter"


def test_only_given_arguments_are_passed_on() -> None:
    assert tool_of(sample).validate({"name": "db", "since_s": 5}) == {"name": "db", "since_s": 5.0}


def test_every_problem_of_a_call_is_named_at_once() -> None:
    with pytest.raises(UsageError) as raised:
        tool_of(sample).validate({"tail": "many", "level": "loud", "colour": "red"})
    assert all(word in raised.value.message for word in ("name", "tail", "level", "colour"))
    assert "tail" in raised.value.next


@pytest.mark.parametrize(
    "arguments", [{}, {"since_s": float("nan"), "name": "x"}, {"name": None}, {"name": "x", "tail": 1.5}]
)
def test_arguments_that_do_not_fit_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        tool_of(sample).validate(arguments)


def test_marks_tell_reads_from_changes() -> None:
    @change
    async def stop(ctx: Context) -> None:
        """Proposes to stop."""

    assert (kind_of(sample), kind_of(stop), kind_of(len)) == ("read", "change", None)
    assert tool_of(stop).schema == {"type": "object", "properties": {}, "additionalProperties": False}
    assert tool_of(stop).validate({}) == {}


def test_a_function_that_is_no_tool_is_refused_with_the_reason() -> None:
    async def unmarked(ctx: Context) -> None:
        """Is not marked."""

    @read  # type: ignore[type-var]
    def waiting(ctx: Context) -> None:
        """Is not async."""

    @read
    async def silent(ctx: Context) -> None: ...

    @read
    async def alone() -> None:
        """Has no context."""

    for function, reason in (
        (unmarked, "not marked"),
        (waiting, "not async"),
        (silent, "no docstring"),
        (alone, "context"),
    ):
        with pytest.raises(UsageError, match=reason):
            tool_of(function)  # type: ignore[arg-type]


def test_all_schemas_together_cost_at_most_700_tokens() -> None:
    offers = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.schema}
        for tool in load_tools().values()
    ]
    assert len(json.dumps(offers, separators=(",", ":")).encode()) / 4 <= 700


def test_every_shipped_tool_is_reachable_by_a_capability() -> None:
    everything = tools_allowed(["status", "health", "monitor", "debug", "restart", "optimize"])
    assert set(load_tools()) <= everything
