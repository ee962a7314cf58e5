"""Whom a diagnosis looks at once more before it judges: those who, by an engine's list, were only just started."""

from __future__ import annotations

import pytest

from ergon_ops.toolbox.circle import UP_LONG


@pytest.mark.parametrize(
    "status",
    [
        *("Up 4 seconds", "Up 9 seconds", "Up 10 seconds", "Up 59 seconds (health: starting)", "Up About a minute"),
        *("Up 2 minutes", "Up 1 minute", "Up About an hour", "Up 3 days (healthy)", "Up 11 months", "Up 2 years"),
    ],
)
def test_who_runs_for_long_by_the_list_is_believed(status: str) -> None:
    assert UP_LONG.match(status)


@pytest.mark.parametrize(
    "status",
    [
        *("Up Less than a second", "Up 1 second", "Up 2 seconds (health: starting)", "Up 3 seconds"),
        *("", "Up", "running", "Exited (0) 3 days ago", "Restarting (1) 40 seconds ago"),
    ],
)
def test_who_may_be_young_is_looked_at(status: str) -> None:
    assert not UP_LONG.match(status)
