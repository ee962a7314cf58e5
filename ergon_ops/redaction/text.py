"""Secrets found in running text, as spans: typed tokens, URLs, headers, `key=value`, flags, and a few phrases.

Every pattern is linear in the length of the text: bounded or possessive runs that start only at a word's edge. A rule
is tried only if one of its hints occurs, so an ordinary log line costs a few microseconds.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from ergon_ops.redaction.keys import harmless, is_message, is_secret_key, is_weak_key, looks_random
from ergon_ops.redaction.tokens import LIBRARY, OURS

OPEN, CLOSE = "‹redacted:", "›"
Span = tuple[int, int, str]
Find = Callable[[str], Iterator[Span]]


class Rule(NamedTuple):
    hints: tuple[str, ...]
    find: Find


def marker(kind: str) -> str:
    return f"{OPEN}{kind}{CLOSE}"


def is_marked(value: str) -> bool:
    """True for what an earlier pass put there, so that a second pass changes nothing."""
    return value.startswith(OPEN) and value.endswith(CLOSE) and value.count(OPEN) == 1


def spans(text: str) -> list[Span]:
    """Every secret in `text`, in order and not overlapping; the widest of overlapping ones names the kind."""
    low = text.lower()
    found = [span for rule in rules() if any(hint in low for hint in rule.hints) for span in rule.find(text)]
    found = [span for span in found if span[0] < span[1] and not is_marked(text[span[0] : span[1]])]
    return _merged(sorted(found)) if len(found) > 1 else found


def _merged(found: list[Span]) -> list[Span]:
    merged = found[:1]
    for start, end, kind in found[1:]:
        last_start, last_end, last_kind = merged[-1]
        if start >= last_end:
            merged.append((start, end, kind))
            continue
        wider = kind if end - start > last_end - last_start else last_kind
        merged[-1] = (last_start, max(last_end, end), wider)
    return merged


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _matching(kind: str, pattern: str) -> Find:
    """Spans of the whole match, or of the group that matched where the pattern has groups. Compiled on first use."""

    def find(text: str) -> Iterator[Span]:
        for match in _compiled(pattern).finditer(text):
            start, end = match.span(match.lastindex or 0)
            yield start, end, kind

    return find


# ---- key = value -----------------------------------------------------------------------------------------------

_KEY = r"(?<![\w.\-])(-{0,2}[^\W\d_]?[\w.\-\[\]]{0,100})"
_PAIR = _KEY + r"\\{0,3}[\"'`]?\]?[ \t]{0,8}(=>|:=|={1,3}|!==?|::?)[ \t]{0,8}(?=[^\s=])"
_NEXT_PAIR = r"(?:[&;,]|&amp;)[ \t]?\\?[\"']?[A-Za-z_][\w.\- ]{0,60}\\?[\"']?[ \t]?[=:]"
_SCHEME = r"(?i)(?:bearer|basic|digest|token|apikey|negotiate|ntlm|aws4-hmac-sha256|hmac|signature|bot|splunk|key)[ \t]+(?=\S)"
_WHOLE_LINE = ("passphrase", "mnemonic", "seedphrase", "seed_phrase")


def _pairs(text: str) -> Iterator[Span]:
    """`key=value`, `key: value`, `"key": "value"`, `'key' => 'value'`, `Header: value`."""
    pair, position = _compiled(_PAIR), 0
    while match := pair.search(text, position):
        position = max(match.end(), position + 1)
        key = match.group(1).lstrip("-")
        if not (is_secret_key(key) or is_weak_key(key) or (key == "PWD" and text[position] != "/")):
            continue
        start, end = value_span(text, position, key)
        value = text[start:end]
        if _is_secret(key, value, match.group(2)):
            yield start, end, kind_of(key)
            position = max(end, position)


def _is_secret(key: str, value: str, operator: str) -> bool:
    if is_marked(value) or harmless(key, value):
        return False
    if is_weak_key(key):
        return looks_random(value) or (key.lower() == "auth" and ":" in value.strip(":") and "=" in operator)
    return not (operator in (":", "::") and is_message(key, value))


def value_span(text: str, start: int, key: str) -> tuple[int, int]:
    """Where the value that begins at `start` ends: its quote, the next pair, or white space."""
    opening = _compiled(r"(\\{0,3})([\"'`])").match(text, start)
    if opening:
        begin = opening.end()
        end = _closing(text, begin, opening.group(1) + opening.group(2))
        scheme = _compiled(_SCHEME).match(text, begin, end)
        return (scheme.end(), end) if scheme and "auth" in key.lower() else (begin, end)
    scheme = _compiled(_SCHEME).match(text, start)
    if scheme:
        start = scheme.end()
    if any(word in key.lower() for word in _WHOLE_LINE):
        return start, _line_end(text, start)
    if text[start : start + 1] == "[":
        return start, _compiled(r"\[[^\]\n]*+\]?").match(text, start).end()  # type: ignore[union-attr]
    if _compiled(r"\{[ \t]{0,4}(?:[\"'}]|\w{1,40}[ \t]?[:=]|$)").match(text, start):
        return start, start
    end = _compiled(r"\S*+").match(text, start).end()  # type: ignore[union-attr]
    return start, _trimmed(text, start, end)


def _closing(text: str, begin: int, quote: str) -> int:
    """The closing quote, an escaped one not counted; without one, the line's end."""
    position = begin
    while (position := text.find(quote, position)) >= 0:
        escaped = len(quote) == 1 and text[position - 1] == "\\" and position > begin
        if not escaped:
            return position
        position += 1
    return _line_end(text, begin)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _trimmed(text: str, start: int, end: int) -> int:
    """Without the next pair (`&user=`, `;Database=`, `,"x":`), a closing quote, or punctuation behind the value."""
    following = _compiled(_NEXT_PAIR).search(text, start, min(end + 64, len(text)))
    if following and following.start() < end:
        end = following.start()
    value = text[start:end]
    quoted = _compiled(r"\\{0,3}[\"'`](?=[\s,;:)\]}]|$)").search(value)
    if quoted and quoted.start() > 0:
        return start + quoted.start()
    tail = len(value)
    while tail > 1 and value[tail - 1] in ",;)]}>" and not _balanced(value[:tail]):
        tail -= 1
    return start + tail


def _balanced(value: str) -> bool:
    """A closing bracket that was opened in the value belongs to it."""
    opening = {")": "(", "]": "[", "}": "{", ">": "<"}.get(value[-1])
    return opening is not None and opening in value


def kind_of(key: str) -> str:
    """The marker's word for a key: password, token, key, credential … ."""
    low = key.lower()
    for part, kind in (
        ("pass", "password"), ("pwd", "password"), ("secret", "secret"), ("token", "token"), ("cookie", "cookie"),
        ("auth", "credential"), ("cred", "credential"), ("dsn", "dsn"), ("key", "key"), ("jwt", "token"), ("sig", "signature"),
    ):  # fmt: skip
        if part in low:
            return kind
    return "secret"


# ---- command lines ---------------------------------------------------------------------------------------------

_FLAG = r"(?<![\w\-])(--?[A-Za-z][\w.\-]{1,60})[\"']?,?[ \t]{1,4}(?=[^\s\-=|&>])"
_SWITCHES = (
    "no",
    "require",
    "enable",
    "disable",
    "allow",
    "skip",
    "with",
    "without",
    "use",
    "show",
    "rotate",
    "generate",
    "ask",
)
_PROGRAMS: tuple[tuple[str, str], ...] = (
    ("mysql mariadb", r"(?:mysql|mariadb)[\w.\-]*+(?:[ \t]++(?:(?!-p)\S)++)*?[ \t]++-p([^\s\"']++|\"[^\"\n]*+|'[^'\n]*+)"),
    ("sshpass", r"sshpass[ \t]+-p[ \t]{0,4}([^\s]++)"),
    ("redis valkey", r"(?:redis|valkey)-cli\b[^\n|;]{0,200}?[ \t]-a[ \t]{1,4}(\S++)"),
    ("docker podman helm", r"login\b[^\n|;]{0,200}?[ \t]-p[ \t]{0,4}(\S++)"),
    ("mongo", r"mongo\w*+\b[^\n|;]{0,200}?[ \t]-p[ \t]{1,4}([^\s\-]\S*+)"),
    ("ldap", r"ldap\w++\b[^\n|;]{0,200}?[ \t]-w[ \t]{0,4}(\S++)"),
    ("sqlcmd", r"sqlcmd\b[^\n|;]{0,200}?[ \t]-P[ \t]{0,4}(\S++)"),
    ("zip 7z", r"\b(?:un)?(?:zip|7z)\b[^\n|;]{0,200}?[ \t](?:-P[ \t]{1,4}|-p)([^\s\-]\S*+)"),
    ("htpasswd", r"htpasswd[ \t]+-\w*b\w*[^\n|;]{0,100}?[ \t]\S++[ \t]+\S++[ \t]+(\S++)"),
    ("rabbitmqctl", r"rabbitmqctl[ \t]+(?:add_user|change_password)[ \t]+\S++[ \t]+(\S++)"),
    ("-u --user", r"(?<!\S)[\"']?(?:-u|--user|--proxy-user|-U)[\"']?[ \t=,]{0,4}[\"']?[\w.@\-]{1,80}[:%]([^\s\"'@/]{2,}+)"),
    ("pass:", r"\bpass:([^\s\"']++)"),
    ("identified by", r"(?i)identified[ \t]+by[ \t]+(?:password[ \t]+)?['\"]([^'\"\n]++)"),
    ("password '", r"(?i)\bpassword[ \t]+(?:=[ \t]*)?'([^'\n]++)'"),
    ("env arg", r"\b(?:ENV|ARG)[ \t]+(?i:\w*(?:pass(?:word|wd)?|secret|token|api_?key|credential)s?)[ \t]+([^\s=]\S*+)"),
    ("requirepass masterauth masteruser", r"\b(?:requirepass|masterauth)[\"']?,?[ \t]+[\"']?([^\s\"']++)"),
    ("auth", r"(?:^|[\"'> ])AUTH[\"']?[ \t]+[\"']?(?:default[ \t]+)?(?=\S*\d|[\"']|\S+$)([^\s\"':=‹]{4,}+)[\"']?$"),
    ("machine", r"\bmachine[ \t]++\S++[ \t\n]++login[ \t]++\S++[ \t\n]++password[ \t]++(\S++)"),
)  # fmt: skip


def _flags(text: str) -> Iterator[Span]:
    """`--password value`, `-storepass value`, also as `"--password", "value"`."""
    flag, position = _compiled(_FLAG), 0
    while match := flag.search(text, position):
        position = match.end()
        key = match.group(1).lstrip("-")
        if key.split("-")[0].split("_")[0] in _SWITCHES or not (is_secret_key(key) or is_weak_key(key)):
            continue
        start, end = value_span(text, position, key)
        value = text[start:end]
        weak = is_weak_key(key) and not looks_random(value) and ":" not in value
        if not (weak or is_marked(value) or harmless(key, value)):
            yield start, end, kind_of(key)
            position = max(end, position)


# ---- URLs and headers ------------------------------------------------------------------------------------------

_HOST = r"(?=[\w.\-\[%‹$*<{(]|$)"
_URL_PASSWORD = (
    r"://[^\s:/@\"'<>,?#\[\]]{0,200}:"
    r"((?![0-9]{1,5}(?:[/?#,]|$))[^\s\"'<>]{1,400}@|[^\s/?#\"'<>]{1,400}@)" + _HOST
)
_URL_USER = r"://([^\s:/@\"'<>?#]{16,400})@"
_HEADER_COOKIE = r"(?i)\b(?:set-)?cookie2?[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?=\S)"
_COOKIE = r"([\w.\-!#$%&*+^`|~]{1,80})=(\"[^\"\n]*+\"|[^;\s\"']++)"
_COOKIE_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "version", "priority"})


def _url_passwords(text: str) -> Iterator[Span]:
    for match in _compiled(_URL_PASSWORD).finditer(text):
        start, end = match.span(1)
        value = text[start : end - 1]
        if not (is_marked(value) or _compiled(r"\$\{?\w+\}?|\*+|%s|<\w+>").fullmatch(value)):
            yield start, end - 1, "password"
    for match in _compiled(_URL_USER).finditer(text):
        if looks_random(match.group(1)):
            yield *match.span(1), "credential"


def _cookies(text: str) -> Iterator[Span]:
    for header in _compiled(_HEADER_COOKIE).finditer(text):
        for match in _compiled(_COOKIE).finditer(
            text, header.end(), min(_line_end(text, header.end()), header.end() + 8192)
        ):
            if match.group(1).lower() not in _COOKIE_ATTRIBUTES:
                yield *match.span(2), "cookie"


def _basic(text: str) -> Iterator[Span]:
    """`Basic dXNlcjpwYXNz`: base64 that decodes to `user:password`, with or without the header's name."""
    for match in _compiled(r"(?i)\bbasic[ \t]+([A-Za-z0-9+/_-]{6,}+={0,2})").finditer(text):
        try:
            decoded = base64.b64decode(
                match.group(1) + "=" * (-len(match.group(1)) % 4), altchars=b"-_", validate=False
            )
        except (binascii.Error, ValueError):
            continue
        if b":" in decoded:
            yield *match.span(1), "credential"


def _digest(text: str) -> Iterator[Span]:
    """The rest of an Authorization header that is a list: `Digest username=…, response=…`, `AWS4-HMAC-SHA256 …`."""
    for match in _compiled(
        r"(?i)\bauthorization[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?:digest|aws4-hmac-sha256)[ \t]+"
    ).finditer(text):
        yield match.end(), _line_end(text, match.end()), "credential"


# ---- the rest --------------------------------------------------------------------------------------------------

_SAID = (
    r"(?i)\b(?:password|passwd|passphrase|passcode|pwd)[ \t]+(?:is[ \t]+|was[ \t]+|to[ \t]+|=[ \t]*)?[\"'`]?"
    r"(?=[^\s\"'`]{0,60}[0-9!@#$%^&*])([^\s\"'`:=(‹]{5,}+)"
)
_SAID_TOKEN = (
    r"(?i)\b(?:token|api[ -]?key|secret)[ \t]+(?:is[ \t]+|was[ \t]+)?[\"'`]?([A-Za-z0-9_~+/.\-]{16,}+)(?![\w:=/])"
)


def _said(text: str) -> Iterator[Span]:
    """`login with password hunter2 failed`: a word that looks like one, behind the word."""
    for match in _compiled(_SAID).finditer(text):
        yield match.start(1), _trimmed_sentence(text, *match.span(1)), "password"
    for match in _compiled(_SAID_TOKEN).finditer(text):
        if looks_random(match.group(1)):
            yield match.start(1), _trimmed_sentence(text, *match.span(1)), "token"


def _trimmed_sentence(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip(".,;:!?)]}>"))


def _base64_line(text: str) -> Iterator[Span]:
    """A line that is nothing but 60 to 80 letters of base64: the inside of a key file. Hex digests are not meant."""
    for match in _compiled(r"(?m)^[ \t]*+([A-Za-z0-9+/]{60,80}={0,2})[ \t\r]*+$").finditer(text):
        line = match.group(1)
        if any(c.isupper() for c in line) and any(c.islower() for c in line) and any(c.isdigit() for c in line):
            yield *match.span(1), "base64"


_KEY_HINTS = (
    "pass", "pwd", "secret", "token", "key", "cred", "auth", "dsn", "private", "cookie", "jwt", "bearer", "salt", "pw=",
    "sig", "mnemonic", "seed", "contrase", "kennwort", "motdepasse", "recovery", "connectionstring", "_pw", "otp", "sas=", "pat=",
    "pw:", "pw\"", "pepper",
)  # fmt: skip


@cache
def rules() -> tuple[Rule, ...]:
    typed = [Rule(row.hints, _matching(row.kind, row.pattern)) for row in LIBRARY if row.pattern]
    typed += [Rule(hints, _matching(kind, pattern)) for kind, hints, pattern in OURS]
    programs = [Rule(tuple(hint.split(" ")) if "'" not in hint and hint != "identified by" else (hint,),
                     _matching("password", pattern)) for hint, pattern in _PROGRAMS]  # fmt: skip
    return (
        *typed,
        *programs,
        Rule(_KEY_HINTS, _pairs),
        Rule(tuple(f"-{hint}" for hint in ("",)), _flags),
        Rule(("://",), _url_passwords),
        Rule(("@tcp(", "@unix("), _matching("password", r"(?<![\w.\-])[\w.\-]{1,80}:([^\s@]{1,200}+)@(?:tcp|unix)\(")),
        Rule((":thin:",), _matching("password", r":thin:[\w.\-]{1,60}/([^\s@/]{1,100}+)@")),
        Rule((":5432:", ":5433:", ":6432:"), _matching("password", r":(?:5432|5433|6432):[\w.*\-]{1,80}:[\w.*\-]{1,80}:(\S++)")),
        Rule(("<pass", "<pwd", "<secret", "<token", "key>", "<cred"), _matching(
            "secret", r"(?i)<((?:[\w.:\-]{0,40}(?:password|passwd|pwd|secret|token|apikey|privatekey|credentials?)))(?:[ \t][^<>]{0,200})?>"
            r"([^<>\n]{1,400}+)</")),
        Rule(("cookie",), _cookies),
        Rule(("basic",), _basic),
        Rule(("authorization",), _digest),
        Rule(("bearer",), _matching("token", r"(?i)\bbearer[ \t]+(?=[A-Za-z._~+/=\-]{0,80}[0-9])([A-Za-z0-9._~+/=\-]{8,}+)")),
        Rule(("passw", "passphrase", "passcode", "pwd", "token", "key", "secret"), _said),
        Rule(("+", "/", "="), _base64_line),
    )  # fmt: skip
