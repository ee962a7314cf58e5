"""Patterns of what programs say about the variables they are given: one that is missing, one that they cannot use.
As `signaltable.py`; data only.

Many libraries read the environment, each with words of its own; those here were seen with the real ones: os.environ,
pydantic, environs, decouple, starlette, zod, envalid, env-var, joi, dotenv-safe, Ruby, Go, Spring, Elixir, Symfony.
That the variable is not there is for a rule to see; so a line need not prove it.
"""

from __future__ import annotations

KEY = r"(?-i:[A-Z][A-Z0-9_]{2,60})"  # the patterns ignore case, names of variables do not
LONG_KEY = r"(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+)"  # where a word in capitals may be any word
_NEED = ("set", "specify", "provide", "define", "export", "supply", "pass", "configure")
_THING = r"(?:required|mandatory|configuration|config|settings?|values?|variables?|options?|keys?|env|environment|secrets?|credentials?)"

# fmt: off
# ruff: noqa: E501
SETTING_PATTERNS: tuple[tuple[str, str, str], ...] = (
    ("env_missing", "keyerror", rf"KeyError: ['\"](?P<env_key>{KEY})['\"]"),
    ("env_missing", "parameter", rf"(?P<env_key>{KEY}): (?:parameter (?:null or )?not set|parameter is not set)"),
    ("env_missing", "unbound variable", rf"(?P<env_key>{KEY}): unbound variable"),
    ("env_missing", "env", rf"\b(?:environment|env(?:ironment)? ?var(?:iable)?s?|env)\W{{1,3}}(?P<env_key>{KEY})\W{{0,3}}(?:is |are |was )?(?:not (?:set|found|defined|provided)|missing|required|undefined|unset|must be|empty)"),
    ("env_missing", "env", rf"(?:missing|required|undefined|unset|need|set)\b.{{0,30}}\benv(?:ironment)?(?: var(?:iable)?s?)?\W{{1,4}}(?P<env_key>{KEY})\b"),
    ("env_missing", "must", rf"(?P<env_key>{KEY}) (?:environment variable )?(?:must be (?:set|provided|defined|specified)|is required|is missing|is not (?:set|defined|configured))"),
    ("env_missing", "key not found", rf"key not found: [:'\"](?P<env_key>{KEY})\b"),
    ("env_missing", "placeholder", rf"could not resolve placeholder ['\"]?\$?\{{?(?P<env_key>{KEY})['\"}}]"),
    ("env_missing", "required key", rf"required key (?P<env_key>{KEY}) missing value"),
    ("env_missing", "env", rf"(?:could not|cannot|can't|failed to|unable to) (?:fetch|read|find|get|load) (?:the )?env(?:ironment)?(?: var(?:iable)?)?\W{{1,3}}(?P<env_key>{KEY})\b"),
    ("env_missing", " be ", rf"\b(?P<env_key>{LONG_KEY})['\"]? (?:must not|cannot|can ?not|can't|should not|may not) be (?:empty|blank|null|nil|none|undefined|unset)"),
    ("env_missing", "required", rf"\b(?P<env_key>{LONG_KEY})['\"]?\]?\s*[:=]\s*\[?\s*['\"]?(?:is |variable |value )?required\b"),
    ("env_missing", "not ", rf"\b(?P<env_key>{LONG_KEY})['\"]? (?:was )?not (?:set|defined|configured|provided|specified)\b"),
    ("env_missing", " is ", r"\b(?P<env_key>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+))['\"]? (?:environment variable |env var )?(?:is (?:required|missing|unset|undefined|empty)|is not (?:set|defined|configured|provided))"),
    ("env_missing", "missing", r"missing (?:required )?(?:configuration|config|setting|variable)s?:? (?P<env_key>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+))\b"),
    ("env_missing", "not found", rf"\benv(?:ironment)?(?: ?var(?:iable)?s?)? (?:is |was |are )?(?:not found|not set|missing|undefined|unset|required)\W{{1,4}}(?P<env_key>{KEY})\b"),
    ("env_missing", "env", rf"\b(?P<env_key>{LONG_KEY})['\"]? env(?:ironment)?(?: ?var(?:iable)?)? (?:is |was )?(?:not (?:set|found|defined|provided)|missing|required|undefined|unset|empty)"),
    ("env_missing", "required", rf"\b(?P<env_key>{LONG_KEY})['\"]? is an? required\b"),
    ("env_missing", "missing", rf"\bmissing (?:\w+ ){{0,2}}{_THING}\W{{1,4}}(?P<env_key>{LONG_KEY})\b"),
    ("env_missing", "missing", rf"\bmissing['\"]?:? ['\"(]?(?P<env_key>{LONG_KEY})\b|\b(?P<env_key_2>{LONG_KEY})['\"]? (?:was )?missing\b"),
    ("env_missing", "not found", rf"\b(?P<env_key>{LONG_KEY})['\"]? not found(?:\. Declare it as envvar| in (?:the )?env)"),
    ("env_missing", "notpresent", rf"(?P<env_key>{LONG_KEY})['\"]?\b.{{0,40}}?\bNotPresent\b"),
    ("env_missing", "expand value", rf"could not expand value (?P<env_key>{KEY})\b"),
    ("env_missing", "cannot be null", rf"value cannot be null.{{0,12}}?parameter '(?P<env_key>{LONG_KEY})'"),
    ("env_missing", "does not exist", rf"configuration key ['\"](?P<env_key>{KEY})['\"] does not exist"),
    *(("env_missing", f"{verb} ", rf"\b(?:need to|must|have to|please) {verb}(?: (?:the|an?|your))?(?: env(?:ironment)?(?: var(?:iable)?)?)?:? \$?\{{?['\"`]?(?P<env_key>{LONG_KEY})\b") for verb in _NEED),
    ("env_missing", "in ", rf"\bno ['\"]?(?P<env_key>{LONG_KEY})['\"]? (?:found |set |given )?in (?:the )?env"),
    ("env_missing", "to be", rf"expected ['\"]?(?P<env_key>{LONG_KEY})['\"]? to be (?:set|present|defined|provided)"),
    ("env_missing", "received undefined", rf"\b(?P<env_key>{LONG_KEY})['\"]?\]?:\s*\[?\s*['\"]?(?:invalid input: )?expected \w+, received undefined"),
    ("env_missing", "value for field", r"missing value for field (?P<env_key>[a-z]\w*)"),
    ("env_invalid", "invalid", r"invalid (?:value|port|number|url|boolean|integer|level|format|dsn)?\b.{0,40}?\b(?P<env_key>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+|PORT|DEBUG))\b"),
    ("env_invalid", "must be", r"\b(?P<env_key>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+|PORT|DEBUG))\b(?: environment variable| env var)?[:'\"=]* (?:must|should) be (?!set\b|provided\b|defined\b|specified\b)(?:an? |one of |in |between |of )"),
    ("env_invalid", "invalid", r"\b(?P<env_key>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+))\b['\"=]*:? ?(?:is )?(?:invalid|not a valid|has an invalid)"),
    ("env_invalid", "strconv", rf"\b(?P<env_key>{LONG_KEY}|(?-i:PORT|DEBUG))\b.{{0,80}}?strconv\.\w+"),
    ("env_invalid", "not ", rf"\b(?P<env_key>{LONG_KEY}|(?-i:PORT|DEBUG))['\"]?\b.{{0,40}}?(?:is not|not) an? (?:valid )?(?:number|integer|int|bool|boolean|float|url|uri|port|duration)\b"),
    ("env_invalid", "pars", rf"(?:cannot|can't|could not|failed to|unable to|error) pars(?:e|ing)\b.{{0,40}}?\b(?P<env_key>{LONG_KEY})\b"),
    ("env_invalid", "convert", rf"(?:cannot|can't|could not|failed to|unable to|error|assigning)\b.{{0,20}}?(?P<env_key>{LONG_KEY})\b.{{0,40}}?convert"),
    # A port above 65535: Node, Python, Go, Java, .NET, libpq, nginx, PostgreSQL, gunicorn.
    ("port_invalid", "port should be", r"\bport should be >=? ?[01] and <=? ?6553[56]\b(?:.{0,30}?\b(?P<port>\d{5,7})\b)?"),
    ("port_invalid", "port must be", r"(?:\b(?P<port>\d{5,7})\b.{0,40})?\bport must be (?:0-65535|(?:an integer |a number )?(?:between|from|in) .{0,20}65535)(?:.{0,30}?\b(?!6553[56])(?P<port_2>\d{5,7})\b)?"),
    ("port_invalid", "invalid port", r"\baddress (?:\S*:)?(?P<port>\d{5,7}): invalid port\b"),
    ("port_invalid", "invalid port", r"\binvalid port(?: number| value)?(?: in|:)? ?(?:upstream )?['\"]?(?:[^\s'\"]*:)?(?P<port>(?!6553[0-5])(?:[7-9]\d{4}|6[6-9]\d{3}|65[6-9]\d\d|655[4-9]\d|6553[6-9]|\d{6,7}))\b"),
    ("port_invalid", "out of range", r"\bport (?:value |number )?(?:is )?out of range(?: 0-65535)?(?:[: ]{1,3}(?P<port>\d{5,7}))?"),
    ("port_invalid", "parameter \"port\"", r"\b(?P<port>\d{5,7}) is outside the valid range for parameter \"port\""),
    ("port_invalid", "valid port", r"['\"]?(?P<port>\d{5,7})['\"]? is not a valid port\b"),
    ("port_invalid", "parameter 'port'", r"out of the range of valid values\W{1,4}Parameter 'port'"),
    ("port_invalid", "65535", r"\bport\b[^\d]{1,40}(?P<port>(?!6553[56])\d{5,7})\b.{0,60}?\b65535\b"),
)
# As above, of several lines that say it together: the piece is in the last of them (what stands before '…' is
# anywhere in the log), the pattern is of all.
_EXPECTED = r"(?:invalid input: )?expected \w+, received undefined"
SETTING_SPANS: tuple[tuple[str, str, str], ...] = (
    # Python shows the source line, then what it came to.
    ("env_missing", "nonetype", rf"(?:environ(?:\.get)?[\[(]|getenv\()['\"](?P<env_key>{KEY})['\"].*\n(?:[\s~^]*\n)?(?:TypeError|AttributeError): .*NoneType"),
    ("env_invalid", "valueerror", rf"(?:environ(?:\.get)?[\[(]|getenv\()['\"](?P<env_key>{KEY})['\"].*\n(?:[\s~^]*\n)?ValueError: "),
    # pydantic: a class of settings, then each field with what is wrong with it.
    ("env_missing", "field required", r"\d+ validation errors? for \w*(?:Settings|Config|Env)\w*\n(?:.*\n)*?(?P<env_key>[a-z]\w*)\n\s+Field required .*\Z"),
    ("env_invalid", "input should be", r"\d+ validation errors? for \w*(?:Settings|Config|Env)\w*\n(?:.*\n)*?(?P<env_key>[a-z]\w*)\n\s+Input should be .*\Z"),
    # zod, a list of what is wrong as JSON.
    ("env_missing", "required", rf"['\"]?received['\"]?: ['\"]undefined['\"],?\n(?:.*\n){{0,2}}?.*['\"]?path['\"]?: \[\s*['\"](?P<env_key>{KEY})['\"]\s*\],?\n\s*['\"]?message['\"]?: ['\"]Required"),
    # zod 4, as JSON, as it prints objects, and as znv and its own printer put it.
    ("env_missing", "received undefined", rf"['\"]?path['\"]?: \[\s*['\"](?P<env_key>{KEY})['\"]\s*\],?\s*\n\s*['\"]?message['\"]?: ['\"]{_EXPECTED}"),
    ("env_missing", "received undefined", rf"\[(?P<env_key>{KEY})\]:\s*\n\s*{_EXPECTED}"),
    ("env_missing", "→ at ", rf"{_EXPECTED}\s*\n\s*→ at (?P<env_key>{KEY})\b"),
    # A list of what is missing, a line each: envalid, dotenv-safe, and many a shell script.
    ("env_missing", "environment…_", rf"(?:\A|\n)(?=[^\n]*(?:missing|required|not (?:set|present|found|defined)|undefined|unset|must))[^\n]*\benvironment\b[^\n]{{0,80}}\s*\n(?:\s*(?:[-*•] )?['\"]?{LONG_KEY}\b[^\n]*\n){{0,8}}\s*(?:[-*•] )?['\"]?(?P<env_key>{LONG_KEY})['\"]?(?::? undefined\b[^\n]*|:? \(?(?:required|missing|not set)\b[^\n]*|)\s*\Z"),
)
# fmt: on
