"""A sentence against the ledger: every claim in it found, and for each the facts that carry it."""

from __future__ import annotations

import re
from dataclasses import replace

from ergon_ops.grounding import (
    absence,
    acts,
    bound,
    causes,
    cited,
    commands,
    coverage,
    denial,
    elliptic,
    headed,
    hearsay,
    ignorance,
    letters,
    lines,
    lists,
    load,
    measures,
    mounts,
    names,
    network,
    nobody,
    only,
    order,
    outcomes,
    pairs,
    quotes,
    ranks,
    readings,
    regular,
    spans,
    statements,
    states,
    told,
    unread,
    unset,
    vague,
    verbatim,
    windows,
)
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.markup import Stretch, stretches, without_citations
from ergon_ops.grounding.scene import Scene, header_of
from ergon_ops.grounding.words import Checked, Claim, Ground, Topic
from ergon_ops.redaction import redact

_FENCE = lazily(r"^\s*(?:```|~~~)", re.M)
# Whatever it is said to be: nobody may say it.
_TOLD_SECRET = lazily(
    r"(?<![a-z])(?:password|passwd|passphrase|token|secret|(?<!primary )(?<!foreign )key)s?\W{0,3}\s*(?:is|"
    r"was|=|:)\s*\W{0,3}"
    r"(?!(?:not|never|set(?! to)|hidden|unknown|missing|defined|present|redacted|kept|masked|absent|unset|"
    r"needed|required|wrong|"
    r"invalid|used|read|shown|stored|in|there|also|only|one|no|none|what|that|nothing|yours|safe|configured|expected|empty)\b)[\w$]",
    re.I,
)
_GENERAL = (commands.find,)
_PASSES = (
    commands.find,
    quotes.find,
    elliptic.find,
    acts.find,
    windows.find,
    spans.find,
    unread.find,
    ignorance.find,
    names.find,
    network.find,
    denial.find,
    causes.find,
    order.find,
    pairs.find,
    ranks.find,
    nobody.find,
    lines.find,
    load.find,
    absence.find,
    outcomes.find,
    mounts.find,
    states.find,
    measures.find,
    vague.find,
    regular.find,
    statements.find,
)


def check(sentence: str, ground: Ground, before: Checked | None = None) -> Checked:
    """What of a sentence the ledger carries. `before` is what `check` gave for the sentence before it: whom it named
    is whom "it" means here."""
    topic = before.topic if before is not None else Topic()
    text, ids = without_citations(sentence)
    scene = Scene.of(text, ground, topic, ids)
    header = header_of(text)
    if _hidden(text) or _TOLD_SECRET.search(scene.line):
        scene.claim("secret", 0, len(text), why="a hidden value", about=("env_key",))
    elif answered := verbatim.carried(scene):
        scene.claim("answer", 0, len(text), ids=answered)
    elif readings.find(scene) or headed.find(scene) or _head_of_table(text, header, scene):
        pass
    else:
        general = coverage.definition(scene)
        for find in _GENERAL if general else _PASSES:
            find(scene)
        if not general:
            if re.search(r"\bonly\b|\bsole\b|\bthe one\b", text, re.I):
                only.find(scene, check)
            if len(scene.mentions) > 1:
                lists.find(scene, check)
            coverage.find(scene, ids)
        letters.find(scene)
        hearsay.find(scene)
    places = stretches(sentence) if ids else ()
    found = [_carried(claim, scene, ids, places) for claim in scene.claims]
    claims = tuple(sorted(found, key=lambda claim: (claim.start, claim.end)))
    said = tuple(dict.fromkeys(id for claim in claims for id in claim.fact_ids))
    return Checked(text, claims, replace(_next(scene, header), told=said), ids)


def _head_of_table(text: str, header: tuple[str, ...] | None, scene: Scene) -> bool:
    said = scene.mentions or re.search(r"\d", text) or letters.foreign(text)
    return header is not None and not scene.topic.header and not said


def _carried(claim: Claim, scene: Scene, ids: tuple[str, ...], places: tuple[Stretch, ...]) -> Claim:
    """The claim, after all that may carry what the tables did not find: what is cited, what is unset, its own words."""
    known = cited.as_cited(claim, scene, ids)
    if not known.supported and known.kind in (*cited.NUMBERS, "port") and places:
        behind = bound.carried(known, scene, places)
        known = replace(known, why="", fact_ids=behind) if behind else known
    return told.as_read(unset.as_unset(_of_the_image(known, scene), scene), scene, ids)


_IMAGE_MADE = lazily(r"\bimage\b[^.;,]{0,24}\b(?:built|made|dates? (?:from|back)|(?:is|was) (?=[^.;,]*\bold\b))", re.I)


def _of_the_image(claim: Claim, scene: Scene) -> Claim:
    """When a container was created says nothing of its image."""
    names = {scene.index.by_id[id].name for id in claim.fact_ids if id in scene.index.by_id}
    if (
        claim.kind == "time"
        and names
        and names <= {"created_at", "started_at", "uptime"}
        and _IMAGE_MADE.search(scene.clause(claim.start).text)
    ):
        return replace(claim, why="that is when the container was created, not its image")
    return claim


def _hidden(text: str) -> bool:
    return "‹redacted" not in text and redact(text) != text


def _next(scene: Scene, header: tuple[str, ...] | None) -> Topic:
    """What the next sentence can lean on."""
    named = [item for item in scene.mentions if item.word != "host"]
    subjects = tuple(dict.fromkeys(item.ref for item in named[:1])) or scene.topic.subjects
    listed = [item.ref for item in named if item.word != "i"]
    if len(set(listed)) > 1 and not any(item.word == "i" for item in named):
        first = named[0]
        subjects = (first.ref,)
    resource = scene.resources[-1][2] if scene.resources else scene.topic.resource
    if scene.resources and scene.text.lstrip().startswith(("-", "*")):
        resource = scene.resources[0][2]
    head = scene.topic.header
    if header is None:
        head = ()
    elif header and not head:
        head = header
    fences = len(_FENCE.findall(scene.text))
    fenced = scene.topic.fenced if fences % 2 == 0 else not scene.topic.fenced
    return Topic(subjects, resource, head, fenced)
