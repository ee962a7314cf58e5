"""Secrets known by what stands around them: URLs, headers, command lines of known programs, and a few sentences."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator

from ergon_ops.redaction.compiled import Span, compiled, is_marked
from ergon_ops.redaction.keys import looks_random
from ergon_ops.redaction.pairs import line_end

Find = Callable[[str], Iterator[Span]]

# kind, hints, pattern; the span is the group that matched.
PHRASES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("password", ("mysql", "mariadb"),
     r"(?:mysql|mariadb)[\w.\-]*+(?:[ \t]++(?!-p)\S++){0,40}[ \t]++"
     r"-p(?:\"([^\"\n]++)|'([^'\n]++)|([^\s\"'\-][^\s\"']*+))"),
    ("password", ("sshpass",), r"sshpass[ \t]+-p[ \t]{0,4}(\S++)"),
    ("password", ("redis-cli", "valkey-cli"),
     r"(?:redis|valkey)-cli\b(?:[ \t]++(?!-a\b)\S++){0,40}[ \t]++-a[ \t]++(\S++)"),
    ("password", ("login",), r"\blogin\b(?:[ \t]++(?!-p)\S++){0,40}[ \t]++-p[ \t]{0,4}([^\s\-]\S*+)"),
    ("password", ("mongo",), r"mongo\w*+(?:[ \t]++(?!-p\b)\S++){0,40}[ \t]++-p[ \t]++([^\s\-]\S*+)"),
    ("password", ("ldap",), r"\bldap\w++(?:[ \t]++(?!-w)\S++){0,40}[ \t]++-w[ \t]{0,4}(\S++)"),
    ("password", ("sqlcmd",), r"sqlcmd(?:[ \t]++(?!-P)\S++){0,40}[ \t]++-P[ \t]{0,4}(\S++)"),
    ("password", ("zip", "7z"),
     r"\b(?:unzip|zip|7za?)(?:[ \t]++(?!-[pP])\S++){0,40}[ \t]++(?:-P[ \t]++|-p)([^\s\-]\S*+)"),
    ("password", ("htpasswd",), r"htpasswd[ \t]++-\w*b\w*+(?:[ \t]++-\w++)*+[ \t]++\S++[ \t]++\S++[ \t]++(\S++)"),
    ("password", ("rabbitmqctl",), r"rabbitmqctl[ \t]++(?:add_user|change_password)[ \t]++\S++[ \t]++(\S++)"),
    ("password", ("curl", "wget", "smbclient", "httpie"),
     r"(?<!\S)[\"']?(?:-u|--user|--proxy-user|-U)[\"']?[ \t=,]{0,4}[\"']?"
     r"[\w.@\-]{1,80}[:%](?![0-9]{1,6}(?:\s|$))([^\s\"'@/]{2,}+)"),
    ("password", ("openssl",), r"openssl(?:[ \t]++(?!-[kK]\b)\S++){0,40}[ \t]++-[kK][ \t]++(\S++)"),
    ("secret", ("value=",),
     r"(?i)(?:key|name)=[\"'][^\"'\n]{0,80}?(?:pass|pwd|secret|token|credential)[^\"'\n]{0,80}[\"'][ \t]{1,8}"
     r"value=[\"']([^\"'\n]{1,400})"),
    ("secret", (" is", " was"),
     r"(?i)\b(?:password|passwd|passphrase|passcode|secret|token|api[ -]?key)[ \t]++(?:is|was)[ \t]{0,4}[:=][ \t]{0,4}"
     r"[\"'`]?([^\s\"'`]{3,}+)"),
    ("password", ("pass:",), r"\bpass:([^\s\"']++)"),
    ("password", ("identified",), r"(?i)identified[ \t]++by[ \t]++(?:password[ \t]++)?['\"]([^'\"\n]++)"),
    ("password", ("password '", 'password "'), r"(?i)\bpassword[ \t]++'([^'\n]++)'"),
    ("secret", ("env ", "arg "),
     r"\b(?:ENV|ARG)[ \t]++(?i:\w{0,60}?(?:pass(?:word|wd)?|secret|token|api_?key|credentials?))[ \t]++([^\s=]\S*+)"),
    ("password", ("requirepass", "masterauth"), r"\b(?:requirepass|masterauth)[\"']?,?[ \t]++[\"']?([^\s\"':=]++)"),
    ("password", ("auth ", 'auth"'),
     r"(?m)(?:^|[\"'> ])AUTH[\"']?[ \t]++[\"']?(?:default[\"']?[ \t]++[\"']?)?([^\s\"':=‹]{4,}+)[\"']?$"),
    ("password", ("machine",), r"\bmachine\s++\S++\s++login\s++\S++\s++password\s++(\S++)"),
    ("password", ("@tcp(", "@unix("), r"(?<![\w.\-])[\w.\-]{1,80}:([^\s@]{1,200}+)@(?:tcp|unix)\("),
    ("password", (":thin:",), r":thin:[\w.\-]{1,60}/([^\s@/]{1,100}+)@"),
    ("password", (":5432:", ":5433:", ":6432:"), r":(?:5432|5433|6432):[\w.*\-]{1,80}:[\w.*\-]{1,80}:(\S++)"),
    ("secret", ("</",),
     r"(?i)<[\w.:\-]{0,40}?(?:password|passwd|pwd|secret|token|api-?key|private-?key|credentials?)"
     r"(?:[ \t][^<>]{0,200})?>([^<>\n]{1,400})</"),
    ("credential", ("authorization",),
     r"(?i)\bauthorization[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?:digest|aws4-hmac-sha256)[ \t]++([^\n]++)"),
    ("token", ("bearer",), r"(?i)\bbearer[ \t]++(?=[A-Za-z._~+/=\-]{0,80}[0-9])([A-Za-z0-9._~+/=\-]{8,}+)"),
)  # fmt: skip

_URL_PASSWORD = (
    r"://[^\s:/@\"'<>,?#\[\]]{0,200}:"
    r"((?![0-9]{1,5}(?:[/?#,]|$))[^\s\"'<>]{1,400}@|[^\s/?#\"'<>]{1,400}@)(?=[\w.\-\[%‹$*<{(]|$)"
)
_URL_USER = r"://([^\s:/@\"'<>?#]{16,400})@"
_COOKIES = r"(?i)\b(?:set-)?cookie2?[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?=\S)"
_COOKIE = r"([\w.\-!#$%&*+^`|~]{1,80})=(\"[^\"\n]*+\"|[^;\s\"']++)"
_COOKIE_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "version", "priority"})
_LONGEST_HEADER = 8192
_SAID = (
    r"(?i)\b(?:password|passwd|passphrase|passcode|pwd)[ \t]+(?:is[ \t]+|was[ \t]+|to[ \t]+)?[\"'`]?"
    r"(?=[^\s\"'`]{0,60}[0-9!@#$%^&*])([^\s\"'`:=(‹]{5,}+)"
)
_SAID_TOKEN = (
    r"(?i)\b(?:token|api[ -]?key|secret)[ \t]+(?:is[ \t]+|was[ \t]+)?[\"'`]?([A-Za-z0-9_~+/.\-]{16,}+)(?![\w:=/])"
)
_PLACEHOLDER = r"\$\{?\w+\}?|\*+|%s|<\w+>|\{\w*\}"


def phrases(kind: str, pattern: str) -> Find:
    """Spans of the group that matched. Also in a list of arguments (`["redis-cli", "-a", "x"]`), read as one line."""

    def find(text: str) -> Iterator[Span]:
        for read in {text, _as_line(text)}:
            for match in compiled(pattern).finditer(read):
                yield *match.span(match.lastindex or 0), kind

    return find


def _as_line(text: str) -> str:
    """A JSON list of words as a line of the same length, so that a span in one is a span in the other."""
    if '["' not in text and '", "' not in text and '","' not in text:
        return text
    inner = compiled(r"(?<=[^,]) ").sub("_", text)
    return compiled(r"\[\"|\",[ \t]?\"|\"\]").sub(lambda match: " " * len(match.group()), inner)


def url_passwords(text: str) -> Iterator[Span]:
    """`scheme://user:PASSWORD@host`, reserved characters in it included; a token in the user's place."""
    for match in compiled(_URL_PASSWORD).finditer(text):
        start, end = match.span(1)
        value = text[start : end - 1]
        if not is_marked(value) and not compiled(_PLACEHOLDER).fullmatch(value):
            yield start, end - 1, "password"
    for match in compiled(_URL_USER).finditer(text):
        if looks_random(match.group(1)):
            yield *match.span(1), "credential"


def cookies(text: str) -> Iterator[Span]:
    """The values of a Cookie or Set-Cookie header; attributes such as Path stay."""
    position = 0
    while header := compiled(_COOKIES).search(text, position):
        position = min(line_end(text, header.end()), header.end() + _LONGEST_HEADER)
        for match in compiled(_COOKIE).finditer(text, header.end(), position):
            if match.group(1).lower() not in _COOKIE_ATTRIBUTES:
                yield *match.span(2), "cookie"


def basic(text: str) -> Iterator[Span]:
    """`Basic dXNlcjpwYXNz`: base64 that decodes to `user:password`, with or without the header's name."""
    for match in compiled(r"(?i)\bbasic[ \t]++([A-Za-z0-9+/_-]{6,}+={0,2})").finditer(text):
        padded = match.group(1).rstrip("=")
        try:
            decoded = base64.b64decode(padded + "=" * (-len(padded) % 4), altchars=b"-_")
        except (binascii.Error, ValueError):
            continue
        if b":" in decoded:
            yield *match.span(1), "credential"


def said(text: str) -> Iterator[Span]:
    """`login with password hunter2 failed`: a word that looks like one, behind the word."""
    for match in compiled(_SAID).finditer(text):
        yield match.start(1), _without_stop(text, *match.span(1)), "password"
    for match in compiled(_SAID_TOKEN).finditer(text):
        if looks_random(match.group(1)):
            yield match.start(1), _without_stop(text, *match.span(1)), "token"


def _without_stop(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip(".,;:!?)]}>"))


def base64_line(text: str) -> Iterator[Span]:
    """A line that is nothing but 60 to 80 letters of base64: the inside of a key file. Hex digests are not meant."""
    for match in compiled(r"(?m)^[ \t]*+([A-Za-z0-9+/]{60,80}={0,2})[ \t\r]*+$").finditer(text):
        line = match.group(1)
        if any(c.isupper() for c in line) and any(c.islower() for c in line) and any(c.isdigit() for c in line):
            yield *match.span(1), "base64"
