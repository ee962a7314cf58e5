"""Logs as templates with counts: variable parts masked, stack traces folded, levels told."""

from __future__ import annotations

from ergon_ops.loglevels import at_least, level_of
from ergon_ops.logtemplates.summary import LogSummary, Template, readings, summarise

__all__ = ["LogSummary", "Template", "at_least", "level_of", "readings", "summarise"]
