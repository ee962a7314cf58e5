"""Typed tokens: secrets known by their own shape, in any surroundings.

`LIBRARY` follows the plugins of detect-secrets 1.5.0 (https://github.com/Yelp/detect-secrets, Copyright Yelp, Inc.,
Apache License 2.0): each row names the plugin's own pattern (`taken`) and the one used here. Ours differ where the
original is not linear in time, has no boundary (a digest would match), or spans a key that a key rule already covers
(`pattern` empty). `tests/redaction/test_library.py` compares the table with the installed library.
`OURS` are prefixes that vendors document and the library does not know yet.
"""

# ruff: noqa: E501  (patterns are kept whole)
from __future__ import annotations

from typing import NamedTuple

A = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"  # not inside a longer word; an escaped line break is none
B = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))"  # nor behind a dash
Z = r"(?![A-Za-z0-9])"


class Taken(NamedTuple):
    """`hints`: one must occur before `pattern` is tried; one in lower case in any case, another exactly."""

    plugin: str
    kind: str
    hints: tuple[str, ...]
    pattern: str
    taken: tuple[str, ...]


_ASSIGN_HEAD = r"(?:(?<=\W)|(?<=^))(?:\[|)(?:\"|\'|)"
_ASSIGN_TAIL = r"(?:\"|\'|)(?:\]|)(?: *)(?:=|:|:=|=>| +|::)(?: *)(?:\"|\'|)"
_CLOUDANT = r"(?:cloudant|cl|clou)(?:_|-|)(?:api|)(?:key|pwd|pw|password|pass|token)"


def _assigned(key: str, value: str) -> str:
    """The library's way to write `key = value`, as it comes out of its pattern builder."""
    return (_ASSIGN_HEAD + key + _ASSIGN_TAIL + value + r"(?:\"|\'|)").replace('\\"', '"').replace("\\'", "\\'")


LIBRARY: tuple[Taken, ...] = (
    Taken(
        "artifactory", "artifactory-token", ("akc",), A + r"AKC[A-Za-z0-9]{10,}+",
        (r'(?:\s|=|:|"|^)AKC[a-zA-Z0-9]{10,}(?:\s|"|$)',),
    ),
    Taken(  # APACHE2HANDLER is no password: a digit and a small letter must be in it
        "artifactory", "artifactory-password", ("AP",),
        A + r"AP[0-9A-F](?=[A-Za-z]{0,80}[0-9])(?=[A-Z0-9]{0,80}[a-z])[A-Za-z0-9]{8,}+",
        (r'(?:\s|=|:|"|^)AP[\dABCDEF][a-zA-Z0-9]{8,}(?:\s|"|$)',),
    ),
    Taken(
        "aws", "aws-key-id", ("a3t", "abia", "acca", "akia", "asia"),
        r"(?:(?<![A-Z0-9])|(?<=\\[nrt]))(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}",
        (r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}",),
    ),
    Taken(
        "aws", "aws-secret", ("aws",),
        r"(?i)aws.{0,20}?(?:key|pwd|pw|password|pass|token).{0,20}?['\"]?(?<![0-9a-zA-Z/+])"
        r"(?=[a-z0-9/+]{0,39}[g-z/+])([0-9a-zA-Z/+]{40})(?![0-9a-zA-Z/+=])",
        (r"aws.{0,20}?(?:key|pwd|pw|password|pass|token).{0,20}?[\'\"]([0-9a-zA-Z/+]{40})[\'\"]",),
    ),
    Taken(
        "azure_storage_key", "azure-key", ("accountkey=",), r"AccountKey=([a-zA-Z0-9+/=]{40,}+)",
        (r"AccountKey=[a-zA-Z0-9+\/=]{88}",),
    ),
    Taken(  # the URL rule covers it, and passwords with reserved characters too
        "basic_auth", "password", (), "",
        (r"://[^:/\?\#\[\]@!\$\&'\(\)\*\+,;=\s]+:([^:/\?\#\[\]@!\$\&'\(\)\*\+,;=\s]+)@",),
    ),
    Taken(
        "cloudant", "cloudant-key", ("key", "pwd", "pw", "pass", "token"),
        r"(?i)\b(?:cloudant|clou|cl)[_-]?(?:api)?(?:key|pwd|pw|password|pass|token)['\"]?\]?[ ]{0,9}"
        r"(?:=>|:=|::|=|:| )[ ]{0,9}['\"]?([0-9a-f]{64}|[a-z]{24})(?![0-9a-z])",
        (
            _assigned(_CLOUDANT, "([0-9a-f]{64})"),
            _assigned(_CLOUDANT, "([a-z]{24})"),
            r"(?:https?\:\/\/)[\w\-]+\:([0-9a-f]{64})\@[\w\-]+\.cloudant\.com",
            r"(?:https?\:\/\/)[\w\-]+\:([a-z]{24})\@[\w\-]+\.cloudant\.com",
        ),
    ),
    Taken(
        "discord", "discord-token", (".",),
        B + r"[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}+",
        (r"[MNO][a-zA-Z\d_-]{23,25}\.[a-zA-Z\d_-]{6}\.[a-zA-Z\d_-]{27}",),
    ),
    Taken(
        "github_token", "github-token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        A + r"gh[pousr]_[A-Za-z0-9_.-]{30,}+",
        (r"(ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9_]{36}",),
    ),
    Taken(
        "gitlab_token", "gitlab-token", (
            "glpat-", "gldt-", "glft-", "glsoat-", "glrt", "glcbt-", "glimt-", "glptt-", "glagent-", "gloas-", "glffct-",
            "glwt-", "gr1348941",
        ),
        A + r"(?:GR1348941|gl(?:pat|dt|ft|soat|rtr?|cbt|imt|ptt|agent|oas|ffct|wt)-)[A-Za-z0-9_.-]{20,}+",
        (
            r"(glpat|gldt|glft|glsoat|glrt)-[A-Za-z0-9_\-]{20,50}(?!\w)",
            r"GR1348941[A-Za-z0-9_\-]{20,50}(?!\w)",
            r"glcbt-([0-9a-fA-F]{2}_)?[A-Za-z0-9_\-]{20,50}(?!\w)",
            r"glimt-[A-Za-z0-9_\-]{25}(?!\w)",
            r"glptt-[A-Za-z0-9_\-]{40}(?!\w)",
            r"glagent-[A-Za-z0-9_\-]{50,1024}(?!\w)",
            r"gloas-[A-Za-z0-9_\-]{64}(?!\w)",
        ),
    ),
    Taken(
        "ibm_cloud_iam", "ibm-key", ("key", "pwd", "pass", "token"),
        r"(?i)(?<![A-Za-z0-9])(?:ibm[_-]?)?(?:cloud[_-]?)?(?:iam[_-]?)?(?:api[_-]?)?(?:key|pwd|password|pass|token)['\"]?\]?"
        r"[ ]{0,9}(?:=>|:=|::|=|:| )[ ]{0,9}['\"]?(?![0-9a-f]{44})([A-Za-z0-9_-]{44})(?![A-Za-z0-9_-])",
        (
            _assigned(
                r"(?:ibm(?:_|-|)cloud(?:_|-|)iam|cloud(?:_|-|)iam|ibm(?:_|-|)cloud|ibm(?:_|-|)iam|ibm|iam|cloud|)"
                r"(?:_|-|)(?:api|)(?:_|-|)(?:key|pwd|password|pass|token)",
                r"([a-zA-Z0-9_\-]{44}(?![a-zA-Z0-9_\-]))",
            ),
        ),
    ),
    Taken(
        "ibm_cos_hmac", "ibm-hmac", ("secret",),
        r"(?i)secret[-_]?(?:access)?[-_]?key['\"]?\]?[ ]{0,9}(?:=>|:=|::|=|:| )[ ]{0,9}['\"]?([a-f0-9]{48})(?![a-f0-9])",
        (
            _assigned(
                r"(?:(?:ibm)?[-_]?cos[-_]?(?:hmac)?|)(?:_|-|)(?:secret[-_]?(?:access)?[-_]?key)",
                r"([a-f0-9]{48}(?![a-f0-9]))",
            ),
        ),
    ),
    Taken(
        "jwt", "jwt", ("eyj",), B + r"eyJ[A-Za-z0-9_-]{8,}+={0,2}\.[A-Za-z0-9_=-]{2,}+(?:\.[A-Za-z0-9_.+/=-]*+)?",
        (r"eyJ[A-Za-z0-9-_=]+\.[A-Za-z0-9-_=]+\.?[A-Za-z0-9-_.+/=]*?",),
    ),
    Taken(
        "mailchimp", "mailchimp-key", ("-us",), A + r"[0-9a-z]{32}-us[0-9]{1,2}" + Z, (r"[0-9a-z]{32}-us[0-9]{1,2}",)
    ),
    Taken(
        "npm", "npm-token", (":_auth",), r":_auth(?:Token)?\s{0,4}=\s{0,4}[\"']?([^\s\"']{8,}+)",
        (r"\/\/.+\/:_authToken=\s*((npm_.+)|([A-Fa-f0-9-]{36})).*",),
    ),
    Taken(
        "openai", "openai-key", ("sk-",), A + r"sk-(?=[A-Za-z_-]{0,40}[0-9A-Z])[A-Za-z0-9_-]{20,}+",
        (r"sk-[A-Za-z0-9-_]*[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}",),
    ),
    Taken(  # cut off before its end, or with escaped line breaks, it is hidden to the end of the text
        "private_key", "private-key", ("private key", "putty-user-key"),
        r"(?:-----|---- )?(?:BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY|PuTTY-User-Key-File-[0-9])"
        r"(?s:.)*?(?:END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?(?:-----| ----)?|Private-MAC: [0-9a-f]{20,64}|\Z)",
        (
            "BEGIN DSA PRIVATE KEY", "BEGIN EC PRIVATE KEY", "BEGIN OPENSSH PRIVATE KEY", "BEGIN PGP PRIVATE KEY BLOCK",
            "BEGIN PRIVATE KEY", "BEGIN RSA PRIVATE KEY", "BEGIN SSH2 ENCRYPTED PRIVATE KEY", "PuTTY-User-Key-File-2",
        ),
    ),
    Taken(
        "pypi_token", "pypi-token", ("pypi-",), A + r"pypi-A[A-Za-z0-9_-]{50,}+",
        (r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9-_]{70,}", r"pypi-AgENdGVzdC5weXBpLm9yZw[A-Za-z0-9-_]{70,}"),
    ),
    Taken(
        "sendgrid", "sendgrid-key", ("sg.",), A + r"SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{30,}+",
        (r"SG\.[a-zA-Z0-9_-]{22}\.[a-zA-Z0-9_-]{43}",),
    ),
    Taken(
        "slack", "slack-token", ("xox", "xapp-"), r"(?i)" + A + r"(?:xox[a-z](?:\.xox[a-z])?|xapp)-[A-Za-z0-9-]{10,}+",
        (r"xox(?:a|b|p|o|s|r)-(?:\d+-)+[a-z0-9]+",),
    ),
    Taken(
        "slack", "webhook", ("hooks.slack.com",),
        r"(?i)hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9_/-]{8,}+)",
        (r"https://hooks\.slack\.com/services/T[a-zA-Z0-9_]+/B[a-zA-Z0-9_]+/[a-zA-Z0-9_]+",),
    ),
    Taken(
        "softlayer", "softlayer-key", ("softlayer", "key", "pwd", "pass", "token"),
        r"(?i)\b(?:softlayer|sl)[_-]?(?:api)?[_-]?(?:key|pwd|password|pass|token)['\"]?\]?[ ]{0,9}(?:=>|:=|::|=|:| )[ ]{0,9}"
        r"['\"]?([a-z0-9]{64})(?![a-z0-9])|api\.softlayer\.com/soap/v3(?:\.1)?/([a-z0-9]{64})",
        (
            _assigned(r"(?:softlayer|sl)(?:_|-|)(?:api|)(?:_|-|)(?:key|pwd|password|pass|token)", "([a-z0-9]{64})"),
            r"(?:http|https)://api.softlayer.com/soap/(?:v3|v3.1)/([a-z0-9]{64})",
        ),
    ),
    Taken(
        "square_oauth", "square-secret", ("sq0",), A + r"sq0[a-z]{3}-[0-9A-Za-z_-]{22,}+",
        (r"sq0csp-[0-9A-Za-z\\\-_]{43}",),
    ),
    Taken(
        "stripe", "stripe-key", ("k_live_", "k_test_"), A + r"[rps]k_(?:live|test)_[0-9a-zA-Z]{16,}+",
        (r"(?:r|s)k_live_[0-9a-zA-Z]{24}",),
    ),
    Taken(
        "telegram_token", "telegram-token", (":",), r"(?:(?<![0-9A-Za-z])|(?<=/bot)|(?<=\\[nrt]))[0-9]{8,10}:[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])",
        (r"\d{8,10}:[0-9A-Za-z_-]{35}",),
    ),
    Taken(
        "twilio", "twilio-key", ("AC", "SK"), A + r"(?:AC|SK)[a-z0-9]{32}" + Z, (r"AC[a-z0-9]{32}", r"SK[a-z0-9]{32}")
    ),
)  # fmt: skip

# Plugins of the library we leave out, and why.
LEFT_OUT = {
    "ip_public": "addresses are facts an operator asks for",
    "high_entropy_strings": "would hide digests, container ids and commit hashes",
    "keyword": "our key rules do this, on words instead of substrings",
}

OURS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("github-token", ("github_pat_",), A + r"github_pat_[A-Za-z0-9_]{30,}+"),
    ("npm-token", ("npm_",), A + r"npm_[A-Za-z0-9]{30,}+"),
    ("docker-token", ("dckr_",), A + r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}+"),
    ("google-key", ("aiza",), A + r"AIza[A-Za-z0-9_-]{30,}+"),
    ("google-token", ("ya29.", "1//0"), A + r"(?:ya29\.|1//0)[A-Za-z0-9_.-]{20,}+"),
    ("google-secret", ("gocspx-",), A + r"GOCSPX-[A-Za-z0-9_-]{20,}+"),
    ("firebase-key", (":apa91b",), A + r"AAAA[A-Za-z0-9_-]{7}:APA91b[A-Za-z0-9_-]{100,}+"),
    ("huggingface-token", ("hf_",), A + r"hf_[A-Za-z0-9]{30,}+"),
    ("model-key", ("gsk_", "xai-", "r8_", "nvapi-", "pplx-", "tgp_v1_", "fw_"),
     A + r"(?:gsk_|xai-|r8_|nvapi-|pplx-|tgp_v1_|fw_)[A-Za-z0-9_-]{24,}+"),
    ("vault-token", ("hvs.", "hvb.", "hvr."), A + r"hv[sbr]\.[A-Za-z0-9_-]{20,}+"),
    ("vault-token", ("s.",), r"(?<![A-Za-z0-9_./-])s\.(?=[A-Za-z]{0,23}[0-9])(?=[a-z0-9]{0,23}[A-Z])[A-Za-z0-9]{24}" + Z),
    ("terraform-token", (".atlasv1.",), A + r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{40,}+"),
    ("digitalocean-token", ("dop_v1_", "doo_v1_", "dor_v1_"), A + r"do[opr]_v1_[a-f0-9]{40,}+"),
    ("shopify-token", ("shpat_", "shpca_", "shppa_", "shpss_", "shptka_"), A + r"shp(?:at|ca|pa|ss|tka)_[A-Fa-f0-9]{30,}+"),
    ("square-token", ("eaaa",), A + r"EAAA[A-Za-z0-9_-]{58,}+"),
    ("webhook-secret", ("whsec_",), A + r"whsec_[A-Za-z0-9+/=_-]{20,}+"),
    ("webhook", ("/api/webhooks/",), r"/api/webhooks/[0-9]{15,22}/([A-Za-z0-9_-]{40,}+)"),
    ("webhook", ("webhook.office.com/",), r"webhook\.office\.com/webhookb?2?/([A-Za-z0-9@/-]{30,}+)"),
    ("rubygems-key", ("rubygems_",), A + r"rubygems_[a-f0-9]{40,}+"),
    ("pulumi-token", ("pul-",), A + r"pul-[a-f0-9]{40}" + Z),
    ("atlassian-token", ("atatt3", "atctt3", "atbb"), A + r"(?:AT[AC]TT3[A-Za-z0-9_=-]{40,}+|ATBB[A-Za-z0-9]{24,}+)"),
    ("linear-key", ("lin_",), A + r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}+"),
    ("notion-token", ("ntn_",), A + r"ntn_[A-Za-z0-9]{40,}+"),
    ("figma-token", ("figd_",), A + r"figd_[A-Za-z0-9_-]{30,}+"),
    ("newrelic-key", ("nra", "nrjs-", "nrii-"), A + r"(?:NRAK-|NRRA-|NRAA-|NRJS-|NRII-)[A-Za-z0-9_-]{19,}+"),
    ("grafana-token", ("glsa_", "glc_"), A + r"(?:glsa_|glc_)[A-Za-z0-9+/=_]{30,}+"),
    ("sentry-token", ("sntry",), A + r"sntry[su]_[A-Za-z0-9+/=_-]{30,}+"),
    ("sentry-dsn", ("ingest",), r"(?i)https://([0-9a-f]{32}(?::[0-9a-f]{32})?)@(?=[a-z0-9.-]{0,60}sentry)"),
    ("databricks-token", ("dapi",), A + r"dapi[a-f0-9]{32}(?:-[0-9])?" + Z),
    ("brevo-key", ("xkeysib-", "xsmtpsib-"), A + r"x(?:key|smtp)sib-[a-f0-9]{40,}+(?:-[A-Za-z0-9]{10,}+)?"),
    ("mailgun-key", ("key-",), A + r"key-[0-9a-f]{32}" + Z),
    ("supabase-key", ("sbp_", "sb_secret_"), A + r"(?:sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{20,}+)"),
    ("planetscale-token", ("pscale_",), A + r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{30,}+"),
    ("fly-token", ("fo1_", "fm1", "fm2_"), A + r"(?:fo1_[A-Za-z0-9_-]{30,}+|fm[12][ar]?_[A-Za-z0-9+/=,_-]{60,}+)"),
    ("postman-key", ("pmak-",), A + r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    ("doppler-token", ("dp.",), A + r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,}+"),
    ("alibaba-key", ("ltai",), A + r"LTAI[A-Za-z0-9]{16,20}" + Z),
    ("age-key", ("age-secret-key-",), r"(?i)AGE-SECRET-KEY-1[A-Z0-9]{50,}+"),
    ("onepassword-token", ("ops_eyj",), A + r"ops_eyJ[A-Za-z0-9+/=]{40,}+"),
    ("tailscale-key", ("tskey-",), A + r"tskey-[a-z]{2,12}-[A-Za-z0-9-]{16,}+"),
    ("kubernetes-token", ("k10",), A + r"K10[a-f0-9]{64}::[a-z]{2,20}:[A-Za-z0-9]{16,}+"),
    ("swarm-token", ("swmtkn-",), A + r"SWMTKN-1-[a-z0-9]{40,}+-[a-z0-9]{20,}+"),
    ("azure-secret", ("8q~", "7q~"), r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])"),
    ("password-hash", ("$2", "$5$", "$6$", "$1$", "$y$", "$argon2", "$apr1$", "pbkdf2", "scram-sha", "{sha", "{ssha"),
     r"\$(?:2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}|(?:1|5|6|y|apr1)\$(?:rounds=[0-9]{1,9}\$)?[./A-Za-z0-9$]{20,}+"
     r"|argon2(?:id|i|d)\$[A-Za-z0-9+/=,$]{20,}+)|(?i:pbkdf2_sha256\$[0-9]{3,8}\$[A-Za-z0-9]{6,40}\$[A-Za-z0-9+/=]{30,}+"
     r"|SCRAM-SHA-(?:1|256)\$[0-9]{3,6}:[A-Za-z0-9+/=$:]{40,}+|\{S?SHA[0-9]{0,3}\}[A-Za-z0-9+/=]{20,}+)"),
)  # fmt: skip
