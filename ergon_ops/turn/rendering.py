"""Facts as a model reads them: one short line each with its id, redacted, bounded, fenced as data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ergon_ops.events import timestamp
from ergon_ops.facts import Fact
from ergon_ops.findings import Finding
from ergon_ops.offline.readings import LINE_LIMIT, value_text
from ergon_ops.offline.units import duration
from ergon_ops.proposals import Proposal, Withheld
from ergon_ops.redaction import safe_text
from ergon_ops.refs import Ref
from ergon_ops.setting_values import Share
from ergon_ops.toolbox.calls import Outcome

BYTES_A_TOKEN = 4
RESULT_TOKENS = 900
# What programs wrote themselves; `share = facts` keeps it here.
FROM_LOGS = frozenset({"log_template", "health_output"})
WITHHELD = "(text not shared: the operator allows facts only)"
FENCE, FENCE_END = "<data>", "</data>"
_LIKE_A_FENCE = re.compile(r"[<＜﹤](?=\s{0,3}[/／]?\s{0,3}(?:data|ｄａｔａ))", re.IGNORECASE)


def tokens(text: str) -> int:
    """An estimate that is never far below: four bytes a token."""
    return (len(text.encode()) + BYTES_A_TOKEN - 1) // BYTES_A_TOKEN


def fact_line(fact: Fact, now: float, share: Share) -> str:
    """`[e7] memory_ratio: 45%`; whoever it is about stands above the lines."""
    name, key = fact.name, safe_text(fact.key, LINE_LIMIT)
    if name in FROM_LOGS and share == "facts":
        said = f"{value_text(fact, now)} × {WITHHELD}" if name == "log_template" else WITHHELD
        return f"[{fact.id}] {name}: {said}"
    window = f" (over {duration(fact.reading.window_s)})" if fact.reading.window_s and _moves(fact) else ""
    label = f"{name} {key}" if key else name
    return f"[{fact.id}] {label}: {value_text(fact, now)}{window}"


def _moves(fact: Fact) -> bool:
    return fact.name.endswith("_rate") or fact.name in ("cpu_usage", "cpu_ratio", "cpu_throttled_ratio")


def finding_line(finding: Finding) -> str:
    ids = ", ".join(finding.evidence)
    return f"{finding.nature} {finding.cause} ({finding.severity}) [{ids}]: {safe_text(finding.summary, 400)}"


def proposal_line(proposal: Proposal) -> str:
    intent = proposal.intent
    numbers = f" [{', '.join(intent.why)}] by {intent.rule}: {safe_text(intent.formula, 200)}" if intent.formula else ""
    return (
        f"proposal {proposal.id}: {intent.kind} {intent.target.short}{numbers}, waiting for a person's approval. "
        "Nothing has been done."
    )


def withheld_line(held: Withheld) -> str:
    return f"not proposed ({held.rule}) [{', '.join(held.why)}]: {safe_text(held.reason, 300)}"


def facts_text(facts: Iterable[Fact], *, now: float, share: Share, limit: int, speaker: Ref | None = None) -> str:
    """The facts in their order under the name of whom they are about, up to `limit` tokens; how many were left out
    is said, because a model that does not know of a cut takes the part for the whole."""
    lines: list[str] = []
    about, used, left = speaker, 0, 0
    for fact in facts:
        line = fact_line(fact, now, share)
        head = "" if fact.about == about else f"of {fact.about.short}:"
        cost = tokens(line) + tokens(head) + 1
        if used + cost > limit:
            left += 1
            continue
        lines += [head, line] if head else [line]
        about, used = fact.about, used + cost
    if left:
        lines.append(f"({left} more facts were left out: ask a tool for what you need)")
    return "\n".join(lines)


def fenced(text: str) -> str:
    """`text` between our marks; what looks like them inside it is broken up."""
    return f"{FENCE}\n{unfenced(text)}\n{FENCE_END}"


def unfenced(text: str) -> str:
    return _LIKE_A_FENCE.sub("‹", text)


def outcome_text(outcome: Outcome, *, subject: Ref, now: float, share: Share, handle: str = "") -> str:
    """What a call gave, for the model that called: never more than `RESULT_TOKENS`, head and tail kept."""
    if outcome.error is not None:
        return unfenced(safe_text(f"error: {outcome.error}", 600))
    parts = _told(outcome)
    text = facts_text(outcome.facts, now=now, share=share, limit=10**9, speaker=subject)
    whole = "\n".join([*parts, text] if text else parts) or "nothing: no findings and no facts"
    return fenced(_cut(whole, handle))


def whole_text(outcome: Outcome, *, now: float) -> str:
    """All a call gave, with sources and times, for the person who wants to see it."""
    if outcome.error is not None:
        return str(outcome.error)
    lines = _told(outcome)
    for fact in outcome.facts:
        lines.append(f"{fact_line(fact, now, 'facts+logs')}  · {fact.reading.source} at {timestamp(fact.reading.at)}")
    return "\n".join(lines) or "no facts"


def _told(outcome: Outcome) -> list[str]:
    return [
        *(finding_line(item) for item in outcome.findings),
        *(proposal_line(item) for item in outcome.proposals),
        *(withheld_line(item) for item in outcome.withheld),
    ]


def _cut(text: str, handle: str) -> str:
    lines = text.split("\n")
    if tokens(text) <= RESULT_TOKENS:
        return text
    head, tail = _fitting(lines, RESULT_TOKENS * 2 // 3), _fitting(lines[::-1], RESULT_TOKENS // 3)
    left = len(lines) - len(head) - len(tail)
    more = f"; the person can read all with /show {handle}" if handle else ""
    note = f"({left} lines left out: narrow the arguments{more})"
    return "\n".join([*head, note, *tail[::-1]])


def _fitting(lines: Sequence[str], limit: int) -> list[str]:
    kept: list[str] = []
    for line in lines:
        limit -= tokens(line) + 1
        if limit < 0:
            break
        kept.append(line)
    return kept
