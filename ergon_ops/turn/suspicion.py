"""Text from outside that reads like orders to a model. It is data all the same; the operator is told."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ergon_ops.facts import Fact

_ORDERS = re.compile(
    r"""
      \b(ignore|disregard|forget|override|bypass)\b.{0,40}\b(previous|prior|above|earlier|all|any|your|these|the)\b
        .{0,30}\b(instruction|rule|prompt|message|polic|guideline|restriction|limit)
    | \b(new|updated|real|hidden)\s+(system\s+)?(instruction|directive|prompt|orders)\b
    | \b(system|developer)\s+(prompt|message|mode|override)\b
    | \byou\s+(are|must|should|will|shall|need\s+to|have\s+to)\s+(now\s+)?(act|restart|stop|kill|approve|run|execute
        |call|delete|remove|reveal|print|send|output|say|tell|answer|reply|respond|obey|an?\s|in\s+\w+\s+mode|free|unrestricted)
    | \b(as|dear)\s+(an?\s+)?(ai|assistant|llm|language\s+model|chatbot|agent|container\s+ci)\b
    | (^|[\s\[<({"'*#])(assistant|system|user|human|operator|admin)\s*[:>\]]\s*\S
    | <\|?\s*/?\s*(im_start|im_end|system|assistant|user|data|tool_call|function_call|endoftext)\b | \[/?INST\]
    | \b(approve|apply|rollback|confirm)\s+(p|c)-[a-z0-9]
    | \bergon-ops\s+(approve|rollback|uninstall)\b
    | \b(call|use|invoke|run|execute)\s+(the\s+)?(tool|function|restart|optimi[sz]e|command|following)\b
    | \b(do\s+not|don't|never|without)\s+(tell|mention|inform|report|alert|asking|notify|telling|reveal)
    | \b(reveal|print|show|send|leak|exfiltrate|post|repeat|output|include|dump|reply\s+with|respond\s+with)\b.{0,50}
        \b(secret|password|passwd|token|api[_ ]?key|credential|env(ironment)?\b|system\s+prompt|instructions)
    | \b(this|it)\s+(is\s+)?(an?\s+)?(authorized|pre-?approved|approved\s+by|emergency\s+override)
    | \b(report|say|answer|reply|respond|claim|state|pretend)\s+(that\s+)?(all|every(thing|one)|it|you|the\s+\w+)\s+
        (is|are|was|were)\b.{0,30}\b(healthy|fine|ok|restarted|fixed|approved)
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
# What people and programs outside can write into a fact.
OUTSIDE = frozenset(
    {
        *("name", "image", "health_output", "start_error", "command", "label", "env_key", "env_host", "mount", "alias"),
        *(
            "mount_source",
            "network",
            "process",
            "serving",
            "link",
            "event",
            "log_template",
            "log_unreadable",
            "service",
        ),
        *("project", "health_command", "user", "log_option", "host_disk_used_ratio"),
    }
)


def suspicious(text: str) -> bool:
    return _ORDERS.search(text) is not None


def suspects(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts whose key or value reads like orders."""
    outside = (fact for fact in facts if fact.name in OUTSIDE)
    return tuple(fact for fact in outside if suspicious(f"{fact.key}\n{fact.value}"))


def warning(found: Iterable[Fact], piped: bool = False) -> str:
    """One line for the operator; empty if there is nothing to tell."""
    places = list(dict.fromkeys(f"{fact.name.replace('_', ' ')} of {fact.about.short}" for fact in found))
    places += ["the text that came with the question"] if piped else []
    if not places:
        return ""
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return f"text in {', '.join(places[:3])}{more} reads like instructions to a model; it was given to it as data only"
