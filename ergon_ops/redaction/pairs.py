"""`key=value`, `key: value`, `"key": "value"`, `--key value`: values of keys that promise a secret."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.redaction.compiled import Span, compiled, is_marked
from ergon_ops.redaction.keys import harmless, is_message, is_secret_key, is_weak_key, looks_random

# One of these must occur in a text before its pairs and flags are looked at.
KEY_HINTS = (
    "pass", "pwd", "secret", "token", "key", "cred", "auth", "dsn", "private", "cookie", "jwt", "bearer", "salt", "pw=",
    "pw:", 'pw"', "sig", "mnemonic", "seed", "contrase", "kennwort", "motdepasse", "recovery", "connectionstring",
    "otp", "sas=", "pat=", "pepper", "_pw", "-pw",
)  # fmt: skip
_PAIR = (
    r"(?<![\w.\-])([\w.\-][\w.\-\[\]]{0,100})"
    r"\\{0,3}[\"'`]?\]?[ \t]{0,8}(=>|->|:=|={1,3}|!==?|::?)[ \t]{0,8}(?=[^\s=])"
)
_NEXT_PAIR = r"(?:[&;,]|&amp;)[ \t]?\\?[\"']?[A-Za-z_][\w.\- ]{0,60}\\?[\"']?[ \t]?[=:]"
_SCHEME = (
    r"(?i)(?:bearer|basic|digest|token|apikey|negotiate|ntlm|aws4-hmac-sha256|hmac|signature|bot|splunk|key)"
    r"[ \t]+(?=\S)"
)
_FLAG = r"(?<![\w\-])(--?[A-Za-z][\w.\-]{1,60})[\"']?,?[ \t]{1,4}(?=[^\s\-=|&>])"
# `--no-auth FILE`, `--require-token`: switches, what follows is not their value.
_SWITCHES = frozenset(
    "no require enable disable allow skip with without use show rotate generate ask".split()  # noqa: SIM905
)
# What redis answers, as it is on the wire: no option of a command line.
_ANSWER = r"-(?:NOAUTH Authentication|WRONGPASS invalid)\b"
_WHOLE_LINE = ("passphrase", "mnemonic", "seedphrase", "seed_phrase")
_KINDS = (
    ("pass", "password"), ("pwd", "password"), ("secret", "secret"), ("token", "token"), ("cookie", "cookie"),
    ("auth", "credential"), ("cred", "credential"), ("dsn", "dsn"), ("key", "key"), ("jwt", "token"),
    ("sig", "signature"),
)  # fmt: skip


def kind_of(key: str) -> str:
    """The marker's word for a key: password, token, key, credential … ."""
    low = key.lower()
    return next((kind for part, kind in _KINDS if part in low), "secret")


def keyed(text: str) -> Iterator[Span]:
    yield from pairs(text)
    if "-" in text:
        yield from flags(text)


def pairs(text: str) -> Iterator[Span]:
    pair, position = compiled(_PAIR), 0
    while match := pair.search(text, position):
        position = max(match.end(), position + 1)
        key = match.group(1).lstrip("-")
        if not (is_secret_key(key) or is_weak_key(key) or (key == "PWD" and text[position] != "/")):
            continue
        if (port := _port_behind(text, match.start(1), position)) > position:
            position = port
            continue
        start, end = value_span(text, position, key)
        if _is_secret(key, text[start:end], match.group(2)):
            yield start, end, kind_of(key)
            position = max(end, position)


def _port_behind(text: str, start: int, position: int) -> int:
    """Where the port of a host ends that is only called like a key: `http://token-service:8080/`. A password there
    would have an @ behind it."""
    if text[start - 3 : start] != "://" or text[position - 1 : position] != ":":
        return position
    return _run(r"\d{2,5}(?=[/?#\s\"'`,;)\]}>]|$)", text, position)


def _is_secret(key: str, value: str, operator: str) -> bool:
    if is_marked(value) or harmless(key, value):
        return False
    if is_weak_key(key):
        return looks_random(value) or (key.lower() == "auth" and ":" in value.strip(":") and "=" in operator)
    return not (operator in (":", "::") and is_message(value))


def flags(text: str) -> Iterator[Span]:
    """`--password value`, `-storepass value`, also as `"--password", "value"`."""
    flag, position = compiled(_FLAG), 0
    while match := flag.search(text, position):
        position = match.end()
        key = match.group(1).lstrip("-")
        if key.split("-")[0].split("_")[0] in _SWITCHES or not (is_secret_key(key) or is_weak_key(key)):
            continue
        if compiled(_ANSWER).match(text, match.start(1)):
            continue
        start, end = value_span(text, position, key)
        value = text[start:end]
        weak = is_weak_key(key) and not looks_random(value) and ":" not in value
        if not (weak or is_marked(value) or harmless(key, value)):
            yield start, end, kind_of(key)
            position = max(end, position)


def value_span(text: str, start: int, key: str) -> tuple[int, int]:
    """Where the value that begins at `start` ends: its quote, the next pair, or white space."""
    opening = compiled(r"(\\{0,3})([\"'`])").match(text, start)
    if opening:
        begin = opening.end()
        end = _closing(text, begin, opening.group(1) + opening.group(2))
        scheme = compiled(_SCHEME).match(text, begin, end) if "auth" in key.lower() else None
        return (scheme.end(), end) if scheme else (begin, end)
    scheme = compiled(_SCHEME).match(text, start)
    start = scheme.end() if scheme else start
    if any(word in key.lower() for word in _WHOLE_LINE):
        return start, line_end(text, start)
    if text.startswith("[", start):
        return start, _run(r"\[[^\]\n]*+\]?", text, start)
    if compiled(r"\{[ \t]{0,4}(?:[\"'}]|\w{1,40}[ \t]?[:=]|$)").match(text, start):
        return start, start
    return start, _trimmed(text, start, _run(r"\S*+", text, start))


def _run(pattern: str, text: str, start: int) -> int:
    match = compiled(pattern).match(text, start)
    return match.end() if match else start


def line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _closing(text: str, begin: int, quote: str) -> int:
    """The closing quote, an escaped one not counted; without one, the line's end."""
    position = begin
    while (position := text.find(quote, position)) >= 0:
        if len(quote) > 1 or position == begin or text[position - 1] != "\\":
            return position
        position += 1
    return line_end(text, begin)


def _trimmed(text: str, start: int, end: int) -> int:
    """Without the next pair (`&user=`, `;Database=`, `,"x":`), a closing quote, or punctuation behind the value."""
    following = compiled(_NEXT_PAIR).search(text, start, min(end + 64, len(text)))
    if following and following.start() < end:
        end = following.start()
    value = text[start:end]
    quoted = compiled(r"\\{0,3}[\"'`](?=[\s,;:)\]}]|$)").search(value)
    if quoted and quoted.start() > 0:
        return start + quoted.start()
    tail = len(value)
    while tail > 1 and value[tail - 1] in ",;)]}>" and not _opened(value, value[tail - 1]):
        tail -= 1
    return start + tail


def _opened(value: str, closing: str) -> bool:
    """A closing bracket that was opened in the value belongs to it."""
    opening = {")": "(", "]": "[", "}": "{", ">": "<"}.get(closing)
    return opening is not None and opening in value
