"""The port that a container's own surroundings set: a variable that the program reads, or that its framework does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ergon_ops.packaging.analysis.configured import OTHERS
from ergon_ops.packaging.analysis.evidence import Application, Evidence

# Read by the framework itself, whatever the code says.
FRAMEWORKS = {
    "flask": ("FLASK_RUN_PORT",), "streamlit": ("STREAMLIT_SERVER_PORT",), "gradio": ("GRADIO_SERVER_PORT",),
    "robyn": ("ROBYN_PORT",), "spring-boot": ("SERVER_PORT",), "rocket": ("ROCKET_PORT",), "next": ("PORT",),
    "nuxt": ("NITRO_PORT", "PORT"), "sveltekit": ("PORT",), "astro": ("PORT",), "remix": ("PORT",),
    "react-router": ("PORT",), "rails": ("PORT",), "quarkus": ("QUARKUS_HTTP_PORT",),
    "micronaut": ("MICRONAUT_SERVER_PORT",),
}  # fmt: skip


def surrounded(
    found: Application, why: Sequence[Evidence], given: Iterable[tuple[str, int, Evidence]]
) -> tuple[int, Evidence] | None:
    """The first port of `given` that `found` is told by its environment; `why` are the lines its own port stands in."""
    reads = {variable.name for variable in found.variables}
    says = " ".join(row.says for row in why).lower()
    words = re.findall(r"\w*port\w*", says)
    for name, number, row in given:
        if name in FRAMEWORKS.get(found.type, ()) or f"${name}" in " ".join(found.run).replace("{", ""):
            return number, row
        own = name in reads and found.port is not None and not OTHERS.search(name)
        if own and (not words or any(name.lower().endswith(word) for word in words)):
            return number, row
    return None
