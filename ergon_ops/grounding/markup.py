"""Markdown and citations out of the way without moving a letter, and a sentence cut into clauses."""

from __future__ import annotations

import re
from typing import NamedTuple

from ergon_ops.dataclass import dataclass
from ergon_ops.grounding.lazy import lazily

CITATION = lazily(
    r"\s?(?:[\[(【]\s*(?:(?:facts?|evidence|see|refs?|sources?|per)\b:?\s*)?\^?e\d{1,5}(?:\s*(?:,|;|&|and|"
    r"-|–)\s*e\d{1,5})*\s*[\])】])"
    r"|\s?\[\^?e\d{1,5}\]",
    re.I,
)
_ID = lazily(r"e\d+", re.I)
_SAME = str.maketrans(
    {"’": "'", "‘": "'", "\u00a0": " ", "\u202f": " ", "\u2011": "-", "`": " ", "\u2212": "-", "\t": " "}
)
_EMPHASIS = lazily(r"\*+|(?<![\w/])_+(?=\S)|(?<=\S)_+(?![\w/])|~~|<br\s*/?>|</?(?:b|i|em|strong|code|p|u)>")
_LEAD = lazily(r"^[ ]*(?:[-+•·▪>]|#{1,6}|\d{1,3}[.)](?=\s)|\(\d\)|[a-z]\)(?=\s))+[ ]*|\[[ xX]\]", re.M)
_EMOJI = lazily("[\u2190-\u2191\u2600-\u27bf\U0001f000-\U0001faff\ufe0f]")
ROW = lazily(r"^\s*\|.*\|\s*$|^\s*[^|\n]+(?:\|[^|\n]+){2,}\s*$")
RULE = lazily(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")


class Stretch(NamedTuple):
    """What stands before a citation and behind the one before it, in the text without them, and what is cited."""

    start: int
    end: int
    ids: tuple[str, ...]


def stretches(text: str) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    start, gone = 0, 0
    for match in CITATION.finditer(text):
        end = match.start() - gone
        gone += match.end() - match.start()
        ids = tuple(item.lower() for item in _ID.findall(match[0]))
        if end == start and found:
            found[-1] = found[-1]._replace(ids=(*found[-1].ids, *ids))
        else:
            found.append(Stretch(start, end, ids))
        start = end
    return tuple(found)


def without_citations(text: str) -> tuple[str, tuple[str, ...]]:
    """The text as it may be shown, and the ids it cited."""
    cited: list[str] = []
    for match in CITATION.finditer(text):
        cited += [item.lower() for item in _ID.findall(match[0])]
    return (CITATION.sub("", text) if cited else text), tuple(dict.fromkeys(cited))


def plain(text: str) -> str:
    """The same length, with marks of Markdown and pictures blanked: positions stay."""
    text = text.translate(_SAME)
    for pattern in (_LEAD, _EMPHASIS, _EMOJI):
        if pattern.search(text):
            text = pattern.sub(lambda match: " " * len(match[0]), text)
    return text


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


@dataclass(frozen=True, slots=True)
class Clause:
    """`mood`: assert, advice (what could be done), unknowing (what is not known), hedged (may, might), question."""

    start: int
    end: int
    text: str
    mood: str


_HARD = lazily(
    r"[;|\n()]|[.!?:]\s+(?=\S)|\s[–—-]{1,2}\s|—"
    r"|,?\s+\b(?=(?:but|because|while|whereas|although|though|however|which|who|so that|since|yet|and so)\b)"
    r"|,\s+(?=(?:and|so|or|then|as|not|with|if|unless|when|once|after)\b)"
    r"|,\s+(?=where\b)|\s+(?=(?:before|until) (?:it|i|the container) (?:is|would|will|gets|was)\b)"
    r"|,\s+(?=(?:i|it|my|the|this|that|you|we|there|they|its|no|nothing|all)\b)",
    re.I,
)
_ADVICE = lazily(
    r"\b(?:should(?! (?:know|note|be aware))|ought to|you (?:may|might|can|could|will|'ll|need|must|"
    r"have)(?! (?:know|note|see|tell))(?: want)?|consider|i(?:'d| would) (?!hit|reach|be|have|run|get|need|"
    r"count|turn|become|stay)|"
    r"i(?:'d| would)? "
    r"(?:suggest|recommend|advise|propose)|i can propose|recommend(?:ed|ation)?|suggestion|if you|"
    r"let me know|feel free|needs? (?:more|less|at least|a (?:higher|lower|bigger|larger))|"
    r"(?:wouldn't|won't|would not|will not)(?: \w+)? (?:fix|help|solve|change|cure|bring back)|"
    r"please|would(?: \w+)? (?:be|help|need|give|let|make|allow|you)|could (?:be (?:raised|increased|lowered|set|"
    r"changed|reduced)"
    r"|raise|increase|lower|try|help|also)|it (?:may|might|could|would) (?:be (?:worth|wise|good|helpful|useful)|help)|"
    r"worth (?:\w+ing)|try|make sure|ensure|to (?:fix|solve|prevent|avoid|check|verify|confirm|see|find out)\b|"
    r"(?:want|like|need) me to|i could (?:propose|restart|raise|suggest)|do not hesitate|don't hesitate|"
    r"we (?:could|can))\b",
    re.I,
)
IMPERATIVE = lazily(
    r"^\W*(?:(?:next|first|then|second|finally|also|now|so|and|instead|otherwise|alternatively|step \d+|option \w+|"
    r"recommendation|suggestion|advice|tip|next steps?)\b\W*)*(?:please\s+)?"
    r"(?:ask|check|raise|lower|increase|decrease|reduce|restart|set|try|look|review|consider|inspect|run|use|add|"
    r"enable|disable|monitor|watch|investigate|verify|confirm|examine|keep|make|give|let|approve|see|test|update|"
    r"upgrade|change|move|remove|avoid|configure|wait|contact|tune|adjust|scale|start|stop|limit|ensure|do|don't|tell|"
    r"provide|create|supply|define|install|put|replace|correct|rebuild|point|begin|fix|mount|open|read|search|compare|allocate|bump|drop|pin|rotate|clean|free|grow|prune|double|halve)\b"
    r"(?!\s+(?:policy|count|limit is|usage|is|was|has|are)\b)(?!\s*:)(?!\s+(?:counts?|so far|totals?|rates?|"
    r"limits?|times?)\s*:)",
    re.I,
)
_IF = lazily(r"^\W*(?:(?:and|but|so|even|only|or)\s+)?(?:if|unless|when|whenever|once|in case|should|were)\b", re.I)
_WOULD = lazily(r"\b(?:would|could|will|can|may|might|should|won't)\b", re.I)
_UNKNOWING = lazily(
    r"\b(?:can(?:no|')?t(?: \w+)? (?:tell|see|say|know|determine|confirm|verify|answer|be sure)"
    r"|(?:do not|don't|did not|didn't) (?:know|see|have (?:any )?(?:information|data|evidence|enough|"
    r"details|facts)|find"
    r"|show)|not (?:sure|known|clear|certain|available|visible)|unknown|unclear|unable to|"
    r"no (?:readings?|measurements?|insight|view|information|data|evidence"
    r"|way to|idea|facts?|rule|known cause|clear cause|cause)|whether|not enough (?:information|data|facts)|"
    r"no (?:history|baseline|earlier readings?|trend data)\b|"
    r"(?:don't|do not) have (?:any )?\w+ (?:data|information|readings?|facts?|history)|"
    r"(?:is|are|was|were)(?:n't| not) (?:in|among|part of) (?:the |my |these |any )?(?:facts?|data|readings?|evidence)|"
    r"can(?:no|')?t (?:prove|establish|conclude|say for sure)|can(?:no|')?t be (?:told|derived|seen|determined|"
    r"known|inferred|read|said|judged)|"
    r"nothing (?:in [^.;]{0,30} )?(?:tells|says|shows|explains|records) (?:me )?(?:why|how|what|whether|which)|"
    r"(?:is|are|was)(?:n't| not) (?:recorded|given|told|stated|something i|known)|"
    r"facts? (?:\w+ ){0,3}(?:don't|do not|doesn't|does not) (?:say|tell|show|include)|(?:event|log) (?:doesn't|"
    r"does not) (?:say|tell)|"
    r"i (?:see|know of|find|found) no (?:cause|reason|explanation)|"
    r"(?:don't|do not|doesn't|does not) (?:appear|show(?: up)?|stand) (?:in|among) "
    r"(?:the |my |these |this )?(?:facts?|data|output)|"
    r"\bi can(?:no|')?t (?:quote|repeat|cite|show)|(?:isn't|aren't|is not|are not) (?:shared|shown|given)|"
    r"(?:only )?(?:allows?|share[sd]?|given|get|see|shares) (?:only )?facts(?: only)?(?: (?:to be|are) shared)?|"
    r"only facts (?:are|may be) shared|facts only|"
    r"(?:the )?operator (?:only )?(?:allows?|shares?|lets?))\b",
    re.I,
)
HEDGE = lazily(r"\b(?:may|might|could|possibl[ey]|possibility|perhaps|maybe|conceivably|can be|suspect)\b", re.I)
_FINITE = lazily(
    r"\b(?:is|are|was|were|has|have|had|am|uses?|runs?|did|does|shows?|exited|crashed|restarted|failed|says?|reports?|"
    r"listens?|gets?|got|publishes|serves?|i'm|it's|i've|caused?)\b"
    r"|^\W*(?:and |so )?(?:i|it|that|this|they|we|which) (?:\w+ly )?"
    r"(?:fix|help|solv|work|cur|resolv|end|stopp?|chang)ed\b",
    re.I,
)
_OPENERS = lazily(r"\b(?:which|because|since|as|while|whereas|although|though|currently|now|right now)\b", re.I)


def clauses(text: str) -> tuple[Clause, ...]:
    """In order, covering the text; a clause without a verb of its own goes on in the mood of the one before."""
    found: list[Clause] = []
    mood, start, conditional = "assert", 0, False
    cuts = [match.end() if match[0].strip() else match.start() for match in _HARD.finditer(text)]
    asks = text.rstrip(" \"'”)").endswith("?")
    for end in (*[cut for cut in cuts if cut > 0], len(text)):
        part = text[start:end]
        if not part.strip(" ,.;:()|-\n"):
            continue
        mood = _mood(part, mood if found else "", conditional)
        conditional = conditional or _IF.match(part) is not None
        found.append(
            Clause(start, end, part, "question" if (asks or part.rstrip().endswith("?")) and mood == "assert" else mood)
        )
        start = end
    return tuple(found) or (Clause(0, len(text), text, "assert"),)


def _mood(part: str, before: str, conditional: bool) -> str:
    if _IF.match(part):
        return "advice"
    if _UNKNOWING.search(part):
        return "unknowing"
    if IMPERATIVE.match(part) or _ADVICE.search(part):
        return "advice"
    if HEDGE.search(part):
        return "hedged"
    if conditional and _WOULD.search(part):
        return "advice"
    if before == "hedged" and re.match(r"\W*(?:because|since|as)\b", part, re.I):
        return before
    if before in ("advice", "hedged") and not _FINITE.search(part) and not _OPENERS.search(part[:14]):
        return before
    return "assert"
