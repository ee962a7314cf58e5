"""Whole questions that the words alone would misread, and what they ask for; and what nobody here measures.

A table, not a grammar: a row is added where a question is common and what is understood of it is beside the point.
"""

from __future__ import annotations

import re
from functools import cache

from ergon_ops.offline.teller import Said, Teller
from ergon_ops.offline.words import Sentence

_LOOKS = r"^(?:(?:so|and|but|hey|hi|ok|okay|well|then|please),? )*"
_THAT = r"(?:it|that|this|them|these|yourself|the (?:problem|issue|cause|trouble|fault)|whatever is wrong)"
_MEND = r"(?:fix|solve|resolve|repair|mend|cure|remedy|sort out)"
_END = r"(?: please| now| then| for me| for us)*[?!. ]*$"
_CHECK = (
    r"check|diagnose|inspect|examine|scan|look at|"
    r"run (?:a |the )?(?:health ?-?)?(?:checks?|checkup|diagnos\w+)(?: on| for| of)?"
)
_ALL = (
    r"(?:everything|every container|everyone|all|all of (?:them|us|you)|"
    r"(?:all )?(?:the |my |our )?(?:containers|services|stack|system|whole (?:host|system|stack)))"
)
_PEOPLE = r"(?:users?|customers?|people|clients|visitors|(?:my|our|the) (?:web ?)?(?:site|page|shop|app|api|service))"
_COMPLAIN = (
    r"(?:get|getting|see|seeing|report\w*|returns?|gives?|throws?) (?:\w+ )?(?:5\d\d|4\d\d|errors?)\w*|"
    r"is down|are down|is broken|(?:is|are|does|do)(?:n't| not) (?:work|load|respond|answer|open|available)\w*|"
    r"times? out|(?:can't|cannot|can not) (?:reach|connect|log ?in|load|open)\w*"
)
# Whole from its first word to its last, and a look: whatever its words would be refused for.
HARMLESS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_LOOKS + rf"(?:{_CHECK})(?: up on)? {_ALL}(?: containers)?{_END}", ("wrong",)),
    (
        _LOOKS + r"(?:is|are|would|will) (?:it|we|i|you) (?:be )?(?:safe|ok|okay|fine|dangerous|risky)(?: for \w+)? to "
        rf"(?:re)?(?:start|boot)(?: \S+)?{_END}",
        ("dependencies", "restarts"),
    ),
)
# What is proposed is approved by a person, or not at all.
_PROPOSE = (
    r"(?:(?:can|could|would|will) you |please |i want you to )*"
    r"(?:propose|suggest|recommend|(?:make|give|write)(?: me| us)? an? (?:proposal|suggestion|recommendation))"
    r"(?: (?:me|us))?(?: (?:it|this|something|anything|some|(?:a |an |any |some |the )?"
    r"(?:good |sensible |safe |better )?(?:changes?|improvements?|optimi[sz]ations?|tuning|fix|fixes|limits?)))?"
    r"(?: for (?:it|this|yourself|you|this container))?"
)
_REACH = (
    r"(?:can|could|does|is|are|do) (?:it|you|[\w.-]+) (?:still |even |really )?(?:able to )?"
    r"(?:reach|ping|resolve|(?:connect(?:ed)?|talk(?:ing)?|speak(?:ing)?) (?:to|with)) (?:the |its |your )?"
    r"(?!internet|outside|world|web\b|network)[\w.-]+(?: (?:on|at) (?:port )?\d{2,5})?"
)
_DIES = (
    r"what (?:would|will|could|does) (?:happen|break|fail|be affected) (?:if|when) (?:it|you|[\w.-]+) "
    r"(?:dies?|died|stops?|stopped|fails?|failed|crashe?[sd]?|goes (?:down|away)|(?:is|are|were|was) (?:down|gone|away|"
    r"removed|stopped)|went (?:down|away))"
)
HARMLESS = (
    *HARMLESS,
    (_LOOKS + _PROPOSE + _END, ("optimize",)),
    (_LOOKS + _REACH + _END, ("dependencies", "network")),
    (_LOOKS + _DIES + _END, ("dependencies",)),
)
# A question that matches asks for these intents, unless it is refused for safety.
WHOLE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_LOOKS + rf"(?:(?:can|could|would|will) (?:you|we|i) )?(?:please )?{_MEND} {_THAT}{_END}", ("why", "optimize")),
    (_LOOKS + rf"how (?:do|can|could|should|would) (?:i|we|you|one) {_MEND} {_THAT}{_END}", ("why", "optimize")),
    (
        _LOOKS + rf"how (?:can|could|should) {_THAT} be (?:fixed|solved|resolved|repaired|mended){_END}",
        ("why", "optimize"),
    ),
    (
        _LOOKS + r"what (?:(?:should|could|would) (?:i|we|you) do|(?:can|do) (?:i|we|you) do (?=about)|"
        r"(?:would|do) you (?:suggest|recommend|advise|propose))"
        rf"(?: ?about {_THAT})?(?: in my (?:place|position|shoes))?{_END}",
        ("why", "optimize"),
    ),
    (
        _LOOKS + r"(?:is|are|has|have|did) (?:it|that|this|they|things|everything|you|we|the (?:problem|issue|trouble))"
        rf"(?: \w+){{0,2}}? (?:better|fixed|recovered|solved|resolved|gone|over|improved)(?: again| yet)?{_END}",
        ("wrong",),
    ),
    (
        _LOOKS + r"(?:(?:can you |could you )?(?:tell|give|show) me (?:some |any )?more(?: details?|"
        rf" about (?:it|that|you))?|(?:any )?more details?|go on|elaborate|details){_END}",
        ("status", "limits", "restarts", "dependencies"),
    ),
    (rf"\b{_PEOPLE}\b(?: \w+){{0,3}}? (?:{_COMPLAIN})", ("wrong",)),
    (r"\b(?:need|needs|require|requires) (?:a |to be )?restart", ("wrong",)),
    (_LOOKS + r"(?:is|are|does|do)\b.*\b(?:https|tls|ssl|encrypt\w*)\b", ("ports",)),
    (
        _LOOKS + r"(?:(?:show|tell|give) me )?(?:everything|all (?:there is|you know|details|facts))"
        r"(?: (?:you know|there is))?(?: (?:about|on|of)\b.*)?[?!. ]*$",
        ("status", "limits", "ports", "mounts", "restarts", "dependencies"),
    ),
    (
        r"\b(?:since when|how long)\b.*\b(?:slow|throttled|unhealthy|failing|broken|bad|wrong|"
        r"not (?:well|ok|okay|healthy))\b",
        ("why",),
    ),
    (
        r"\bis \d[\d.,]* ?(?:[kmgt]i?b?|mega\w*|giga\w*)(?: of (?:memory|ram))? "
        r"(?:enough|sufficient|too (?:little|much))\b",
        ("memory",),
    ),
    (r"\bis \d[\d.,]* ?(?:cores?|cpus?) (?:enough|sufficient|too (?:little|few|many|much))", ("cpu",)),
    (
        r"\b(?:data|files?|state|uploads?|volumes?|what (?:you|it) (?:writes?|wrote|stores?|stored))\b.*\b(?:safe|lost|"
        r"lose|loses|gone|survives?|kept|keeps?|persist\w*|disappears?)\b.*\b(?:delete|remove|recreate|restart|stop|die|"
        r"rm|crash|replace|redeploy)\w*",
        ("mounts",),
    ),
    (
        r"\b(?:lose|losing|survives?)\b.*\b(?:data|files?|uploads?)\b.*\b(?:delete|remove|recreate|restart|stop|die|rm|"
        r"crash|replace|redeploy)\w*",
        ("mounts",),
    ),
    (
        _LOOKS + r"(?:can|could|should|may|must|ought|is it (?:safe|ok|okay|possible) to|do (?:i|we) (?:need|have) to|"
        r"does it make sense to|would it help to)\b.*\b(?:lower|reduce|decrease|shrink|raise|increase|bump|give|more|"
        r"less|smaller|bigger|higher)\b.*\b(?:memory|ram|cpus?|cores?|limits?|pids|processes)\b",
        ("optimize",),
    ),
)  # fmt: skip
# What is answered with where it is found: `identity.CANNOT` has the sentences.
ELSEWHERE: tuple[tuple[str, str], ...] = (
    (
        _LOOKS + r"(?:(?:which|what|any|are there|list|show)\b.*\b(?:proposals?|approvals?)\b|"
        r"who (?:can|may|could|is allowed to) approve\b|how (?:do|can) (?:i|we) approve\b)",
        "proposals",
    ),
    (
        r"\b(?:ready for prod\w*|production[- ]ready|best practices?|hardened|hardening|"
        r"security (?:audit|risks?|issues?|problems?|holes?)|audit(?:ed)?|"
        r"(?:is|are) (?:it|you|this|we|that|‹name›)? ?(?:secure|insecure))\b|"
        r"\bhow secure\b|\bwhat (?:are|is) the (?:security )?risks?\b",
        "audit",
    ),
    (
        _LOOKS + r"(?:(?:undo|revert|roll ?back|take back)\b.*\b(?:changes?|that|it|this|last)\b|"
        r"how (?:do|can) (?:i|we) (?:undo|revert|roll ?back)\b)",
        "undo",
    ),
)
# What no fact here carries, and the sentence that says so before what is known is told.
UNMEASURED: tuple[tuple[str, str], ...] = (
    (
        r"\b(?:how many|number of|count of|which|what|how much) (?:\w+ )?(?:requests?|hits|page ?views|visitors|orders|"
        r"calls|traffic per)\b|\b(?:rps|qps|tps|requests? (?:per|a|each)|request rate|requests/s)\b",
        "Single requests I do not count: my log is all that I know of them.",
    ),
    (
        r"\b(?:latenc\w+|p50|p9\d(?:\.\d)?|percentiles?|response times?|how (?:fast|quick\w*) (?:do|does|are|is)\b.*"
        r"\b(?:answer|respond|repl)\w*|slowest|fastest)\b",
        "How long answers take I do not measure.",
    ),
    (
        _LOOKS + r"(?:is|are|does|do)\b.*\b(?:https|tls|ssl|encrypt\w*)\b",
        "Whether what is sent is encrypted I do not see.",
    ),
    (
        r"\blogs? (?:the )?(?:most|least)\b|\b(?:most|least|biggest|largest) logs?\b|"
        r"\b(?:noisiest|chattiest|loudest)\b",
        "How much each of us writes to its log I do not compare.",
    ),
    (
        r"\b(?:outdated|out of date|newer (?:image|version)|up[- ]to[- ]date|updates? available|latest version)\b",
        "Whether there is a newer image I do not know: I ask no registry.",
    ),
)


_CANCEL = re.compile(
    r"^(?:no|nope|stop|wait|ok|okay|oh|sorry|hm+|actually|please|[,.! ])*(?:don'?t|do not|do nothing|never ?mind|"
    r"cancel(?: (?:it|that|this))?|forget (?:it|that)|leave it|not now|abort)[!. ]*$"
)


def taken_back(text: str) -> bool:
    """`no wait, don't`: whoever says so wants nothing to be done."""
    return _CANCEL.match(text.lower().replace("’", "'")) is not None


def elsewhere(text: str) -> str:
    """The reason under which it is said where to look; "" for any other question."""
    said = text.lower()
    return next((reason for pattern, reason in ELSEWHERE if re.search(pattern, said)), "")


@cache
def _compiled(harmless: bool) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    return tuple((re.compile(pattern), intents) for pattern, intents in (HARMLESS if harmless else WHOLE))


def whole(text: str, *, harmless: bool = False) -> tuple[str, ...]:
    """The intents of a question that is one of those in the table; else ()."""
    said = text.lower()
    return next((intents for pattern, intents in _compiled(harmless) if pattern.search(said)), ())


def told_first(text: str) -> tuple[str, ...]:
    """The sentences about what the question wants and nobody here measures."""
    said = text.lower()
    return tuple(sentence for pattern, sentence in UNMEASURED if re.search(pattern, said))


def unmeasured(t: Teller) -> Said:
    """Said before what is known."""
    yield from (Sentence(text) for text in told_first(t.ask.text))
