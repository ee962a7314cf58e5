"""The state of one user: one SQLite file that two processes may use at once.

Losing it loses history, never the ability to answer: where it cannot be read or written, the same API works in
memory with one `notice`, and only changes are refused.
"""

from __future__ import annotations

from ergon_ops.store.records import ChangeRow, JournalRow, Registered, SeenFinding, Session, Sighting, StoredProposal
from ergon_ops.store.store import Store

__all__ = [
    "ChangeRow",
    "JournalRow",
    "Registered",
    "SeenFinding",
    "Session",
    "Sighting",
    "Store",
    "StoredProposal",
]
