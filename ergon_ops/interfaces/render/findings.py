"""`diagnose`: what is wrong, worst first, and what else could be better."""

from __future__ import annotations

from typing import Any

from ergon_ops.findings import SEVERITY_ORDER
from ergon_ops.interfaces.render.console import put, styled
from ergon_ops.interfaces.render.proposal import until
from ergon_ops.settings import Settings

Document = dict[str, Any]
FEW, NAMED = 3, 4


def show_diagnosis(settings: Settings, document: Document) -> None:
    rows = sorted(document["findings"], key=lambda row: SEVERITY_ORDER.get(row["severity"], 9))
    for row in rows:
        _show(settings, row)
    if len(document["containers"]) > FEW:
        _show_together(settings, document["audit"])
    else:
        for row in document["audit"]:
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


def _show_together(settings: Settings, rows: list[Document]) -> None:
    """What an audit says of many: each thing once, with those it is about; one by one would be pages."""
    from rich.text import Text

    about: dict[str, list[Document]] = {}
    for row in rows:
        about.setdefault(str(row["cause"]), []).append(row)
    for cause, same in sorted(about.items(), key=lambda item: (-len(item[1]), item[0])):
        names = ", ".join(str(row["container"]) for row in same[:NAMED])
        more = f" and {len(same) - NAMED} more" if len(same) > NAMED else ""
        line = Text.assemble(
            styled("audit"), " ", (names, "bold"), f"{more}: {same[0]['summary']}", (f" [{cause}]", "dim")
        )
        put(settings, line)
    if rows:
        put(settings, styled("One at a time: ergon-ops diagnose NAME", "dim"))
