"""Proposals and changes: nothing is done before a person who may approve it has, and everything is written down."""

from __future__ import annotations

from ergon_ops.changes.changes import Changes
from ergon_ops.changes.kinds import KINDS
from ergon_ops.changes.run import Told
from ergon_ops.changes.writers import RealWriters, real_writers

__all__ = ["KINDS", "Changes", "RealWriters", "Told", "real_writers"]
