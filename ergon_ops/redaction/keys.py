"""Which names promise a secret, and which values are none whatever their name says.

A name is split into words (`DB_PASSWORD`, `apiKey`, `--db-pass`), because substrings lie: MONKEY, KEYBOARD,
TOKENIZERS_PARALLELISM and COMPASS_URL hide nothing.
"""

from __future__ import annotations

from functools import lru_cache

from ergon_ops.redaction.compiled import compiled
from ergon_ops.redaction.words import (
    ABOUT,
    ANYWHERE,
    COUNTED,
    ENDINGS,
    KEY_OF,
    LAST,
    MESSAGE,
    METHODS,
    NOT_ENDINGS,
    NOTHING,
    WEAK,
    WORDS,
)

_SPLIT = r"[A-Z]+(?![a-z])|[A-Z]?[a-zß-ÿ]+|\d+"
_HEX = (
    r"[0-9a-f]+|[0-9A-F]+|(?:sha256:)?[0-9a-f]{12,64}"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)
_PATH = (
    r"(?:~|\.{1,2})?/[\w.@+-]+(?:/[\w.@+-]+)+/?"
    r"|/?[\w.-]+\.(?:pem|key|crt|cer|json|ya?ml|txt|p12|jks|pub)"
)
_PLACEHOLDER = (
    r"\$[A-Z_][A-Z0-9_]{2,}|\$\{\w+\}|\$\(\w+\)|%\(?\w+\)?s?%?|\*+|[xX]{3,}|\.{3,}|…+"
    r"|<[a-z][a-z _-]*>|\{\{[\w .$]+\}\}|\{\w*\}"
)
# Where a database is, without who asks for it: `orders-db:5432`, `tcp(db:3306)/shop`, `postgres://db:5432/shop`.
_ADDRESS = r"(?:[a-z][a-z0-9+]{1,20}://)?(?:(?:tcp|unix)?\()?(?!\d+:)[A-Za-z0-9][A-Za-z0-9.-]{0,60}:\d{2,5}\)?(?:/[a-z_-]{0,20})?[:/,;]?"
_ONE_ITEM = r"\[\s*([\"'])([^\"'\n]+)\1\s*\]"


@lru_cache(maxsize=4096)
def words_of(key: str) -> tuple[str, ...]:
    """`MYSQL_ROOT_PASSWORD` and `mysqlRootPassword` → mysql root password; trailing numbers dropped."""
    words = [word.lower() for word in compiled(_SPLIT).findall(key[:200])]
    while words and words[-1].isdigit():
        words.pop()
    return tuple(words)


@lru_cache(maxsize=4096)
def is_secret_key(key: str) -> bool:
    """True if a value of that name is to be hidden: DB_PASSWORD, apiKey, REDIS_AUTH, SENTRY_DSN, private_key."""
    if key in ("PWD", "OLDPWD", "key", "keys"):
        return False
    words = words_of(key)
    if not words or (words[-1] in ABOUT and len(words) > 1):
        return False
    if words[-1] == "tokens" and not COUNTED.isdisjoint(words):
        return False
    joined = "".join(words)
    if any(part in joined for part in ANYWHERE) or not WORDS.isdisjoint(words):
        return True
    return any(_ends_secret(word) for word in words) or _last_is_secret(words)


def _ends_secret(word: str) -> bool:
    return word.endswith(ENDINGS) and word not in NOT_ENDINGS


def _last_is_secret(words: tuple[str, ...]) -> bool:
    last = words[-1]
    if last in ("key", "keys"):
        return len(words) == 1 or words[-2] not in KEY_OF
    return last in LAST or (last.endswith("auth") and last != "oauth")


def is_weak_key(key: str) -> bool:
    """Bare `key`, `auth`, `sig` …: in running text only a random-looking value behind them is a secret."""
    return key.lower().lstrip("-") in WEAK


def looks_random(value: str) -> bool:
    """Letters and digits mixed, at least 12; hashes, ids, uuids and paths are not meant."""
    if len(value) < 12 or compiled(_HEX).fullmatch(value) or compiled(_PATH).fullmatch(value):
        return False
    return any(letter.isdigit() for letter in value) and any(letter.isalpha() for letter in value)


def harmless(key: str, value: str) -> bool:
    """True for a value that hides nothing although its name says so: a switch, a placeholder, a method, a path."""
    low = value.strip().lower()
    if not low or low in NOTHING or compiled(_PLACEHOLDER).fullmatch(value.strip()):
        return True
    words = words_of(key)
    last = words[-1] if words else ""
    if last in ("tokens", "pass") and low.replace(".", "").replace(",", "").isdigit() and len(low) < 8:
        return True
    if last.endswith("auth") and low in METHODS:
        return True
    if last == "dsn" and compiled(_ADDRESS).fullmatch(value.strip()):
        return True
    return (
        last in ("key", "keys", "auth", "private", "cookie", "token") and compiled(_PATH).fullmatch(value) is not None
    )


def is_message(value: str) -> bool:
    """`token: expired`, `API_KEY: [ 'Required' ]`: a word or a sentence about the secret, not the secret."""
    item = compiled(_ONE_ITEM).fullmatch(value)
    said = item[2] if item else value
    return said.rstrip(".,;:!").lower() in MESSAGE or (item is not None and said.endswith("received undefined"))
