"""What nobody recognised: an assertion about a container, in words of this trade, that no claim was found in.

Advice, questions, what is possible or not known, courtesy, and what is true of containers as such pass; the rest is
not carried by anything, and so is not said.
"""

from __future__ import annotations

import re

from ergon_ops.grounding import logs
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import PROGRAM_WORD
from ergon_ops.grounding.markup import Clause
from ergon_ops.grounding.scene import Scene

_TRADE = lazily(
    r"\b(?:accept\w*|access\w*|alert\w*|answer(?:s|ed|ing)|attack\w*|back(?:up|log|ups)|bandwidth|behind|block\w*|boot\w*|"
    r"break\w*|brok\w+|build|cache[sd]?|certificate\w*|clients?|commits?|config\w*|connect\w*|crash\w*|credential\w*|customers?|"
    r"dead\w*|delay\w*|depend\w*|deploy\w*|die[sd]?|disk|dns|down\w*|drain\w*|driver|encrypt\w*|environment|error\w*|events?|"
    r"evict\w*|exception\w*|exhaust\w*|exit\w*|expir\w*|expos\w*|fail\w*|fault\w*|filesystem|firewall|flush\w*|full|gateway|"
    r"grant\w*|handl(?:es|ed|ing)|hang\w*|health\w*|heap|hit|hung|idle|image|index\w*|inode\w*|io|isolat\w*|jobs?|kernel|"
    r"kill\w*|lag\w*|latency|leak\w*|license\w*|limit\w*|links?|listen\w*|load\w*|lock\w*|log|logs|logged|logging|lost|memory|"
    r"migrat\w*|miss(?:es|ed|ing)|mode|mount\w*|network\w*|nodes?|offline|online|oom|orphan\w*|outage\w*|overload\w*|packets?|"
    r"panic\w*|password\w*|paus\w*|peak\w*|permission\w*|pids?|pods?|pool|ports?|privileg\w*|process(?:es|ed|ing)?|proxy|"
    r"publish\w*|pull\w*|quer(?:y|ies)|queue\w*|quota|ram|reach\w*|read-only|rebuil\w*|receiv\w*|reads?|opens?|opened|finds?|reclaim\w*|recover\w*|refus\w*|"
    r"register\w*|reject\w*|reload\w*|replica\w*|request\w*|resolv\w*|respon\w*|restart\w*|retr(?:y|ies|ied)|root|rout\w*|"
    r"schedul\w*|secrets?|serv(?:e|es|ed|ing)|sessions?|signal\w*|slow\w*|sockets?|starts?|started|stack|stall\w*|starv\w*|"
    r"stop(?:s|ped|ping)?|storage|stuck|swap\w*|sync\w*|throttl\w*|throughput|time-?outs?|timed|tokens?|traces?|traffic|"
    r"transaction\w*|unavailable|unhealthy|unreachable|up|updat\w*|upgrad\w*|uptime|users?|utili[sz]\w*|variables?|volumes?|"
    r"vulnerab\w*|wait\w*|warn\w*|workers?|working|writ(?:e|es|ing|ten)|zombie\w*|trouble|problems?|issues?|"
    r"busy|quiet|cpu|core|cores|command|checks?|checked|separate|policy|runs?|running|settings?|dependenc\w*|database)\b",
    re.I,
)
_FINITE = lazily(
    r"\b(?:is|are|was|were|am|has|have|had|does|did|do|isn't|aren't|wasn't|doesn't|don't|didn't|hasn't|haven't|will|won't|gets?|"
    r"got|can't|cannot|keeps?|kept|went|goes|gave|gives|took|takes|made|makes|came|comes|hit|hits|lost|held|holds|began|"
    r"[a-z]{3,}(?:ed|es|ts|ks|ds|ns|ps|ls|rs|ms|ys|gs|ws|ze))\b|(?:'m|'s|'re|'ve)\b",
    re.I,
)
# What a sentence about the talk itself, or about the trade as such, looks like.
_TALK = lazily(
    r"^\W*(?:(?:ok(?:ay)?|sure|well|so|and|but|also|now|yes|no|hi|hello|hey|thanks?|thank you|great|good|"
    r"alright|ahoy|arr|aye|in "
    r"short|note|honestly|sorry|unfortunately)\b\W*)*(?:(?:here|there)(?:'s| is| are)? (?:is |are )?(?:a |an |"
    r"the |my |your |"
    r"what|some|quick|short|brief|more)|let me|let's|i(?:'m| am) (?:webapp|happy|glad|sorry|here|afraid|"
    r"not able|unable|only "
    r"able|your)|i (?:can|could|may|cannot|can't|do not|don't|won't|would|will|only|just|hope|think|believe|"
    r"suggest|propose|"
    r"recommend|mean|understand|see that you|know|looked|checked|asked|read|was asked|never (?:show|reveal|"
    r"print|share))\b"
    r"|(?:this|that|it|these|those) (?:answer|list|table|overview|summary|reading|number|rate|value|"
    r"information|data|facts?)"
    r"|you\b|your\b|to (?:see|find|check|know|learn|get|be)\b|for (?:more|details|example|the record)|as (?:you|i)\b|"
    r"(?:below|details|summary|overview|status|other containers?|next steps?|recommendations?|suggestions?|"
    r"findings|legend)\b|"
    r"what (?:i|you|this)\b|hope\b|feel free|please|just\b|anything|everything (?:else )?(?:i|you)\b|"
    r"nothing (?:more|else)|"
    r"the (?:readings|facts|numbers|data|evidence|question|answer|following|figures)\b|(?:its |the |their |"
    r"my )?values? (?:of|are|is|isn't)|"
    r"(?:a|the|no) (?:person|human|operator|change|proposal)|a restart|approv\w+|only (?:a person|you))",
    re.I,
)
_GENERAL = lazily(
    r"^\W*(?:(?:an?|every|any|some|most|many|generally|usually|typically|often|normally|in general|"
    r"in (?:docker|linux))\b|"
    r"[\w -]{2,40}?\b(?:means?|refers? to|stands? for|counts? (?:towards|as|in)|consists? of|describes?|"
    r"is (?:defined|called|"
    r"known|measured|computed|calculated|counted|set by|the (?:share|number|amount|time|sum|ratio|part|"
    r"maximum|time))|can be|are "
    r"(?:usually|often|generally|typically)|is (?:usually|often|generally|typically|normally))\b)",
    re.I,
)
_SO_NOT = lazily(r"^\W*(?:and )?so (?:nothing|nobody|no\b|there)", re.I)
_DEFINES = lazily(
    r"^\W*(?:an?|any|every|the term|[\w -]{3,24}?)\s(?:[\w -]{0,24}?)(?:means?(?! (?:the|my|our|"
    r"your) (?:\w+ )?(?:is|are|has))|would "
    r"mean|refers? to|stands? for|tells? (?:whether|if|how)|counts? towards|still runs|is (?:a|the) (?:share|"
    r"way|kind|measure))\b",
    re.I,
)
_MODAL = lazily(r"\b(?:would|could|might|may|should|can)\b", re.I)
_COUNT_ME_IN = ("assert",)


def definition(scene: Scene) -> bool:
    """What a word of the trade means, of nobody here."""
    return not any(item.word != "host" for item in scene.mentions) and _DEFINES.match(scene.line) is not None


def find(scene: Scene) -> None:
    if scene.topic.fenced or scene.row or scene.text.lstrip().startswith(("```", "~~~")):
        return
    for clause in scene.clauses:
        if clause.mood in _COUNT_ME_IN and _asserts(scene, clause):
            end = clause.start + len(clause.text.rstrip())
            scene.claim("statement", clause.start, end, why="nothing that was read says so", about=("state",))


def _asserts(scene: Scene, clause: Clause) -> bool:
    words = clause.text.strip()
    if words.endswith(":") or len(re.findall(r"[a-z]{2,}", words, re.I)) < 3:
        return False
    if any(claim.start < clause.end and claim.end > clause.start for claim in scene.claims):
        return False
    if "\x00" in scene.free[clause.start : clause.end] or _TALK.match(words) or _MODAL.search(words):
        return False
    if not _FINITE.search(words) or not (_TRADE.search(words) or PROGRAM_WORD.search(words)):
        return False
    if logs.speaks_of_logs(scene.line) and any(
        logs.share(words, row.key) >= 0.6 for row in logs.lines_of(scene, clause.start)
    ):
        return False
    if _SO_NOT.match(words) and any(claim.supported and claim.end <= clause.start for claim in scene.claims):
        return False  # what follows from what holds
    if _I_AM.match(words) and _speaker(scene, clause):
        return False
    return not _GENERAL.match(words) or _ours(scene, clause)


_I_AM = lazily(r"^\W*(?:\w+\W+){0,2}?(?:i am|i'm|this is)\s", re.I)


def _speaker(scene: Scene, clause: Clause) -> bool:
    """It says who speaks, and it is so."""
    named = [
        item for item in scene.mentions if clause.start <= item.start < clause.end and item.word not in ("i", "host")
    ]
    return bool(named) and all(item.ref == scene.ground.speaker for item in named)


def _ours(scene: Scene, clause: Clause) -> bool:
    """It speaks of somebody: by name, or as it, or in the first person."""
    return any(clause.start <= item.start < clause.end for item in scene.mentions) or (
        re.search(r"\b(?:it|its|they|their|this|my|our|the container)\b", clause.text, re.I) is not None
    )
