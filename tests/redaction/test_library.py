"""The table of typed tokens follows detect-secrets: an update of the library that changes a pattern is noticed here."""

from __future__ import annotations

import importlib
import pkgutil
import re
from itertools import cycle, islice

import pytest
from detect_secrets import plugins
from detect_secrets.plugins.base import RegexBasedDetector

from ergon_ops.redaction import redact
from ergon_ops.redaction.tokens import LEFT_OUT, LIBRARY


def detectors() -> dict[str, list[re.Pattern[str]]]:
    """Plugin name → its patterns."""
    found: dict[str, list[re.Pattern[str]]] = {}
    for info in pkgutil.iter_modules(plugins.__path__):
        module = importlib.import_module(f"{plugins.__name__}.{info.name}")
        for item in vars(module).values():
            own = isinstance(item, type) and item.__module__ == module.__name__
            if own and issubclass(item, RegexBasedDetector) and item is not RegexBasedDetector:
                found.setdefault(info.name, []).extend(item.denylist)
    return found


def test_every_pattern_of_the_library_is_in_the_table() -> None:
    theirs = {(plugin, pattern.pattern) for plugin, patterns in detectors().items() for pattern in patterns}
    ours = {(row.plugin, taken) for row in LIBRARY for taken in row.taken}
    left_out = {(plugin, pattern) for plugin, pattern in theirs if plugin in LEFT_OUT}
    assert theirs - left_out == ours


def test_every_plugin_of_the_library_is_taken_or_left_out_for_a_reason() -> None:
    names = {info.name for info in pkgutil.iter_modules(plugins.__path__)} - {"base"}
    assert names == {row.plugin for row in LIBRARY} | set(LEFT_OUT)


def made(letters: str, length: int) -> str:
    return "".join(islice(cycle(letters), length))


WORD, HEX, SMALL = made("aZ3kQ9xR7mB2vT5nW8", 80), made("3fa97c10be52d864", 80), made("k3x9a7q2", 80)
SAMPLES = {
    "artifactory": [f" AKC{WORD[:60]} ", f'"AP6{WORD[:30]}"'],
    "aws": ["AKIA" + made("Q7ZK2XR9", 16), f"aws_secret_key = '{made('wJalrX/tnFEMI+K7', 40)}'"],
    "azure_storage_key": ["AccountKey=" + made("aZ3k/Q9+", 86) + "=="],
    "basic_auth": ["https://bob:hunter2@example.com"],
    "cloudant": [
        f"cloudant_password={HEX[:64]}", f"cl_key: '{made('abcdefgh', 24)}'",
        f"https://acme:{HEX[:64]}@acme.cloudant.com", f"https://acme:{made('abcdefgh', 24)}@acme.cloudant.com",
    ],
    "discord": [f"M{WORD[:24]}.{WORD[:6]}.{WORD[:27]}"],
    "github_token": [f"ghp_{WORD[:36]}"],
    "gitlab_token": [f"glpat-{WORD[:20]}", f"GR1348941{WORD[:20]}", f"glcbt-a1_{WORD[:20]}", f"glimt-{WORD[:25]}",
                     f"glptt-{WORD[:40]}", f"glagent-{WORD[:60]}", f"gloas-{WORD[:64]}"],
    "ibm_cloud_iam": [f"ibm_cloud_api_key={WORD[:44]}", f"iam-token: {WORD[:44]}"],
    "ibm_cos_hmac": [f"cos_secret_access_key={HEX[:48]}"],
    "jwt": [f"eyJ{WORD[:20]}.{WORD[:30]}.{WORD[:40]}"],
    "mailchimp": [f"{SMALL[:32]}-us4"],
    "npm": [f"//registry.npmjs.org/:_authToken=npm_{WORD[:36]}", f"//npm.example.com/:_authToken={HEX[:36]}"],
    "openai": [f"sk-{WORD[:20]}T3BlbkFJ{WORD[:20]}"],
    "private_key": [f"-----{head}-----\nMIIE{WORD}" for head in (
        "BEGIN DSA PRIVATE KEY", "BEGIN EC PRIVATE KEY", "BEGIN OPENSSH PRIVATE KEY", "BEGIN PGP PRIVATE KEY BLOCK",
        "BEGIN PRIVATE KEY", "BEGIN RSA PRIVATE KEY")] + [f"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n{WORD}",
                                                         f"PuTTY-User-Key-File-2: ssh-rsa\n{WORD}"],
    "pypi_token": [f"pypi-AgEIcHlwaS5vcmc{WORD[:75]}", f"pypi-AgENdGVzdC5weXBpLm9yZw{WORD[:75]}"],
    "sendgrid": [f"SG.{WORD[:22]}.{WORD[:43]}"],
    "slack": [f"xoxb-123456789012-123456789012-{SMALL[:24]}", f"https://hooks.slack.com/services/T0AB/B0CD/{WORD[:24]}"],
    "softlayer": [f"softlayer_api_key={SMALL[:64]}", f"https://api.softlayer.com/soap/v3/{SMALL[:64]}"],
    "square_oauth": [f"sq0csp-{WORD[:43]}"],
    "stripe": [f"sk_live_{WORD[:24]}"],
    "telegram_token": [f"110201543:AA{WORD[:33]}"],
    "twilio": [f"AC{HEX[:32]}", f"SK{HEX[:32]}"],
}  # fmt: skip


@pytest.mark.parametrize("plugin", [name for name in detectors() if name not in LEFT_OUT])
def test_what_the_library_finds_is_gone_after_redaction(plugin: str) -> None:
    for pattern in detectors()[plugin]:
        hits = [text for text in SAMPLES[plugin] if pattern.search(text)]
        assert hits, f"no sample for {pattern.pattern}"
        assert not [redact(text) for text in hits if pattern.search(redact(text))]
