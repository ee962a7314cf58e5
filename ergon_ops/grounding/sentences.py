"""A stream of text cut into sentences as it comes: what is handed out, joined, is what came in."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily, words

MOST = 2_000
ABBREVIATIONS = words(
    """
    e.g i.e etc vs approx max min no nr fig st mr mrs ms dr prof inc ltd co jr sr cf ca al est dept sec hrs hr a.m
    p.m jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun u.s
    """
)
_FENCE = lazily(r"^[ \t]*(```|~~~)", re.M)
_STOP = lazily(r"[.!?…]+[\"'”’)\]*_`]*(?=\s)|[。！？｡]+[\"'”’)\]*_`」』]*|\n")
_ITEM = lazily(r"^\s*(?:\d{1,3}|[a-zA-Z])$")
_WORD = lazily(r"[\w.]+$")
# `up for 1 h. worker exited`: a unit ends a sentence, unless what follows goes on with the length it is of.
_UNITS = words("h hr hrs min sec s d m")
_LENGTH = lazily(r"\d\s+[a-z]+$", re.I)
_FOLLOWS = lazily(r"\s+[\"'“`*_(]*(?P<word>[a-z][\w.-]*)(?=[^\w.-])")
_GOES_ON = words(
    """
    ago of after before and or nor to in at on for with without from until till since per later earlier old left window
    windows interval intervals long max by while but which that because then than as is are was were has have had if
    when during within into over under between each every more less total grace timeout time-out delay uptime average
    avg ahead behind away remaining so far only plus
    """
)


class Sentences:
    """Feed deltas, get whole sentences with the blanks behind them; `end` gives what is left.

    Lines of lists and rows of tables are sentences; a code fence is one, up to its end.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, delta: str) -> list[str]:
        self._held += delta
        return self._take(final=False)

    def end(self) -> list[str]:
        return self._take(final=True)

    def _take(self, *, final: bool) -> list[str]:
        parts: list[str] = []
        while self._held:
            at = self._cut(final=final)
            if not at:
                if len(self._held) <= MOST:
                    break
                at = self._forced()
            parts.append(self._held[:at])
            self._held = self._held[at:]
        if final and self._held:
            parts.append(self._held)
            self._held = ""
        return parts

    def _cut(self, *, final: bool) -> int:
        """Where the first whole sentence ends, blanks included; 0 if it may go on."""
        text = self._held[:MOST]
        lead = len(text) - len(text.lstrip())
        if fence := _FENCE.match(text, text.rfind("\n", 0, lead) + 1):
            close = re.compile(rf"^[ \t]*{fence[1]}[ \t]*(?:\n|$)", re.M).search(text, fence.end())
            whole = close is not None and (close[0].endswith("\n") or final)
            return close.end() if close is not None and whole else 0
        for stop in _STOP.finditer(text, lead):
            if stop[0] == "\n":
                return self._blanks(text, stop.end(), final=final)
            if self._ends(text, stop.start(), stop[0]):
                return self._blanks(text, stop.end(), final=final)
        return 0

    @staticmethod
    def _blanks(text: str, at: int, *, final: bool) -> int:
        """Blanks go with the sentence before them: a line's indent goes with the line. A stop at the very end of what
        came is whole once the blank after it is there."""
        while at < len(text) and text[at] in " \t" and text[at - 1] != "\n":
            at += 1
        while at < len(text) and text[at] == "\n":
            at += 1
        return at

    @staticmethod
    def _ends(text: str, at: int, mark: str) -> bool:
        """Whether the stop at `at` ends a sentence: not after an abbreviation, an initial or a list's number."""
        if mark.startswith(("..", "…")):
            return False  # a pause: the line's end or the next stop will do
        if mark[0] != ".":
            return True
        line = text[text.rfind("\n", 0, at) + 1 : at]
        if _ITEM.match(line):
            return False
        word = _WORD.search(line)
        if word is None:
            return True
        last = word[0].lower()
        if last not in ABBREVIATIONS and not (len(last) == 1 and last.isalpha() and last != "i"):
            return True
        follows = text[at + 1 :].lstrip()
        if last in _UNITS and _LENGTH.search(line):
            word = _FOLLOWS.match(text, at + 1)
            after = word["word"].rstrip(".") if word is not None else ""
            if follows[:1].isupper() or (len(after) > 1 and after not in _GOES_ON and after not in ABBREVIATIONS):
                return True
        return last in ("etc", "p.m", "a.m", "sec", "min", "max", "no", "hr", "hrs") and follows[:1].isupper()

    def _forced(self) -> int:
        """Too long for a sentence: cut at the last blank that still fits."""
        text = self._held[:MOST]
        at = max(text.rfind(" "), text.rfind("\n"))
        return at + 1 if at > MOST // 2 else MOST
