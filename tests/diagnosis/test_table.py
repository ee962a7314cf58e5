"""The table in the docs is the rules', and what rules ask for exists."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from ergon_ops.diagnosis import RULES, Rule
from ergon_ops.diagnosis.table import table
from ergon_ops.facts import FACTS
from ergon_ops.logtemplates.signals import kinds
from ergon_ops.policy import KINDS

DOCS = Path(__file__).parent.parent.parent / "docs" / "rules.md"
KEYS = {
    "env_key", "port", "target_port", "host_port", "listen_address", "exit_code", "signal", "path", "mount", "host",
    "network", "alias", "peer", "user", "image", "service", "setting", "value", "expected", "limit_bytes", "used_bytes",
    "cpus", "ratio", "count",
}  # fmt: skip


def test_the_table_in_the_docs_is_made_from_the_rules() -> None:
    assert DOCS.read_text("utf-8") == table(), "python -m ergon_ops.diagnosis.table > docs/rules.md"


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.cause)
def test_each_rule_says_what_it_finds_and_uses_known_words(rule: Rule) -> None:
    assert rule.what.endswith("."), "the docstring's first line is a sentence"
    assert set(rule.details) <= KEYS
    assert set(rule.fixes) <= set(KINDS)
    source = inspect.getsource(rule.function)
    asked = re.findall(r"scene\.(?:get|all|value|number|text|flag)\(\s*\w+,\s*\"(\w+)\"", source)
    assert set(asked) <= set(FACTS)
    signals = re.findall(r"scene\.(?:signals|current)\(\s*\w+((?:,\s*\"\w+\")+)", source)
    assert {word for part in signals for word in re.findall(r"\"(\w+)\"", part)} <= kinds()
