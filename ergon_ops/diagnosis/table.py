"""The table of all rules as Markdown: `python -m ergon_ops.diagnosis.table > docs/rules.md`."""

from __future__ import annotations

import sys

from ergon_ops.diagnosis import RULES, Rule

HEAD = """# What the rules find

Made from the rules themselves (`python -m ergon_ops.diagnosis.table`). A *fault* is a cause of trouble, proven by the
facts it cites; an *audit* result is something that could be better and is never offered as a cause. A *symptom* says
how a fault shows, and gives way to any cause that is found. Each finding's `details` has at least the keys named here.

| cause | what it says | nature | severity | details | cured by |
| --- | --- | --- | --- | --- | --- |
"""


def table() -> str:
    return HEAD + "".join(
        _row(RULES[cause]) for cause in sorted(RULES, key=lambda key: (RULES[key].nature != "fault", key))
    )


def _row(rule: Rule) -> str:
    nature = "symptom" if rule.symptom else rule.nature
    details, fixes = (", ".join(f"`{word}`" for word in words) or "-" for words in (rule.details, rule.fixes))
    return f"| `{rule.cause}` | {rule.what} | {nature} | {rule.severity} | {details} | {fixes} |\n"


if __name__ == "__main__":
    sys.stdout.write(table())
