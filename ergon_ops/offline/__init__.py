"""The offline mind: everyday English in, exact sentences out, nothing said that no fact carries.

Three pure functions; whoever runs the turn calls the tools in between:

    ask = understand(text, previous, names=names, now=now)
        `names` are the words the router took as names (they are not read as questions); `previous` is the last Ask of
        the session ("and worker?" asks the same again).
    for each container:  for step in plan(ask):  call the tool `step.tool` with `step.arguments` through the toolbox
        inspect{groups} metrics{} logs{since_s,tail,grep,level} events{since_s} topology{} diagnose{} restart{}
        optimize{}
        Facts land in the ledger. Findings, proposals, refusals (Refusal: tool, capability, manifest line) and failures
        go into the container's View. An optional step that is refused or fails is not mentioned: leave it out.
    then once more with `dig(ask, view)`: the steps that follow from what was seen (the log of what turned out to be
        down or failing). They are optional; without them the last error line is missing.
    reply = compose(ask, view)                     one container
    reply = compose_fleet(ask, views, host)        several, `all`, compare, superlatives, the host
    `ask.fleet` is true when the question needs every container even though one name (or none) was routed to;
    "host" in ask.intents needs the host's facts (host_readings) in the ledger.
    reply = compose_lines(ask, view)               lines that came with a question, of nobody known
    overview(views, host)                          the bare command: counts, the worst thing, three questions; its views
        need the steps of `GLANCE`

`Reply.sentences` become `text` events one by one (`Sentence.item` marks a line of a list); `Reply.text` is the answer.
A View with `stored_at` holds the last stored facts of an engine that does not answer; the age is said.
"""

from __future__ import annotations

from ergon_ops.offline.compose import compose, compose_lines
from ergon_ops.offline.fleet import compose_fleet
from ergon_ops.offline.improving import one_at_a_time
from ergon_ops.offline.overview import overview
from ergon_ops.offline.plan import GLANCE, dig, plan
from ergon_ops.offline.ranking import unwell
from ergon_ops.offline.tokens import speaks
from ergon_ops.offline.understand import understand
from ergon_ops.offline.words import (
    INTENTS,
    Ask,
    Failure,
    HostView,
    Refusal,
    Reply,
    Sentence,
    Speaker,
    Step,
    View,
)

__all__ = [
    "GLANCE",
    "INTENTS",
    "Ask",
    "Failure",
    "HostView",
    "Refusal",
    "Reply",
    "Sentence",
    "Speaker",
    "Step",
    "View",
    "compose",
    "compose_fleet",
    "compose_lines",
    "dig",
    "one_at_a_time",
    "overview",
    "plan",
    "speaks",
    "understand",
    "unwell",
]
