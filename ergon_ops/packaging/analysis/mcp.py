"""Servers of the Model Context Protocol: they speak over standard streams, or over HTTP where that is said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ergon_ops.packaging.analysis.tree import Tree, aside, relative

SPOKEN = ("http", "sse", "streamable-http")
MADE = ("http_app", "streamable_http_app", "sse_app")  # what a server of ASGI is given of one
USUAL = 8000  # of FastMCP
OPTION = re.compile(rf"(?:--transport|-t)[= ](?:{'|'.join(SPOKEN)})(?:\s|$)")


def spoken_port(tree: Tree, folder: str, words: Sequence[str]) -> int | None:
    """The port of what these words start, if they have it speak HTTP."""
    from ergon_ops.packaging.analysis.syntax import parsed

    if not OPTION.search(" ".join(words)):
        return None
    own = [path for path in tree.under(folder, ".py") if not aside(relative(path, folder)) and "MCP" in tree.text(path)]
    read = (parsed(tree, path, tree.text(path)) for path in own)
    return next((number for one in read if one for number, _ in one.ports), USUAL if own else None)
