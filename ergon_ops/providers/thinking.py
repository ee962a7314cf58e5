"""Signed thinking, echoed back only where it will be accepted.

A block's signature is bound to the model and to everything before it: instructions, tools, earlier messages. A block
that is sent back behind anything else makes the API refuse the whole request. So each block keeps a digest of the
request that it answered, and goes back only behind those same bytes: in the turn it belongs to, also when a session is
resumed, but not after history was compacted, instructions changed or another model took over. Without it the model
thinks anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ergon_ops.messages import Native

PROVIDER = "anthropic"


class Behind:
    """A running digest of a request: instructions and tools, then message by message."""

    def __init__(self, model: str, head: Any) -> None:
        self.model = model
        self._hash = hashlib.sha256(_bytes([model, head]))

    def add(self, message: Any) -> None:
        self._hash.update(_bytes(message))

    @property
    def digest(self) -> str:
        return self._hash.copy().hexdigest()[:24]


def kept(block: Mapping[str, Any], model: str, behind: str) -> Native:
    return Native(PROVIDER, {"model": model, "behind": behind, "block": dict(block)})


def block_of(native: Native, behind: Behind) -> dict[str, Any] | None:
    """The block to send back, or None if it would not be accepted here."""
    part = native.part
    if native.provider != PROVIDER or not isinstance(part, Mapping):
        return None
    if part.get("model") != behind.model or part.get("behind") != behind.digest:
        return None
    block = part.get("block")
    return dict(block) if isinstance(block, Mapping) and sound(block) else None


def sound(block: Mapping[str, Any]) -> bool:
    """Whether the API would know it: compatible servers send thinking without a signature."""
    if block.get("type") == "thinking":
        return isinstance(block.get("thinking"), str) and bool(block.get("signature"))
    return block.get("type") == "redacted_thinking" and bool(block.get("data"))


def _bytes(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
