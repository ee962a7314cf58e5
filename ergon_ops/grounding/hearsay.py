"""What only a text says, a log line, a label, the output of a check: it may be told as that, not as what is so."""

from __future__ import annotations

import re
from dataclasses import replace

from ergon_ops.grounding.index import TEXTS
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene
from ergon_ops.grounding.words import Claim

_OF_THE_WORLD = frozenset(
    {"number", "port", "address", "version", "time", "program", "setting", "exit code", "state", "status code", "name"}
)
_SAYS_SO = lazily(
    r"\b(?:logs?|logged|lines?|says?|said|saying|prints?|printed|reports?|reported|reads|labels?|labell?ed|output|messages?|"
    r"errors?|warn\w*|complain\w*|mention\w*|according|quot\w+|tells?|told|claims?|entry|entries|requests?|GET|POST)\b|[\"“`«]",
    re.I,
)


def says_so(scene: Scene) -> bool:
    return _SAYS_SO.search(scene.text) is not None


def _linked(scene: Scene, claim: Claim) -> tuple[str, ...]:
    """Facts of a connection to that port, which is no text that somebody wrote."""
    refs = dict.fromkeys((*scene.subjects(claim.start), *scene.ground.refs))
    links = [row for ref in refs for row in scene.index.facts(ref, "link")]
    rows = [row for row in links if row.key.rpartition(" ")[2] in scene.text]
    ports = re.findall(r"\d{2,5}", claim.text)
    return tuple(row.id for row in rows if ports and all(re.search(rf":{port}\b", str(row.value)) for port in ports))


def find(scene: Scene) -> None:
    if says_so(scene):
        return
    index = scene.index
    for number, claim in enumerate(scene.claims):
        if claim.kind == "port" and (links := _linked(scene, claim)):
            scene.claims[number] = replace(claim, fact_ids=links)
            continue
        names = {index.by_id[id].name for id in claim.fact_ids if id in index.by_id}
        if claim.supported and claim.kind in _OF_THE_WORLD and names and names <= TEXTS:
            scene.claims[number] = replace(claim, why="only a text says so, and the sentence does not say that")
