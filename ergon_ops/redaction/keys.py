"""Which names promise a secret, and which values are none whatever their name says.

A name is split into words (`DB_PASSWORD`, `apiKey`, `--db-pass`), because substrings lie: MONKEY, KEYBOARD,
TOKENIZERS_PARALLELISM and COMPASS_URL hide nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Found anywhere in the name, separators aside.
_ANYWHERE = (
    "password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "contrasena", "contraseña", "motdepasse",
    "secret", "credential", "apikey", "accesskey", "privatekey", "privkey", "secretkey", "masterkey", "encryptionkey",
    "signingkey", "accountkey", "storagekey", "sharedkey", "servicekey", "licensekey", "deploykey", "sshkey", "authkey",
    "clientkey", "sessionkey", "apitoken", "authtoken", "accesstoken", "refreshtoken", "connectionstring", "mnemonic",
    "seedphrase", "recoverycode", "xamzsignature", "xgoogsignature",
)  # fmt: skip
# One whole word of the name.
_WORDS = frozenset({"pass", "pw", "pwd", "token", "tokens", "cred", "creds", "dsn", "jwt", "bearer", "authorization"})
# The last word of the name.
_LAST = frozenset({"auth", "key", "keys", "private", "salt", "pepper", "cookie", "otp", "totp", "sig", "sas", "pat"})
_ENDINGS = ("token", "pass", "pwd", "passw", "rootpw", "userpw", "adminpw", "bindpw", "dbpw", "mgrpw", "secrets")
_NOT_ENDINGS = frozenset(
    {"compass", "bypass", "trespass", "surpass", "encompass", "overpass", "underpass", "multipass"}
)
# What the last word says the value really is.
_ABOUT = frozenset(
    "file files path paths dir directory folder name names url uri urls host hostname port type types method methods mode "
    "enabled enable disabled disable required require allowed ttl expiry expires expiration expire lifetime timeout "
    "length len size min max count limit limits age policy prefix suffix version algorithm alg algo provider backend "
    "format header field column ring arn issuer audience endpoint region server class module rotation interval "
    "manager check validation usage parallelism fingerprint hint label user username email domain realm scope scopes "
    "id ids kid status state seconds minutes hours days ms attempts retries encoding cost rounds strength complexity "
    "budget used total rate through thru bucket buckets per minute second day window context cached input output "
    "threshold index store keystore truststore alias exists plugin driver engine renewal refreshed created changed "
    "at on by bits digits charset pattern regex rule rules source reset change".split()
)
# `X key` that is a name, not a secret.
_KEY_OF = frozenset(
    "public pub primary foreign partition sort sorting cache routing group index unique composite row range shard "
    "lookup translation hot map message dedup deduplication idempotency ordering natural surrogate host press arrow tab "
    "env manifest config setting object bucket dict json yaml property hash registry label field column metric dimension "
    "join shortcut any some no missing unknown invalid duplicate sub topic record document event redis memcached "
    "current next previous first last i18n answer return enter escape function".split()
)
WEAK = frozenset({"key", "keys", "auth", "sig", "salt", "private", "cookie", "signature", "sas", "pat", "otp", "code"})
_PROSE_KEY = frozenset({"auth", "token", "secret", "password", "credential", "credentials"})

_SPLIT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-zß-ÿ]+|\d+")
_HEX = re.compile(
    r"[0-9a-f]+|[0-9A-F]+|(?:sha256:)?[0-9a-f]{12,64}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)
_PATH = re.compile(
    r"(?:~|\.{1,2})?/[\w.@+-]+(?:/[\w.@+-]+)+/?|/?[\w.-]+\.(?:pem|key|crt|cer|json|ya?ml|txt|p12|jks|pub)"
)
_PLACEHOLDER = re.compile(
    r"\$[A-Z_][A-Z0-9_]{2,}|\$\{\w+\}|\$\(\w+\)|%\(?\w+\)?s?%?|\*+|[xX]{3,}|\.{3,}|…+|<[a-z][a-z _-]*>|\{\{[\w .$]+\}\}|\{\w*\}"
)
_NOTHING = frozenset(
    "true false yes no on off null none nil undefined unset empty 0 1 n/a - enabled disabled enable disable".split()
)
_METHODS = frozenset(
    "basic plain login ldap ldaps oauth oauth2 oidc saml sasl required optional md5 scram-sha-256 scram-sha-1 scram trust "
    "peer ident kerberos ntlm digest bearer jwt token password cram-md5 x509 cert mtls anonymous any default local pam "
    "internal external github google".split()
)
# Words that follow `token:` or `password:` in a message, not in a setting.
_MESSAGE = frozenset(
    "required missing invalid expired incorrect wrong failed failure not is was are be been empty unset set ok changed "
    "updated must too cannot can't could the a an for user from with without unexpected expected mismatch authentication "
    "authorization has have does did doesn't didn't unable rejected accepted revoked denied valid error unknown found "
    "created deleted loaded reading using used refresh refreshed reset bad malformed unauthorized forbidden success".split()
)


@lru_cache(maxsize=4096)
def words_of(key: str) -> tuple[str, ...]:
    """`MYSQL_ROOT_PASSWORD` and `mysqlRootPassword` → mysql root password; trailing numbers dropped."""
    words = [word.lower() for word in _SPLIT.findall(key[:200])]
    while words and words[-1].isdigit():
        words.pop()
    return tuple(words)


@lru_cache(maxsize=4096)
def is_secret_key(key: str) -> bool:
    """True if a value of that name is to be hidden: DB_PASSWORD, apiKey, REDIS_AUTH, SENTRY_DSN, private_key."""
    if key in ("PWD", "OLDPWD", "key", "keys"):
        return False
    words = words_of(key)
    if not words or (words[-1] in _ABOUT and len(words) > 1):
        return False
    joined = "".join(words)
    if any(part in joined for part in _ANYWHERE) or not _WORDS.isdisjoint(words):
        return True
    return any(_ends_secret(word) for word in words) or _last_is_secret(words)


def _ends_secret(word: str) -> bool:
    return word.endswith(_ENDINGS) and word not in _NOT_ENDINGS


def _last_is_secret(words: tuple[str, ...]) -> bool:
    last = words[-1]
    if last in ("key", "keys"):
        return len(words) == 1 or words[-2] not in _KEY_OF
    return last in _LAST or (last.endswith("auth") and last != "oauth")


def is_weak_key(key: str) -> bool:
    """Bare `key`, `auth`, `sig` …: in running text only a random-looking value behind them is a secret."""
    return key.lower().lstrip("-") in WEAK


def looks_random(value: str) -> bool:
    """Letters and digits mixed, at least 12; hashes, ids, uuids and paths are not meant."""
    if len(value) < 12 or _HEX.fullmatch(value) or _PATH.fullmatch(value):
        return False
    return any(letter.isdigit() for letter in value) and any(letter.isalpha() for letter in value)


def harmless(key: str, value: str) -> bool:
    """True for a value that hides nothing although its name says so: a switch, a placeholder, a method, a path."""
    low = value.strip().lower()
    if not low or low in _NOTHING or _PLACEHOLDER.fullmatch(value.strip()):
        return True
    words = words_of(key)
    last = words[-1] if words else ""
    if last in ("tokens", "pass") and low.replace(".", "").replace(",", "").isdigit() and len(low) < 8:
        return True
    if last.endswith("auth") and low in _METHODS:
        return True
    return last in ("key", "keys", "auth", "private", "cookie", "token") and _PATH.fullmatch(value) is not None


def is_message(key: str, value: str) -> bool:
    """`token: expired`, `password: must not be empty`: a sentence about the secret, not the secret."""
    return value.rstrip(".,;:!").lower() in _MESSAGE
