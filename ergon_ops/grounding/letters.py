"""Words in other letters than English is written in: nothing here can tell whether they are true."""

from __future__ import annotations

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene

# Letters beyond the Latin ones, two at least (`µs`, `Δ` are no words), or one that is a word by itself (`好`).
_OTHER = lazily(
    r"[^\W\d_a-zA-Z\u00aa-\u024f\u1e00-\u1eff]{2,}|"
    r"[\u2e80-\u2fff\u3005-\u3007\u3031-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)


def foreign(text: str) -> bool:
    return _OTHER.search(text) is not None


def find(scene: Scene) -> None:
    """Claims each such word that is neither in a line quoted as read nor in somebody's name."""
    taken = [(claim.start, claim.end) for claim in scene.claims if claim.supported]
    taken += [(item.start, item.end) for item in scene.mentions]
    for word in _OTHER.finditer(scene.text):
        if not any(start <= word.start() and word.end() <= end for start, end in taken):
            scene.claim("statement", word.start(), word.end(), why="only what is said in English can be checked")
