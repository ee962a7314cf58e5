"""What a container wrote, made safe to show: no escapes, no control, bidi or invisible characters, one line."""

from __future__ import annotations

import unicodedata

from ergon_ops.redaction.compiled import compiled

_ESCAPES = (
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]?"  # CSI: colours, cursor
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*+(?:\x07|\x1b\\|\x9c)"  # OSC: titles, links, clipboard
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c\n]*+(?:\x1b\\|\x9c)"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*+[0-~]?"
)
_BREAKS = r"[ \t]*+(?:\r\n|[\n\x0b\x0c\x85\u2028\u2029])[ \t]*+"
# Letters and marks that show nothing: fillers, joiners, variation selectors.
_INVISIBLE = r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
_BREAK = " ⏎ "


def neutralise(text: str, limit: int = 4000) -> str:
    """`text` as one harmless line of at most `limit` characters; a cut is marked with how much is missing.

    Redact before cutting (`safe_text` does): half a token no longer looks like one.
    """
    if not text.isprintable() or not text.isascii():
        text = _printable(text)
    return cut(text, limit)


def _printable(text: str) -> str:
    if "\x1b" in text or any(mark in text for mark in "\x90\x98\x9b\x9d\x9e\x9f"):
        text = compiled(_ESCAPES).sub("", text)
    text = text.replace("\t", " ").strip("\r\n")
    text = compiled(_INVISIBLE).sub("", compiled(_BREAKS).sub(_BREAK, text)).replace("\r", " ")
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _stand_in(letter) for letter in text)


def _stand_in(letter: str) -> str:
    """Undecodable bytes, private and unknown letters stay visible as �; control and format characters vanish."""
    category = unicodedata.category(letter)
    if category in ("Zs", "Zl", "Zp"):
        return " "
    return "" if category in ("Cc", "Cf") else "�"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the mark included: `… (+1,234 characters)`."""
    if len(text) <= limit:
        return text
    mark = f"… (+{len(text) - max(limit - 24, 0):,} characters)"
    return text[: max(limit - 24, 0)] + mark
