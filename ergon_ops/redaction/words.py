# ruff: noqa: SIM905 - a table of words reads best as words
"""The vocabulary of `keys`: words that make a name secret, that say what it is instead; values that hide nothing."""

from __future__ import annotations

# Found anywhere in the name, separators aside.
ANYWHERE = tuple(
    """password passwd passphrase passcode passwort kennwort contrasena contraseña motdepasse secret credential apikey
    accesskey privatekey privkey secretkey masterkey encryptionkey signingkey accountkey storagekey sharedkey
    servicekey licensekey deploykey sshkey authkey clientkey sessionkey apitoken authtoken accesstoken refreshtoken
    connectionstring mnemonic seedphrase recoverycode xamzsignature xgoogsignature""".split()
)
# One whole word of the name.
WORDS = frozenset("pass pw pwd token tokens cred creds dsn jwt bearer authorization".split())
# The last word of the name.
LAST = frozenset("auth key keys private salt pepper cookie otp totp sig sas pat".split())
# `MAX_TOKENS`, `input_tokens`: a number of them.
COUNTED = frozenset(
    "max min num number n total input output prompt completion cache cached read write used limit per sum avg".split()
)
ENDINGS = ("token", "pass", "pwd", "passw", "rootpw", "userpw", "adminpw", "bindpw", "dbpw", "mgrpw", "secrets")
NOT_ENDINGS = frozenset("compass bypass trespass surpass encompass overpass underpass multipass".split())
# What the last word says the value really is.
ABOUT = frozenset(
    """file files path paths dir directory folder name names url uri urls host hostname port type types method methods
    mode enabled enable disabled disable required require allowed ttl expiry expires expiration expire lifetime
    timeout length len size min max count limit limits age policy prefix suffix version algorithm alg algo provider
    backend format header field column ring arn issuer audience endpoint region server class module rotation interval
    manager check validation usage parallelism fingerprint hint label user username email domain realm scope scopes id
    ids kid status state seconds minutes hours days ms attempts retries encoding cost rounds strength complexity
    budget used total rate through thru bucket buckets per minute second day window context cached input output
    threshold index store keystore truststore alias exists plugin driver engine renewal refreshed created changed at
    on by bits digits charset pattern regex rule rules source reset change""".split()
)
# `X key` that is a name, not a secret.
KEY_OF = frozenset(
    """public pub primary foreign partition sort sorting cache routing group index unique composite row range shard
    lookup translation hot map message dedup deduplication idempotency ordering natural surrogate host press arrow tab
    env manifest config setting object bucket dict json yaml property hash registry label field column metric
    dimension join shortcut any some no missing unknown invalid duplicate sub topic record document event redis
    memcached current next previous first last i18n answer return enter escape function""".split()
)
# In running text a secret only with a random-looking value behind them.
WEAK = frozenset("key keys auth sig salt private cookie signature sas pat code".split())
NOTHING = frozenset(
    "true false yes no on off null none nil undefined unset empty 0 1 n/a - enabled disabled enable disable".split()
)
# Ways to authenticate, as values of `…_AUTH`.
METHODS = frozenset(
    """basic plain login ldap ldaps oauth oauth2 oidc saml sasl required optional md5 scram-sha-256 scram-sha-1 scram
    trust peer ident kerberos ntlm digest bearer jwt token password cram-md5 x509 cert mtls anonymous any default
    local pam internal external github google""".split()
)
# Words that follow `token:` or `password:` in a message, not in a setting.
MESSAGE = frozenset(
    """required sent
    missing invalid expired incorrect wrong failed failure not is was are be been empty unset set ok changed
    updated must too cannot can't could the a an for user from with without unexpected expected mismatch
    authentication authorization has have does did doesn't didn't unable rejected accepted revoked denied valid error
    unknown found created deleted loaded reading using used refresh refreshed reset bad malformed unauthorized
    forbidden success""".split()
)
