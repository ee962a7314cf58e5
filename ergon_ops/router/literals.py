"""What is quoted out of a machine: addresses, paths, files, variables, versions, error codes. Nobody is called so,
unless the whole of it is a container's very name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_FILES = (
    "conf|cfg|cnf|ini|toml|ya?ml|json|env|log|txt|md|csv|xml|html?|css|jsx?|tsx?|py|rb|php|sh|sql|jar|war|gz|tgz|tar|zip|bz2|zst"
    "|dump|bak|lock|pid|sock|crt|pem|dll|exe|bin|parquet|pdf|png|jpe?g|mp4|mkv|properties"
)
# In this order: the first that fits says what it is.
_KINDS = (
    ("url", r"\b[a-z][a-z0-9+.-]{1,15}://[^\s'\"<>),]+"),
    ("mail", r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b"),
    ("address", r"\b\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d{1,5})?\b"),
    ("path", r"(?<![\w./@-])~?/[\w.@%+~-]+(?:/[\w.@%+~-]*)*|(?<=:)/[\w.@%+~-]+(?:/[\w.@%+~-]*)*|\b[A-Za-z]:\\\S+"),
    ("file", rf"(?<![\w@-])[\w-]*(?:\.[\w-]+)*\.(?:{_FILES})\b(?![.-]?\w)"),
    ("variable", r"\$\{?\w+\}?|(?<![\w-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b(?:=\S+)?"),
    ("option", r"(?<![\w-])--[a-z][\w-]*(?:=\S+)?"),
    ("version", r"(?<![\w.-])v\d+(?:\.\d+)*(?:[-+][\w.]+)?\b|(?<![\w.:-])\d+\.\d+(?:\.\d+)*(?:[-+][\w.]+)?\b"),
    ("class", r"\b[a-z]\w*(?:\.[a-z]\w*)*\.[A-Z]\w+\b"),
    ("error", r"\b(?:[A-Z][a-z]+|[A-Z]{2,4})*[A-Z][a-z]+(?:Error|Exception|Timeout|Warning|Killed|BackOff)\b"),
)
_ANY = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS))
_WORTH = re.compile(r"[A-Z$/@\\]|\.\w|--|\bv?\d+\.|\bv\d|://")  # without any of these there is nothing to find
_SHOUTED = re.compile(r"\b[A-Z][A-Z0-9]{2,}\b")
_SMALL = re.compile(r"\b[a-z]{2,}\b")


class Literal(NamedTuple):
    """`kind` is one of the words above, or `shouted` for a word in capitals."""

    kind: str
    start: int
    end: int


def literals(text: str) -> Iterator[Literal]:
    if not _WORTH.search(text):
        return
    for match in _ANY.finditer(text):
        yield Literal(str(match.lastgroup), match.start(), match.end())
    if _SMALL.search(text):
        for match in _SHOUTED.finditer(text):
            yield Literal("shouted", match.start(), match.end())
