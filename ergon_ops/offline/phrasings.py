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
def _whole() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    return tuple((re.compile(pattern), intents) for pattern, intents in WHOLE)


def whole(text: str) -> tuple[str, ...]:
    """The intents of a question that is one of those in the table; else ()."""
    said = text.lower()
    return next((intents for pattern, intents in _whole() if pattern.search(said)), ())


def told_first(text: str) -> tuple[str, ...]:
    """The sentences about what the question wants and nobody here measures."""
    said = text.lower()
    return tuple(sentence for pattern, sentence in UNMEASURED if re.search(pattern, said))


def unmeasured(t: Teller) -> Said:
    """Said before what is known."""
    yield from (Sentence(text) for text in told_first(t.ask.text))
