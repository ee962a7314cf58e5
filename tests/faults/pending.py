"""Causes that no rule finds yet: the scenarios that are known to fail. One that passes must leave this table."""

from __future__ import annotations

PENDING: frozenset[str] = frozenset()
