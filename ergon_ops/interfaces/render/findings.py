"""`diagnose`: what is wrong, worst first, and what else could be better."""

from __future__ import annotations

from typing import Any

from ergon_ops.findings import SEVERITY_ORDER
from ergon_ops.interfaces.render.console import put, styled
from ergon_ops.interfaces.render.proposal import until
from ergon_ops.settings import Settings

Document = dict[str, Any]


def show_diagnosis(settings: Settings, document: Document) -> None:
    rows = sorted(document["findings"], key=lambda row: SEVERITY_ORDER.get(row["severity"], 9))
    for row in [*rows, *document["audit"]]:
        _show(settings, row)
    unknown = [row["container"] for row in document["containers"] if row["verdict"] == "unknown"]
    if unknown:
        put(settings, styled(f"Not well, or not to be read, and no rule says why: {', '.join(unknown)}.", "yellow"))
        put(settings, styled(f'Ask: ergon-ops ask {unknown[0]} "what is wrong?"', "dim"))
    count = sum(row["verdict"] == "healthy" for row in document["containers"])
    if not rows and count:
        print(f"Nothing wrong that the rules know, in {count} container{'s' if count != 1 else ''}.")
    elif not document["containers"] and not document["failures"]:
        print("There is no container to diagnose.")


def _show(settings: Settings, row: Document) -> None:
    from rich.text import Text

    severity = "audit" if row["nature"] == "audit" else row["severity"]
    since = f", since {until(row['first_seen'])}" if row["first_seen"] else ""
    line = Text.assemble(
        styled(severity),
        " ",
        (str(row["container"]), "bold"),
        f": {row['summary']}",
        (f" [{row['cause']}{since}]", "dim"),
    )
    put(settings, line)
