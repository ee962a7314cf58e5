"""Who it is, what it may do, the one change it can ask for, and how it says no."""

from __future__ import annotations

from ergon_ops.offline.serving import spoken
from ergon_ops.offline.teller import Said, Teller, say
from ergon_ops.offline.units import listed, plain, quoted
from ergon_ops.offline.words import Reply, Sentence

DOES: dict[str, str] = {
    "status": "my status and numbers",
    "health": "my health and what is wrong",
    "monitor": "events",
    "debug": "logs and whom I talk to",
    "restart": "proposing a restart",
    "optimize": "proposing improvements",
}
# Why a question is not answered, by the reason `scope` gives.
CANNOT: dict[str, str] = {
    "change": "I cannot do that: I answer from what I observe. I can propose a restart, and what would make me better.",
    "shell": "I cannot run commands or open a shell: I only answer from what I observe.",
    "secret": "I never show secrets or values of variables; I can list which variables are set.",
    "injection": "I cannot follow that: what I may say and do is fixed, and changes are approved by a person with "
    "`ergon-ops approve`.",
    "elsewhere": "I cannot help with that: I answer questions about this container and its host, from live facts.",
    "general": "I cannot answer that: I know only this container and its host.",
    "chat": "I only answer questions about this container and its host.",
    "model": "No language model speaks here: fixed rules turn live facts into sentences. I only answer questions "
    "about this container and its host.",
    "future": "I cannot answer that: I see what is and what was, not what will come.",
    "forbidden": "Understood: I propose no restart, and nothing has been done.",
    "cancel": "Understood: nothing has been done, and what was proposed does nothing unless a person approves it.",
    "proposals": "What waits for approval is listed by `ergon-ops proposals`; a person approves one with "
    "`ergon-ops approve ID`, or rejects it with `ergon-ops reject ID`. Nothing is done before.",
    "audit": "What good practice wants of a container is listed by `ergon-ops diagnose NAME` under audit, and what "
    "of it can be changed by `ergon-ops propose NAME`.",
    "undo": "A change is taken back by a person with `ergon-ops rollback ID`; `ergon-ops journal` lists what was done.",
    "howto": "Ask me to restart: I make a proposal, and nothing happens until a person approves it.",
    "unknown": "I cannot answer that: I did not understand it as a question about this container or its host.",
}


def identity(t: Teller) -> Said:
    me, called = t.view.persona, t.fact("name")
    role = f": {quoted(me.role, 200)}" if me.role else ""
    up = tuple(row for row in t.rows("serving") if row.value in ("listening", "running"))
    runs = f" I run {spoken(up)}." if up else ""
    yield say(f"I am {plain(me.ci_name)}, the voice of container {plain(t.view.ref.short)}{role}.{runs}", called, *up)
    yield Sentence("No language model speaks here: fixed rules turn live facts into these sentences.")
    can = [DOES[name] for name in me.capabilities if name in DOES]
    yield Sentence(f"Ask me about {listed(can)}." if can else "Ask me who I am and how I am configured.")
    yield Sentence(f"For example: {' '.join(examples(t.view.ref.short))}")


def examples(name: str) -> tuple[str, str]:
    """Two questions with the container's own name."""
    return f"“How is {plain(name)}?”", f"“Why is {plain(name)} slow?”"


def decline(reason: str, name: str, ci_name: str = "") -> Reply:
    """What cannot be answered, and two questions that can."""
    first, second = examples(name)
    me = f"I speak for {plain(name)}." if ci_name else "I speak for the containers here."
    said = CANNOT.get(reason, CANNOT["unknown"])
    polite = "You are welcome. " if reason == "chat" else ""
    return Reply(
        (Sentence(polite + said), Sentence(f"{me} Ask me, for example: {first} or {second}")),
        questions=(first.strip("“”"), second.strip("“”")),
        declined=reason,
    )


def restart(t: Teller) -> Said:
    """Nothing runs: there is a proposal, and a person approves it. How to, each interface says in its own words."""
    proposal = next((item for item in t.view.proposals if item.intent.kind == "restart"), None)
    if proposal is None:
        if any(refusal.tool == "restart" for refusal in t.view.refusals):
            return  # said with the line that would grant it
        why = t.why_unknown("restart")
        yield say(f"I cannot propose a restart, {why or 'because none could be made'}.", t.fact("state"))
        return
    timeout = proposal.intent.arguments.get("timeout_s")
    grace = f", with {timeout} s to stop by myself" if timeout is not None else ""
    yield say(f"I propose to restart myself{grace}; nothing has been done yet.", t.fact("state"), t.fact("started_at"))


def refusals(t: Teller) -> Said:
    """Every required tool the manifest does not grant, with the line that would."""
    for refusal in t.view.refusals:
        yield Sentence(
            f"For that I need the capability “{refusal.capability}”, which my manifest does not grant; add this line: "
            f"{plain(refusal.line, 300)}"
        )
