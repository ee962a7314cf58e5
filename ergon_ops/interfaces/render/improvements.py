"""`propose`: performance and hygiene apart, each with its formula, then what was withheld."""

from __future__ import annotations

import sys
from typing import Any

from ergon_ops.interfaces.render.console import put, styled
from ergon_ops.interfaces.render.proposal import show_block
from ergon_ops.interfaces.render.width import wrapped
from ergon_ops.settings import Settings

Document = dict[str, Any]
HEADS = {"performance": "Performance: what is promised is measured", "hygiene": "Hygiene: good practice"}


def show_improvements(settings: Settings, document: Document) -> None:
    rows: list[Document] = document["proposals"]
    if not rows and not document["withheld"]:
        print(f"Nothing would be better that the rules know of {document['container']}.")
        return
    for kind, head in HEADS.items():
        chosen = [row for row in rows if row["class"] == kind]
        if chosen:
            put(settings, styled(head, "bold"))
        for row in chosen:
            show_block(row)
    if document["withheld"]:
        put(settings, styled("Not proposed", "bold"))
    for row in document["withheld"]:
        step = f" -> {row['next']}" if row["next"] else ""
        print(wrapped(f"  {row['rule']}: {row['reason']}{step}", sys.stdout, indent="    "))
    if rows:
        last = f"Nothing has been done. To apply one and have it watched: ergon-ops approve {rows[0]['id']}"
        print(wrapped(last, sys.stdout))
