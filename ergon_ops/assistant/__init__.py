"""What every interface talks to: a few narrow facets, implemented where the turns run."""

from __future__ import annotations

from ergon_ops.assistant.protocol import Assistant, Conversation, Fleet, Workshop

__all__ = ["Assistant", "Conversation", "Fleet", "Workshop"]
