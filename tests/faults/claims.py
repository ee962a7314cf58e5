"""A finding's sentence against the facts it cites: each number and each container's name in it must come from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

JSON = dict[str, Any]
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w]*\d)")
# A word with letters in it: digits of a name are no number that is claimed.
NAME = re.compile(r"[\w.-]*[A-Za-z][\w.-]*\w")
# Said of everything: PID 1, one process, nothing.
FREE = frozenset({0.0, 1.0, 2.0})
SCALES = (1.0, 100.0, 1000.0, 1e6, 1e9, 1 / 1e3, 1 / 1e6, 1 / 1e9, 1 / 2**10, 1 / 2**20, 1 / 2**30, 1 / 60, 1 / 3600)


def unsupported(finding: JSON, facts: Mapping[str, JSON], others: Iterable[str]) -> list[str]:
    """What the summary says and neither the cited facts nor their details carry."""
    summary = str(finding["summary"])
    cited = [facts[id] for id in finding["evidence"] if id in facts]
    known = list(_numbers(cited, finding["details"]))
    said = {str(finding["container"]), *map(str, finding["victims"])}
    text = " ".join(f"{fact['key']} {fact['value']}" for fact in cited) + f" {finding['details']}"
    there = f"{text} {' '.join(said)}"
    plain = NAME.sub(lambda name: "" if name[0] in there else name[0], summary)
    found = [word for word in NUMBER.findall(plain) if not _carried(word, known)]
    found += [name for name in others if name in summary and name not in said and name not in text]
    return [f"{word!r} in {summary!r}" for word in found]


def _numbers(cited: Iterable[JSON], details: Mapping[str, Any]) -> Iterator[float]:
    values = [part for fact in cited for part in (fact["value"], fact["key"], fact["window_s"])]
    texts: list[str] = []
    for value in [*values, *details.values()]:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield float(value)
        else:
            texts.append(str(value))
    for text in texts:
        yield from (float(word) for word in re.findall(r"\d+(?:\.\d+)?", text))
    yield float(len(list(cited)))


def _carried(word: str, known: list[float]) -> bool:
    said = abs(float(word))
    if said in FREE:
        return True
    digits = len(word.partition(".")[2])
    slack = 0.51 * 10**-digits
    for value in map(abs, known):
        for scale in SCALES:
            if abs(value * scale - said) <= max(slack, 0.005 * said):
                return True
    # A difference or a share of two facts: so much of so much, so much more than before.
    pairs = [(a, b) for a in known for b in known if a != b]
    return any(abs(abs(a - b) - said) <= slack or (b and abs(100 * a / b - said) <= slack) for a, b in pairs)
