"""What stands in the place of a sentence that nothing carries."""

from __future__ import annotations

from collections.abc import Iterable

from ergon_ops.facts import FACTS
from ergon_ops.grounding.words import Checked, Claim

# Fact group, or a claim's own word → the offline mind's intent on it.
INTENTS: dict[str, str] = {
    "identity": "image",
    "state": "status",
    "limits": "limits",
    "config": "config",
    "mounts": "mounts",
    "networks": "network",
    "ports": "ports",
    "cpu": "cpu",
    "memory": "memory",
    "pids": "processes",
    "io": "disk",
    "filesystem": "disk",
    "processes": "processes",
    "sockets": "ports",
    "services": "services",
    "topology": "dependencies",
    "events": "events",
    "logs": "logs",
    "host": "host",
}
SPECIAL: dict[str, str] = {
    "restart_count": "restarts",
    "restart_policy": "restarts",
    "health": "health",
    "health_streak": "health",
    "health_output": "health",
    "started_at": "uptime",
    "uptime": "uptime",
    "finished_at": "uptime",
    "log_errors": "errors",
    "memory_limit": "memory",
    "cpu_limit": "cpu",
    "env_key": "env",
    "finding": "why",
    "image": "image",
    "memory": "memory",
    "cpu": "cpu",
    "disk": "disk",
    "network": "network",
    "throttle": "cpu",
    "oom_killed": "memory",
    "exit_code": "status",
    "published_port": "ports",
    "pids_limit": "limits",
    "created_at": "image",
    "network_rx": "network",
    "network_tx": "network",
    "act": "",
    "proposal": "",
    "command": "",
    "link": "dependencies",
}


def intents_of(claims: Iterable[Claim]) -> tuple[str, ...]:
    """What the offline mind would have to be asked about to say what these claims got wrong."""
    found: list[str] = []
    for claim in claims:
        for name in claim.about[:2]:
            intent = SPECIAL.get(name)
            if intent is None and name in FACTS:
                intent = INTENTS[FACTS[name].group]
            if intent:
                found.append(intent)
    return tuple(dict.fromkeys(found))


def struck(checked: Checked) -> str:
    """What stands visibly in the sentence's place, with the blanks the sentence had."""
    kinds = list(dict.fromkeys(_SAID.get(claim.kind, "a statement") for claim in checked.unsupported))
    text = checked.text
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{lead}[struck: {', '.join(kinds[:2]) or 'a statement'} without evidence]{tail}"


_SAID: dict[str, str] = {
    "number": "a number",
    "count": "a count",
    "time": "a time",
    "state": "a state",
    "port": "a port",
    "name": "a name",
    "image": "an image",
    "path": "a path",
    "env": "a variable",
    "cause": "a cause",
    "quote": "a quote",
    "act": "a claim of having acted",
    "command": "a command",
    "proposal": "a proposal",
    "rank": "a comparison",
    "trend": "a trend",
    "vague": "a judgement",
    "secret": "a hidden value",
    "exit code": "an exit code",
    "program": "a program",
    "none": "an absence",
    "event": "a happening",
    "link": "a link",
    "setting": "a setting",
    "version": "a version",
    "address": "an address",
    "signal": "a signal",
    "language": "a sentence in another language",
}
