"""What a model is given: instructions, a persona, and the question with its evidence. Pure text from facts.

`Prompt.shared` depends on the capability set and the mode alone. Everything that was observed stands between <data> and
</data> in a user message, and what looks like those marks inside it is broken up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ergon_ops import folders
from ergon_ops.facts import Fact, Ledger
from ergon_ops.findings import SEVERITY_ORDER, Finding
from ergon_ops.messages import Message, Mode, Prompt, Text
from ergon_ops.offline import Sentence, View
from ergon_ops.persona import Persona
from ergon_ops.redaction import neutralise, redact, redact_lines, safe_text
from ergon_ops.refs import Ref
from ergon_ops.setting_values import Share
from ergon_ops.turn.rendering import FROM_LOGS, WITHHELD, facts_text, fenced, finding_line, proposal_line, tokens

DIGEST_TOKENS, EVIDENCE_TOKENS, FINDINGS_SHOWN, FLEET_SHOWN = 120, 600, 8, 25
DRAFT_TOKENS, DRAFT_IDS = 250, 4
DRAFT = "The rules' answer, every sentence of it supported:"
PIPED_LIMIT = 4000
# The digest: what a container would say of itself unasked.
DIGEST = (
    "state", "health", "uptime", "exit_code", "serving", "memory_working_set", "memory_limit", "memory_ratio",
    "cpu_usage", "cpu_limit", "cpu_throttled_ratio", "restart_count",
)  # fmt: skip
QUOTED = re.compile(r"“[^”]*”?")  # as the rules quote what others wrote
OPAQUE = frozenset({"id", "image_id"})  # long, and nobody asks for them unasked
AT_A_GLANCE = ("state", "health", "memory_ratio", "cpu_ratio")


def shared_text(capabilities: Iterable[str], mode: Mode, operator: Sequence[Path]) -> str:
    """The instructions: the same bytes for every container with these capabilities in this mode."""
    values = {"mode": mode, "capabilities": ", ".join(sorted(capabilities)) or "none"}
    return folders.render("instructions", values, operator=operator)


def persona_prompt(persona: Persona, mode: Mode, operator: Sequence[Path] = ()) -> Prompt:
    values = {
        "ci_name": persona.ci_name,
        "container": datum(persona.ref.name),
        "host": datum(persona.ref.host),
        "role_kind": persona.role_kind,
        "role": datum(persona.role, 200),
        "services": datum(", ".join(persona.services) or "see the facts"),
        "depends_on": datum(", ".join(persona.depends_on) or "nothing that is declared"),
    }
    return Prompt(
        shared_text(persona.capabilities, mode, operator), folders.render("persona", values, operator=operator)
    )


def fleet_prompt(
    count: int, hosts: Sequence[str], capabilities: Iterable[str], mode: Mode, operator: Sequence[Path] = ()
) -> Prompt:
    values = {"count": str(count), "hosts": datum(", ".join(hosts))}
    return Prompt(shared_text(capabilities, mode, operator), folders.render("fleet", values, operator=operator))


def datum(text: str, limit: int = 400) -> str:
    """Somebody else's words, on one line, without what would close the fence around them."""
    return safe_text(text, limit).replace("<", "‹").replace(">", "›")


def question_message(
    text: str,
    views: Sequence[View],
    ledger: Ledger,
    *,
    cited: Iterable[str],
    now: float,
    share: Share,
    draft: Sequence[Sentence] = (),
    piped: str = "",
) -> Message:
    """The user's message: digest, findings, proposals and the facts the question needs, what the rules answer
    (`draft`), then the question.

    `cited` are ids of the facts the deterministic answer rests on: they come first after the digest."""
    findings = [item for view in views for item in view.findings]
    proposals = [item for view in views for item in view.proposals]
    speaker = views[0].ref if len(views) == 1 else None
    facts = ordered(views, ledger, [*cited, *(id for item in findings for id in item.evidence)])
    body = [
        *findings_lines(findings),
        *(proposal_line(item) for item in proposals),
        facts_text(facts, now=now, share=share, limit=EVIDENCE_TOKENS, speaker=speaker),
    ]
    evidence = "\n".join(line for line in body if line)
    parts = [fenced(evidence)] if evidence else []
    if piped:
        parts.append(f"Text that came with the question:\n{fenced(piped_text(piped))}")
    parts.append(f"Question: {redact(text)}")
    if answer := draft_text(draft, ledger, share):
        parts.append(f"{DRAFT}\n{fenced(answer)}")
    return Message("user", (Text("\n".join(parts)),))


def piped_text(text: str) -> str:
    """Its first lines. Invisible characters go before secrets are looked for: they would tear them apart."""
    lines = text[: 8 * PIPED_LIMIT].splitlines()
    return "\n".join(redact_lines(neutralise(line, 4 * len(line) + 64) for line in lines))[:PIPED_LIMIT]


def draft_text(draft: Sequence[Sentence], ledger: Ledger, share: Share) -> str:
    """The rules' sentences with the ids they rest on, one a line, the first ones that fit: what quotes a log is shared
    no more than the log is."""
    hidden = withheld(draft, ledger, share)
    lines: list[str] = []
    left = DRAFT_TOKENS
    for sentence in draft:
        if not sentence.fact_ids:
            continue
        text = QUOTED.sub(WITHHELD, sentence.text) if sentence in hidden else sentence.text
        line = cited_text(" ".join(redact(text).split()), sentence.fact_ids[:DRAFT_IDS])
        left -= tokens(line) + 1
        if left < 0:
            break
        lines.append(line)
    return "\n".join(lines)


def withheld(said: Sequence[Sentence], ledger: Ledger, share: Share) -> list[Sentence]:
    """Those of the rules' sentences that quote what a program wrote, where a model is not shown that."""
    if share != "facts":
        return []
    written = {fact.id for fact in ledger if fact.name in FROM_LOGS}
    return [item for item in said if QUOTED.search(item.text) and not written.isdisjoint(item.fact_ids)]


def cited_text(text: str, ids: Sequence[str]) -> str:
    """`Memory is at 45% [e7].`"""
    body, end = (text[:-1], text[-1]) if text.endswith((".", "!", "?", ":")) else (text, "")
    return f"{body} [{', '.join(ids)}]{end}"


def findings_lines(findings: Sequence[Finding]) -> list[str]:
    """The worst first; how many more there are is said."""
    worst = sorted(findings, key=lambda item: SEVERITY_ORDER[item.severity])
    lines = [f"finding about {item.about.short}: {finding_line(item)}" for item in worst[:FINDINGS_SHOWN]]
    more = len(worst) - FINDINGS_SHOWN
    return [*lines, f"({more} more findings: the tool diagnose has them)"] if more > 0 else lines


def ordered(views: Sequence[View], ledger: Ledger, cited: Iterable[str]) -> list[Fact]:
    """Digest first, then what the question is about, then the rest of what was read; each once."""
    known = {fact.id: fact for fact in ledger}
    names = DIGEST if len(views) == 1 else AT_A_GLANCE
    refs: list[Ref] = [view.ref for view in views[:FLEET_SHOWN]]
    digest = [fact for ref in refs for name in names for fact in ledger.all(ref, name)]
    asked = [known[id] for id in cited if id in known]
    first = [*_within(digest, DIGEST_TOKENS), *asked] if len(views) == 1 else [*asked, *digest]
    rest = [fact for fact in ledger if len(views) == 1 and fact.about == views[0].ref and fact.name not in OPAQUE]
    told: dict[tuple[Ref, str, str], Fact] = {}
    for fact in [*first, *digest, *rest]:
        told.setdefault((fact.about, fact.name, fact.key), fact)
    return list(told.values())


def _within(facts: Sequence[Fact], limit: int) -> list[Fact]:
    kept: list[Fact] = []
    for fact in facts:
        limit -= tokens(f"{fact.name}{fact.key}{fact.value}") + 6
        if limit < 0:
            break
        kept.append(fact)
    return kept


def history_of(messages: Sequence[Message], share: Share, limit: int = 2000) -> tuple[Message, ...]:
    """Earlier questions and answers of a session, newest kept, at most `limit` tokens. Tool calls and their results
    are left out: their facts are old, and what is true now is read anew. What an answer quoted (the rules' answers
    quote log lines) is shared no more than where it was read."""
    turns: list[tuple[Message, Message]] = []
    asked: Message | None = None
    for message in messages:
        if message.role == "user":
            asked = message
        elif message.role == "assistant" and asked is not None and message.text and _final(message):
            turns.append((asked, message))
            asked = None
    kept: list[Message] = []
    for question, answer in reversed(turns):
        limit -= min(tokens(question.text), 300) + min(tokens(answer.text), 300)
        if limit < 0:
            break
        # Of a caller's own history nobody has looked at what lies in it.
        said = answer.text if share == "facts+logs" else QUOTED.sub(WITHHELD, answer.text)
        texts = zip((question, answer), (question.text, said), strict=True)
        kept[:0] = [Message(one.role, (Text(redact(text)[:1200]),)) for one, text in texts]
    left = len(turns) - len(kept) // 2
    if left and kept:
        note = f"({left} earlier questions of this session are left out)\n{kept[0].text}"
        kept[0] = Message("user", (Text(note),))
    return tuple(kept)


def _final(message: Message) -> bool:
    return all(isinstance(part, Text) for part in message.parts)
