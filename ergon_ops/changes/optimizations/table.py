"""All optimizations as Markdown: `python -m ergon_ops.changes.optimizations.table > docs/optimizations.md`."""

from __future__ import annotations

import sys

from ergon_ops.changes.optimizations import OPTIMIZATIONS, Optimization

HEAD = """# What would be better

Made from the rules themselves (`python -m ergon_ops.changes.optimizations.table`). `ergon-ops propose NAME` shows each
with its numbers filled in. *Performance* promises something that is measured after the change; *hygiene* does not. What
raises a limit looks twice, five seconds apart; what lowers memory wants three hours of history and 100 samples. A rule
that is a *cure* speaks only where a finding names its cause.

| rule | what it does | class | change | formula | source | cures |
| --- | --- | --- | --- | --- | --- | --- |
"""


def table() -> str:
    return HEAD + "".join(_row(rule) for rule in OPTIMIZATIONS.values())


def _row(rule: Optimization) -> str:
    kinds, cures = (", ".join(f"`{word}`" for word in words) or "-" for words in (rule.kinds, rule.cures))
    purpose = f"{rule.purpose}, cure" if rule.only_cures else rule.purpose
    return f"| {rule.id} | {rule.what} | {purpose} | {kinds} | {rule.formula} | {rule.source} | {cures} |\n"


if __name__ == "__main__":
    sys.stdout.write(table())
