"""A line that complains without a pattern's knowing of whom may still have the name of a neighbour in it."""

from __future__ import annotations

import re

from ergon_ops.diagnosis.scene import Scene
from ergon_ops.refs import Ref

# `broker mosquitto 1883 not available`, `orders-db: gone`; a plain word without a port behind it may be any word, and a
# number behind it may be of anything (`worker 4711`).
_WORD = re.compile(r"(?<![\w./@-])(?P<name>[A-Za-z][\w.-]*\w)(?:(?P<mark>:| port | )(?P<port>\d{2,5})(?![\w.]))?")


def neighbour(scene: Scene, ref: Ref, text: str) -> tuple[str, int | None] | None:
    """Name and port of the first one that is named by its name or alias, on a network of its own."""
    own = scene.names(ref)
    mine = {fact.key for fact in scene.all(ref, "network")}
    near = [peer for peer in scene.peers if peer != ref and mine & {fact.key for fact in scene.all(peer, "network")}]
    known = {name: peer for peer in reversed(near) for name in scene.names(peer)}
    for word in _WORD.finditer(text):
        name, port = word["name"].lower(), int(word["port"]) if word["port"] else None
        if name in own or name not in known:
            continue
        if port is not None and word["mark"] == " " and port not in _ports(scene, ref, known[name]):
            port = None
        if port is not None or "-" in name or any(map(str.isdigit, name)):
            return word["name"], port
    return None


def _ports(scene: Scene, ref: Ref, peer: Ref) -> set[int]:
    """Those that it is told of, and those that the other one listens on."""
    words = [str(fact.value) for fact in scene.all(ref, "env_port")]
    words += [str(fact.value) for name in ("env_host", "command_host") for fact in scene.all(ref, name)]
    words += [fact.key.partition("/")[0] for fact in scene.all(peer, "listener")]
    ends = (word.rpartition(":")[2] for word in words)
    return {int(end) for end in ends if end.isdigit()}
