"""Acts told without who did them: `Rolled back.`, `redis: restarted`, `Limit raised.`, `The fix is in place.`"""

from __future__ import annotations

import re

from ergon_ops.grounding.acts import CONDITION, DENIED, journal
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene

_SELF = (
    r"restarted|rebooted|raised|increased|lowered|decreased|reduced|fixed|applied|updated|changed|deployed|redeployed|"
    r"rolled back|reverted|bumped|doubled|halved|patched|resolved|recreated|rebuilt|repaired|upgraded|adjusted|"
    r"deleted|removed|cleared|flushed|purged|pruned|reconfigured|modified|executed|approved|implemented|tuned"
)
_WHAT = (
    r"fix(?:es)?|hot-?fix|patch(?:es)?|changes?|updates?|upgrade|work-?around|mitigation|rollback|roll-back|restart|"
    r"reboot|deploy(?:ment)?|redeploy|repair|clean-?up|migration"
)
_BOUND = r"(?:(?:memory|cpu|pids?|process) )?(?:limits?|caps?|quotas?|settings?|config(?:uration)?|values?|policy)"
_ENDS = r"(?:\s+(?:successfully|now|already|accordingly|for you|as (?:requested|asked|approved)))*\s*[\W\x00]*$"
_SHORT = tuple(
    lazily(source, re.I)
    for source in (
        rf"^\W*(?:[\w' -]{{2,40}}?\s*(?::|\s[–—-]|->|→|=)\s*)?(?:(?:successfully|now|already|just|all|and)\s+)*"
        rf"(?P<verb>{_SELF})(?:\s+(?:and|,)\s+\w+)?{_ENDS}",
        rf"^\W*(?:the |my |its |your |all |both )?(?:(?:new|requested|proposed|memory|cpu|needed) )*"
        rf"(?:{_WHAT}|{_BOUND})\s*(?::\s*|\s[–—-]\s*|\s)(?:(?:is|are|was|were|has been|have been|now|successfully|"
        rf"already|all)\s+)*(?P<verb>{_SELF})(?=\s*(?:$|[.!,;]|to\b|from\b|for\b|on\b|successfully|now))",
        rf"^\W*(?:the |a )?(?:{_WHAT})\s*(?::|\s[–—-]|\s)\s*(?P<verb>complete[d]?|done|success(?:ful)?|ok|finished|"
        rf"performed|succeeded){_ENDS}",
        rf"\b(?:(?:{_WHAT})|new {_BOUND}(?: of [\w. ]{{1,16}})?)\s+(?:\w+\s+)??(?:is|are|has|have|was|were|went)\s+"
        rf"(?:now |already |all |been |gone )*(?P<verb>in place|active|live|applied|done|complete[d]?|in effect|"
        rf"in force|effective|set|rolled out|through|finished)\b",
        rf"^\W*(?:the |a )?(?:{_WHAT}) of [\w-]+ (?:(?:is|was|has been|now|successfully) )*(?P<verb>complete[d]?|done|"
        rf"finished|performed|successful){_ENDS}",
        rf"^\W*(?:the )?(?:nginx|redis|postgres\w*|mysql|python|gunicorn|node|apache|container|service|server|app) "
        rf"(?P<verb>restarted|rebooted|fixed|updated|patched|upgraded|reconfigured|redeployed|repaired){_ENDS}",
        rf"^\W*(?:(?:and|so|ok|okay)\W+)?(?:that's|it's|that is|it is|this is|problem|issue)"
        rf"(?: (?:now|all|is|been|has))* (?P<verb>done|fixed|solved|resolved|sorted){_ENDS}",
        r"\b(?P<verb>consider (?:it|that|this) (?:done|fixed|handled|sorted|solved|resolved))\b",
    )
)
_ADVISED = lazily(
    r"\b(?:should|would|could|can|may|might|must|if|please|want|once|recommend\w*|suggest\w*|need(?:s|ed)? to|to be)\b",
    re.I,
)
_OVER = lazily(
    r"complete[d]?|done|success\w*|ok|finished|performed|succeeded|in place|active|live|in effect|in force|effective|"
    r"set|rolled out|through|consider .*",
    re.I,
)


def find(scene: Scene) -> None:
    for pattern in _SHORT:
        for match in pattern.finditer(scene.free):
            _judge(scene, match)


def _judge(scene: Scene, match: re.Match[str]) -> None:
    """An act told without who did it: only the journal carries it."""
    start = match.start("verb")
    if DENIED.search(scene.line[:start]) or scene.line.rstrip().endswith("?") or CONDITION.search(scene.line):
        return
    if scene.mood(start) in ("unknowing", "question", "hedged"):
        return
    if scene.mood(start) == "advice" and _ADVISED.search(scene.line):
        return  # `Fix applied` and `Consider it done` look like advice, and are none
    verb = match["verb"].lower()
    ids = journal(scene, "done" if _OVER.fullmatch(verb) else verb, match)
    scene.decide("act", start, match.end("verb"), ids, "the journal has no such act", ("act",))
    scene.take(start, match.end("verb"))
