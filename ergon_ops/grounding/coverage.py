# ruff: noqa: SIM905 - a table of words reads best as words
"""Default deny: each word of an assertion belongs to a claim that was found, to a fact or a finding that carries one,
to what facts are called, or to plain talk. What does not was read nowhere, and so is not said.

A sentence that cites a fact of whom it speaks, as models are told to, is read more kindly: words that are no words of
this trade pass. Advice, questions, what is possible and what is not known assert nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ergon_ops.facts import FACTS
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import PROGRAM_WORD
from ergon_ops.grounding.markup import Clause
from ergon_ops.grounding.scene import Scene

# Grammar, degrees, and nouns and verbs that say nothing of a container without a number, a name or a state beside them.
PLAIN = frozenset(
    """a an the this that these those it its itself i i'm i've i'd i'll me my mine myself we our us you your yours they
    their them he she his her who whom whose which what when where how there here and or but nor so yet as if than
    then while because since until though although however whereas of to in on at by for from with without within into
    onto out over under up down off about above below between among across through during before after against per via
    around near outside towards besides beside along is are am was were be been being isn't aren't wasn't weren't it's
    that's there's here's what's they're has have had having hasn't haven't do does did doing done don't doesn't
    didn't will would can could may might must shall should cannot can't won't not no none nothing never neither any
    some all both each every either only just also too very quite rather fairly really still already now currently
    current presently right far ago again once twice else more most less least much many few several little bit lot
    enough other others another same such own one ones two three four five six seven eight nine ten twelve half first
    second third last latest next previous past namely respectively roughly approximately nearly almost practically
    exactly exact precisely altogether together overall total entirely completely fully yes ok okay note let's see
    sees seen saw show shows showing shown say says said tell tells told reading readings according report reports
    reported find found look looks looked looking today time times moment minute minutes seconds hour hours day days
    keep keeps stay stays stand stands standing sit sits sitting remain leaves get gets got give gives given make
    makes made take takes taken come comes came go goes went begin began ended end seem seems appear appears mean
    means meant call called name named names know known thing things way part side case kind value values number
    numbers figure figures amount level average row terms term list listed state status container containers service
    services process processes fact facts evidence question answer information data detail details summary overview
    short brief quick therefore thus hence actually simply merely recently lately able even always often well fine
    good like unlike regarding concerning measured counted contain contains containing covers include includes
    including consists single sure thanks thank asking asked hope helps help happy glad hello hi hey please sorry
    anything something everything person operator human approve approval proposal propose proposed change changed
    approves open ready further vs yourself unless otherwise versus honestly presumably certain unfortunately
    fortunately luckily hardly barely modest became exist exists based normal talk printed prints carried rules voice
    wrong nobody sign kinds bright news summing tl dr ordinary vitals new changes conclusion need needs needed mostly
    mainly let reach reached hidden""".split()
)
# Of this trade, and no statement by themselves: a claim stands beside them, or they are not said.
BESIDE = frozenset(
    """running run runs ran full free left failed check checks healthcheck sent received send receive sends receives
    wrote written points maps leads holds hold headroom room hit root filesystem page cache ram mem cpu-wise address
    volume kernel program programs variable variables environment flag env inside http app system host machine engine
    docker uses use using used usage consumption consumer consumes quota allowed allowance configured available
    missing work works working set sets setting settings counter core digest thread threads dependency dependencies
    hidden remains remaining low high minimum maximum network rate rates cap caps capped""".split()
)
_TRADE = lazily(
    r"accept\w*|access\w*|alert\w*|answer(?:s|ed|ing)|attack\w*|back(?:up|log|ups)|bandwidth|behind|block\w*|boot\w*|"
    r"break\w*|brok\w+|build|certificate\w*|clients?|commits?|connect\w*|crash\w*|credential\w*|customers?|"
    r"dead\w*|delay\w*|depend\w*|deploy\w*|die[sd]?|disk|dns|down\w*|drain\w*|driver|encrypt\w*|error\w*|events?|"
    r"evict\w*|exception\w*|exhaust\w*|exit\w*|expir\w*|expos\w*|fail\w*|fault\w*|firewall|flush\w*|gateway|"
    r"grant\w*|handl(?:es|ed|ing)|hang\w*|heap|hung|idle|image|index\w*|inode\w*|io|isolat\w*|jobs?|"
    r"kill\w*|lag\w*|latency|leak\w*|license\w*|limit\w*|links?|listen\w*|load\w*|lock\w*|log|logs|logged|logging|lost|"
    r"migrat\w*|miss(?:es|ed|ing)|mode|mount\w*|network\w*|nodes?|offline|online|oom|orphan\w*|outage\w*|overload\w*|"
    r"packets?|panic\w*|password\w*|paus\w*|peak\w*|permission\w*|pids?|pods?|pool|ports?|privileg\w*|proxy|publish\w*|"
    r"pull\w*|quer(?:y|ies)|queue\w*|reach\w*|read-only|rebuil\w*|opens?|opened|reclaim\w*|recover\w*|refus\w*|"
    r"register\w*|reject\w*|reload\w*|replica\w*|resolv\w*|respon\w*|restart\w*|retr(?:y|ies|ied)|rout\w*|"
    r"schedul\w*|secrets?|serv(?:e|es|ed|ing)|sessions?|signal\w*|slow\w*|sockets?|starts?|started|stack|stall\w*|"
    r"starv\w*|stop(?:s|ped|ping)?|storage|stuck|swap\w*|sync\w*|throttl\w*|throughput|time-?outs?|timed|tokens?|traces?|"
    r"wait\w*|transaction\w*|unavailable|unhealthy|unreachable|updat\w*|upgrad\w*|users?|vulnerab\w*|warn\w*|workers?|zombie\w*|"
    r"trouble|problems?|issues?|busy|quiet|separate|policy|dependenc\w*|database",
    re.I,
)
_DEFINES = lazily(
    r"^\W*(?:an?|any|every|the term|[\w -]{3,24}?)\s(?:[\w -]{0,24}?)(?:means?(?! (?:the|my|our|"
    r"your) (?:\w+ )?(?:is|are|has))|would "
    r"mean|refers? to|stands? for|tells? (?:whether|if|how)|counts? towards|still runs|is (?:a|the) (?:share|"
    r"way|kind|measure))\b",
    re.I,
)
FINITE = lazily(
    r"\b(?:is|are|was|were|am|has|have|had|does|did|do|isn't|aren't|wasn't|doesn't|don't|didn't|hasn't|haven't|will|won't|"
    r"gets?|got|can't|cannot|keeps?|kept|went|goes|gave|gives|took|takes|made|makes|came|comes|hits?|lost|held|holds|"
    r"began|[a-z]{3,}(?:ed|es|ts|ks|ds|ns|ps|ls|rs|ms|ys|gs|ws|ze))\b|(?:'m|'s|'re|'ve)\b",
    re.I,
)
DENIES = re.compile(r"\b(?:not|never|no|without|neither|nor|nothing|nobody|hardly|cannot)\b|n't\b", re.I)
_HEADING = re.compile(r"^\W*\w+\W* of\b")
_TO_YOU = re.compile(r"\W*you (?:have no|do not have|don't have|are|were)\b", re.IGNORECASE)  # whatever its mood
_WORD = re.compile(r"[a-z][a-z0-9'_./:-]*[a-z0-9]|[a-z]", re.I)
_UNIT = re.compile(r"(?:[kmgt]i?)?b(?:/s|ytes?)?|m?s|min|h|d|cores?|cpus?|bytes?", re.I)
_PARTS = re.compile(r"[-_./:']+")
_ENDINGS = ("ingly", "edly", "ing", "ied", "ies", "ed", "es", "ly", "s", "e", "d")


def carried_by(scene: Scene, clause: Clause) -> bool:
    """Whether anything was found said in it."""
    return any(item.start < clause.end and clause.start < item.end for item in scene.claims)


def definition(scene: Scene) -> bool:
    """What a word of the trade means, of nobody here."""
    return not any(item.word != "host" for item in scene.mentions) and _DEFINES.match(scene.line) is not None


def find(scene: Scene, cited: Iterable[str]) -> None:
    if scene.topic.fenced or scene.text.lstrip().startswith(("```", "~~~")):
        return
    ids = _own(scene, cited)
    known = _carriers(scene, ids)
    offered = _offered(scene)
    for clause in scene.clauses:
        if clause.mood != "assert" and not _TO_YOU.match(clause.text):
            continue
        carried = ids or carried_by(scene, clause)
        label = clause.text.rstrip().endswith(":")  # `Restarts of orders-db:` has no verb
        nouns = _HEADING.sub("", scene.nameless[clause.start : clause.end]) if label else clause.text
        told = FINITE.search(nouns) is not None
        words = known if carried or not told else set[str]()
        unread = _unread(scene, clause, words | offered)
        if unread and not DENIES.search(clause.text) and _at_fault(scene, clause):
            unread = [word for word in unread if word not in _PROBLEM]
        if unread and ids and _only_likely(scene, clause, ids):
            continue
        if ids:
            unread = [word for word in unread if _TRADE.fullmatch(word) or PROGRAM_WORD.fullmatch(word)]
        if not unread and _EACH.search(clause.text) and not carried_by(scene, clause):
            unread = ["of each"]
        if unread:
            end = clause.start + len(clause.text.rstrip())
            why = f"nothing that was read says so: {', '.join(unread[:3])}"
            scene.claim("statement", clause.start, end, why=why)


_PROPOSED = lazily(r"\bpropos|\bergon-ops|\bp-[a-z2-7]{4}|\bapprov|^\W*(?:it|that|this)\b", re.I)
_PROBLEM = frozenset({"problem", "problems", "issue", "issues", "trouble", "culprit", "database"})
_EACH = lazily(
    r"\b(?:every|each|all|no|none of the|neither of the|not one)(?: of the| the| our| my|"
    r" other)*(?: \w+)? containers?\b",
    re.I,
)


_LIKELY = lazily(r"\b(?:most likely|likely|probabl[ey]|presumabl[ey]|apparently|seems?|suspect\w*)\b", re.I)


def _only_likely(scene: Scene, clause: Clause, ids: Iterable[str]) -> bool:
    """`The slow part is most likely orders-db`: no more than likely, and a line that is cited names it."""
    if not _LIKELY.search(clause.text):
        return False
    named = {item.ref.name for item in scene.mentions if clause.start <= item.start < clause.end and item.word != "i"}
    lines = [scene.index.by_id[id].key for id in ids if scene.index.by_id[id].name == "log_template"]
    return bool(named) and any(name in line for name in named for line in lines)


def _at_fault(scene: Scene, clause: Clause) -> bool:
    """Whether there is a fault of one it names: `orders-db is the problem`."""
    here = [item for item in scene.mentions if clause.start <= item.start < clause.end]
    named = {item.ref for item in here if item.word not in ("i", "host")}
    return any(item.about in named for item in scene.ground.findings)


def _own(scene: Scene, cited: Iterable[str]) -> list[str]:
    """Those of the cited facts that are of anybody the sentence speaks of: others are no help to it."""
    about = {item.ref for item in scene.mentions} | set(scene.topic.subjects)
    facts = [fact for id in cited if (fact := scene.index.by_id.get(id)) is not None]
    if not any(item.word not in ("i", "host") for item in scene.mentions):
        return [fact.id for fact in facts]
    return [fact.id for fact in facts if fact.about in about or fact.about.kind == "fleet"]


def _unread(scene: Scene, clause: Clause, known: set[str]) -> list[str]:
    """Words of a clause that nothing accounts for."""
    taken = [(claim.start, claim.end) for claim in scene.claims] + [(item.start, item.end) for item in scene.mentions]
    denied = DENIES.search(clause.text) is not None
    found = []
    for match in _WORD.finditer(scene.line, clause.start, clause.end):
        word = match[0].lower().strip(".-':/")
        if _UNIT.fullmatch(word) and re.search(r"\d\s?$", scene.line[: match.start()]):
            continue
        if word in PLAIN or any(start < match.end() and match.start() < end for start, end in taken):
            continue
        parts = [part for part in _PARTS.split(word) if len(part) > 1]
        if all(part in PLAIN or part in known or stem(part) in known for part in parts):
            continue
        if denied or not _of_fact(scene, match.start(), word):
            found.append(word)
    return found


def _offered(scene: Scene) -> set[str]:
    """The words of what was proposed and of what was done."""
    ground = scene.ground
    proposed = [
        f"{item.intent.kind} {item.intent.target.name} {dict(item.intent.arguments)}" for item in ground.proposals
    ]
    if ground.proposals and _PROPOSED.search(scene.line):
        proposed.append("pending waiting awaiting open undecided approving approval")
        proposed += ["approved decided rejected"] if DENIES.search(scene.line) else []
    done = [f"{item.kind} {item.about.name} {dict(item.arguments)}" for item in ground.acted]
    return stems(" ".join([*proposed, *done]))


def _of_fact(scene: Scene, at: int, word: str) -> bool:
    """It stands in a fact of whom the place speaks, other than in a text that somebody wrote."""
    return any(word in scene.index.words(ref) for ref in scene.subjects(at))


def _carriers(scene: Scene, cited: Iterable[str]) -> set[str]:
    """The words, by stem, of what carries this sentence, and what facts are called."""
    ids = {id for claim in scene.claims if claim.supported for id in claim.fact_ids} | set(cited)
    texts = [
        f"{fact.name} {fact.key} {fact.value}" for fact in (scene.index.by_id.get(id) for id in ids) if fact is not None
    ]
    if any(fact is not None and fact.name == "log_template" for fact in map(scene.index.by_id.get, ids)):
        texts.append("requests messages lines entries")
    texts += [
        f"{finding.cause} {finding.summary} {finding.severity} {finding.severity}s"
        for finding in scene.ground.findings
        if ids & set(finding.evidence)
    ]
    return set(_fact_names() | BESIDE).union(*(stems(text) for text in texts))


@lru_cache(1)
def _fact_names() -> frozenset[str]:
    return frozenset(stems(" ".join(FACTS)))


def stems(text: str) -> set[str]:
    return set(_stems(text.lower().replace("_", " ")))


def _stems(text: str) -> Iterator[str]:
    for part in re.findall(r"[a-z]+|\d+", text):
        yield stem(part)


def stem(word: str) -> str:
    """`throttled`, `throttling` and `throttle` are one; no shorter than three letters."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word
