"""What the servers say: sentences composed from the facts, schemas and instructions of the request, by rules.

A question touches topics. Facts of a topic are said with their numbers and ids; without facts the tool whose
description or schema speaks of the topic is called; without a tool it is said that nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Rule:
    """Patterns: the question's words, the names of facts that answer it, and the tools that read them."""

    topic: str
    asked: str
    facts: str
    tool: str


RULES = (
    Rule("status", r"status|how are you|state\b|health|alive", r"state|health|uptime", r"\bstate\b"),
    Rule("memory", r"\bmemory|\bram\b", r"memory_(working_set|limit|ratio|usage)", r"\bmemory\b"),
    Rule("cpu", r"\bcpu|throttl", r"cpu_\w+", r"\bcpu\b"),
    Rule("ports", r"\bports?\b|\bserv(e|ing|ices?)\b|listen", r"serving|listener|published_port", r"listen|\bports\b"),
    Rule("logs", r"\blogs?\b|errors?\b", r"log_\w+", r"\blog lines\b"),
    Rule("dependencies", r"depend|upstream|talk to", r"link|depends_on", r"dependenc"),
    Rule("events", r"what happened|events?\b|died|killed", r"event|exit_code|oom_killed", r"deaths|events"),
    Rule("trouble", r"\bwhy\b|wrong|problem|slow|trouble", r"(?!)", r"\bfindings\b"),
    Rule("restart", r"\brestart\b|reboot", r"(?!)", r"propose to restart"),
)
# `[e7] memory_ratio: 45%`, `[e9] serving nginx:80: listening`, `e12 memory_working_set 41 MiB`
FACT = re.compile(r"^\s*\[?(e\d+)\]?:? ([a-z][a-z_0-9]*)(?:(?: (.*?))?(?:: | = )| )(\S.*)$", re.MULTILINE)
FINDING = re.compile(r"^(?:finding about \S+: )?(fault|audit) (\w+) \((\w+)\) \[([^\]]*)\]: (.+)$", re.MULTILINE)
PROPOSAL = re.compile(r"^proposal (p-\w+): (\w+) (\S+),", re.MULTILINE)
CITES = re.compile(r"\bid\b|\bcite|\[e\d+\]", re.IGNORECASE)


@dataclass
class ToolSeen:
    name: str
    description: str
    schema: dict[str, Any]

    @property
    def text(self) -> str:
        return f"{self.name} {self.description} {self.schema}".lower()


@dataclass
class Asked:
    """A request in neutral words. `said` is everything a person or a tool gave since the last answer, in order."""

    model: str
    instructions: str
    tools: list[ToolSeen]
    question: str
    said: list[str]
    called: list[str]
    limit: int


@dataclass
class Call:
    tool: str
    arguments: dict[str, Any]


@dataclass
class Reply:
    text: str = ""
    calls: list[Call] = field(default_factory=list)
    thinking: str = ""


def composed(asked: Asked, rules: Sequence[Rule] = RULES) -> Reply:
    topics = [rule for rule in rules if re.search(rule.asked, asked.question, re.IGNORECASE)]
    sentences: list[str] = []
    calls: list[Call] = []
    for rule in topics:
        known = _sentences(rule, asked)
        tool = next((tool for tool in asked.tools if re.search(rule.tool, tool.text)), None)
        if known:
            sentences += known
        elif tool is not None and tool.name not in asked.called and tool.name not in [call.tool for call in calls]:
            calls.append(Call(tool.name, _arguments(tool, rule, asked.question)))
        elif tool is not None:
            sentences.append(f"The tool {tool.name} gave nothing about {rule.topic}.")
        else:
            sentences.append(f"I have no fact about {rule.topic}, and no tool that reads it.")
    sentences += _errors(asked)
    if calls:
        return Reply("", calls, f"{len(calls)} facts are missing.")
    return Reply(" ".join(dict.fromkeys(sentences)) or _otherwise(asked), [], "The facts are there.")


def _sentences(rule: Rule, asked: Asked) -> list[str]:
    text = "\n".join(asked.said)
    if rule.topic == "trouble":
        return [
            _cited(summary.rstrip("."), re.findall(r"e\d+", ids), asked) for *_, ids, summary in FINDING.findall(text)
        ]
    if rule.topic == "restart":
        return [
            f"I propose {kind} of {target}; a person approves it with `ergon-ops approve {id}`."
            for id, kind, target in PROPOSAL.findall(text)
        ]
    found = [match for match in FACT.findall(text) if re.fullmatch(rule.facts, match[1])]
    return [_cited(f"{_words(name, key)} is {value.rstrip('.')}", [id], asked) for id, name, key, value in found[:4]]


def _words(name: str, key: str) -> str:
    words = name.replace("_", " ")
    return f"{words[0].upper()}{words[1:]}" + (f" {key.strip()}" if key.strip() else "")


def _cited(sentence: str, ids: Iterable[str], asked: Asked) -> str:
    """With ids in brackets if the instructions ask for them."""
    marks = ", ".join(ids)
    return f"{sentence} [{marks}]." if marks and CITES.search(asked.instructions) else f"{sentence}."


def _errors(asked: Asked) -> list[str]:
    found = re.findall(r"^error: (.+)$", "\n".join(asked.said), re.MULTILINE)
    return [f"I could not read it: {line.rstrip('.')}." for line in found]


def _otherwise(asked: Asked) -> str:
    if re.search(r"who are you|your name|your role", asked.question, re.IGNORECASE):
        known = dict(re.findall(r"^(your name|role|container): (.+)$", asked.instructions, re.MULTILINE))
        name, container = known.get("your name", "nobody"), known.get("container", "nothing")
        return f"I am {name}, for {container}: {known.get('role', '')}."
    return "I have no fact about that."


def _arguments(tool: ToolSeen, rule: Rule, question: str) -> dict[str, Any]:
    """Required ones, and of a list of names those that the topic is about."""
    arguments: dict[str, Any] = {}
    for name, schema in tool.schema.get("properties", {}).items():
        options = schema.get("items", {}).get("enum") or schema.get("enum")
        if options and schema.get("type") == "array":
            fitting = [item for item in options if re.search(rule.asked, item, re.IGNORECASE) or item in question]
            if fitting:
                arguments[name] = fitting
        elif name in tool.schema.get("required", ()):
            kinds: dict[Any, Any] = {"string": "", "integer": 100, "number": 60, "boolean": False, "array": []}
            arguments[name] = options[0] if options else kinds.get(schema.get("type"), {})
    return arguments


def question_in(text: str) -> str:
    """The words of the person in a message that may carry data before them."""
    without = re.sub(r"<data>.*?</data>", "", text, flags=re.DOTALL)
    return without.rpartition("Question:")[2].strip()
