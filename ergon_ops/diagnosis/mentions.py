"""A line that complains without a pattern's knowing of whom may still have the name of a neighbour in it."""

from __future__ import annotations

import re

from ergon_ops.diagnosis.scene import Scene
from ergon_ops.refs import Ref

# `broker mosquitto 1883 not available`, `orders-db: gone`; a plain word without a port behind it may be any word.
_WORD = re.compile(r"(?<![\w./@-])(?P<name>[A-Za-z][\w.-]*\w)(?:(?::| (?:port )?)(?P<port>\d{2,5})(?![\w.]))?")


def neighbour(scene: Scene, ref: Ref, text: str) -> tuple[str, int | None] | None:
    """Name and port of the first one that is named by its name or alias, on a network of its own."""
    own = scene.names(ref)
    mine = {fact.key for fact in scene.all(ref, "network")}
    for word in _WORD.finditer(text):
        name = word["name"].lower()
        certain = word["port"] is not None or "-" in name or any(map(str.isdigit, name))
        if not certain or name in own:
            continue
        for peer in scene.peers:
            beside = mine & {fact.key for fact in scene.all(peer, "network")}
            if peer != ref and beside and name in scene.names(peer):
                return word["name"], int(word["port"]) if word["port"] else None
    return None
