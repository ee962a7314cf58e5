"""Yes or no first: the word that settles a question, before the numbers that carry it."""

from __future__ import annotations

import re

from ergon_ops.facts import Fact
from ergon_ops.offline.serving import name_and_port
from ergon_ops.offline.teller import Said, Teller, say
from ergon_ops.offline.units import plain
from ergon_ops.offline.words import Sentence

RETURNS = {"always": "Yes", "unless-stopped": "Yes", "on-failure": "After a failure, yes", "no": "No"}
CLOSE, NEAR = 0.9, 0.8
# Compiled on first use: a question that is not for them need not pay.
_YES_NO = (
    r"(?:^|[,;:]\s*|\b(?:if|whether)\s+\S+\s+)(?:so |hey |hi |and |but |please )*"
    r"(?:is|are|r|am|was|were|do|does|did|has|have|had|can|could|will|would|should|any)\b"
)
_RUNNING_OUT = (
    r"\bout of\b|\bo+m\b|\babout to\b|\bclose to\b|\bnear\b|\blow on\b|\btoo (?:much|many|little)\b|\benough\b"
    r"|\bpressure\b|\bfull\b|\bfilling\b|\bfills\b|\bmaxed\b|\bexhausted\b|\bhit(?:ting)?\b"
)
_PAST = r"\b(?:was|were|did|been|killed)\b"
_LATER = (
    r"\b(?:how (?:long|soon|much longer|many (?:days|hours|minutes)) (?:until|till|til|before|to)|how soon|when will)\b"
)
_TREND = r"\b(?:leak\w*|grow\w*|going up|rising|increas\w*|creeping|climbing|trend\w*)\b"
_OUTSIDE = r"\b(?:publish\w*|outside|externally|host|forward\w*|mapped|map|expos\w*|open|reachable)\b"

_WORLD = r"\b(?:internet|outside|outer|externally|external|public(?:ly)?|world|from anywhere|everyone|anyone)\b"


def yes_no(t: Teller) -> bool:
    """Whether the question wants a yes or a no."""
    return re.search(_YES_NO, t.ask.text.lower()) is not None


def fullness(t: Teller, ratio: float, clause: str) -> str:
    """`No: memory at 45% …` if it was asked whether it runs out, else the clause alone."""
    text = t.ask.text.lower()
    if not (yes_no(t) and re.search(_RUNNING_OUT, text)) or re.search(_PAST, text):
        return clause[0].upper() + clause[1:]
    if re.search(r"\benough\b", text):
        lead = "Hardly" if ratio >= CLOSE else "Yes, but not by much" if ratio >= NEAR else "Yes"
    else:
        lead = "Yes, it is close" if ratio >= CLOSE else "Not yet, but it is near" if ratio >= NEAR else "No"
    return f"{lead}: {clause}"


def unforeseen(t: Teller, what: str) -> Said:
    """What one look at the present cannot tell: a trend, or a moment to come."""
    text = t.ask.text.lower()
    if re.search(_LATER, text):
        yield Sentence(f"When {what} will run out I cannot tell: I see what is now, not a trend.")
    elif re.search(_TREND, text):
        yield Sentence(f"Whether {what} grows over time I cannot tell from one look: I see what is now.")


def asked_ports(t: Teller, published: tuple[Fact, ...], listening: tuple[Fact, ...]) -> Said:
    """For each port asked about by number: published, listening inside only, or neither."""
    for port in (word for word in t.ask.about if word.isdigit()):
        outside = tuple(row for row in published if str(row.value) == port or f":{port}/" in f":{row.key}")
        inside = tuple(row for row in listening if name_and_port(row.key)[1] == port)
        if outside:
            continue
        if inside:
            yield say(f"Port {port} listens inside only: it is not published on the host.", *inside, t.fact("state"))
        elif re.search(_OUTSIDE, t.ask.text.lower()) or listening:
            yield say(f"I do not publish port {port}, and I see nothing that listens on it.", t.fact("state"))


def exposure(t: Teller, published: tuple[Fact, ...]) -> Said:
    """From where published ports are reached, if that was asked: by the address of the host that each is bound to."""
    if not re.search(_WORLD, t.ask.text.lower()):
        return
    near = tuple(row for row in published if row.key.startswith(("127.", "::1", "[::1]")))
    wide = tuple(row for row in published if row.key.startswith(("0.0.0.0", "::/", ":::", "[::]")))
    asked = yes_no(t)
    if published and len(near) == len(published):
        lead = "No: only" if asked else "Only"
        yield say(f"{lead} programs on the host itself reach that: it is bound to the loopback address.", *near)
    elif wide:
        lead = "Yes, as far as the host goes: whoever" if asked else "Whoever"
        text = "reaches the host on any of its addresses reaches that, unless a firewall is between"
        yield say(f"{lead} {text}; of firewalls I see nothing.", *wide)


def setting(t: Teller, name: str, value: object, said: str) -> str:
    """`Yes: my restart policy is always.` where the setting settles the question."""
    text = t.ask.text.lower()
    if not yes_no(t):
        return said
    lead = ""
    if name == "restart_policy" and value and "policy" in t.ask.topics and "policy" not in text:
        lead = RETURNS.get(str(value), "")
    elif name == "user" and re.search(r"\broot\b", text) and value:
        account = str(value).split(":")[0]
        asks_not = re.search(r"\b(?:non|not|without)\b", text) is not None
        lead = "" if asks_not else "Yes" if account in ("root", "0") else "No"
    elif name in ("privileged", "readonly_rootfs"):
        lead = "Yes" if value else "No"
        if name == "readonly_rootfs" and re.search(r"\bwrit", text):
            lead = "No" if value else "Yes"
    return f"{lead}: {plain(said[0].lower()) if not said.startswith('I ') else 'I'}{said[1:]}" if lead else said
