"""From a question in words to the containers it is about: plain code, no model."""

from __future__ import annotations

from ergon_ops.router.member import Member, members
from ergon_ops.router.route import Router
from ergon_ops.router.verdict import Focus, Route, RouteKind

__all__ = ["Focus", "Member", "Route", "RouteKind", "Router", "members"]
