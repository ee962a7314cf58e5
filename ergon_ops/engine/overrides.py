"""What a container was given beyond its image, and whether it has values somebody believes it has.

Values stay here: what leaves is the names of variables, and `equal or not` for a value the asker knows already.
"""

from __future__ import annotations

from collections.abc import Mapping

from ergon_ops.engine.documents import Document, words
from ergon_ops.engine.inspection import environment_of
from ergon_ops.engine.protocols import Overrides
from ergon_ops.redaction import redact_command


def overrides(container: Document, image: Document, expected: Mapping[str, str]) -> Overrides:
    """`image` may be empty: a removed image takes what it said with it, then everything counts as given."""
    has, usual = environment_of(container), environment_of(image)
    given = tuple(key for key, value in has.items() if usual.get(key) != value)
    equal = {key: has[key] == value for key, value in expected.items() if key in has}
    return Overrides(given, equal, _command(container, image), known=bool(image))


def _command(container: Document, image: Document) -> tuple[str, ...] | None:
    """The words given instead of the image's; None for the image's own. A command with a secret in it is not told."""
    own, usual = words(container, "Config.Cmd"), words(image, "Config.Cmd")
    if own == usual or not own or words(container, "Config.Entrypoint") != words(image, "Config.Entrypoint"):
        return None
    shown = redact_command(own)
    return tuple(own) if "‹redacted" not in shown else None
