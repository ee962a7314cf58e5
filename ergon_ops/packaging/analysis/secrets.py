"""Files that must never be part of an image: keys and filled-in environments. Told by name, and for some by a look."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.sources import SECRET
from ergon_ops.packaging.analysis.tree import Tree

TEXTS = ("yml", "yaml", "json", "toml", "env", "ini", "cfg", "conf", "properties", "txt")  # a secrets.py is code
NAMES = re.compile(
    r"(?i)(?:\.env(?:\.(?!example$|sample$|template$|dist$|defaults$)[\w.-]+)?|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk)"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|\.npmrc|\.pypirc|\.netrc|\.htpasswd|.*credentials\.json|service-?account.*\.json"
    rf"|secrets?\.(?:{'|'.join(TEXTS)}))$"
)
# What every image leaves out, whatever the project says: the first part as a .dockerignore has it.
IGNORED = (
    ".git", ".hg", ".svn", "**/__pycache__", "**/*.pyc", "**/node_modules", "**/.venv", "**/venv", "**/.tox",
    "**/.mypy_cache", "**/.pytest_cache", "**/.ruff_cache", "**/.idea", "**/.vscode", "**/.DS_Store",
    "**/.env", "**/.env.*", "**/*.pem", "**/*.key", "**/*.p12", "**/*.pfx", "**/*.jks", "**/*.keystore", "**/*.kdbx",
    "**/id_rsa", "**/id_dsa", "**/id_ecdsa", "**/id_ed25519", "**/.npmrc", "**/.pypirc", "**/.netrc", "**/.htpasswd",
    "**/*credentials.json", *(f"**/{name}.{end}" for name in ("secrets", "secret") for end in TEXTS),
    "**/Dockerfile*", "**/.dockerignore", "**/*.bak",
    "**/docker-compose*.y*ml", "**/compose*.y*ml", "**/*.ppk", "**/service*account*.json", "**/*.ergon-lock.json",
    "**/*.oci.tar",
)  # fmt: skip


def secrets(tree: Tree) -> Iterator[Evidence]:
    """The first line that looks like a secret is named; its value is not."""
    for path in tree.files:
        if not NAMES.match(path.rsplit("/", 1)[-1]):
            continue
        line, key = next(_telling(tree.text(path)), (0, ""))
        if line or not path.rsplit("/", 1)[-1].startswith((".env", ".npmrc", "secret")):
            yield Evidence(path, line, key)
        elif tree.text(path).strip():
            yield Evidence(path)


def _telling(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\s*(?:export\s+)?['\"]?([A-Za-z_][\w.-]*)['\"]?\s*[=:]\s*\S", line)
        if match and SECRET.search(match[1]):
            yield number, match[1]
        elif "PRIVATE KEY-----" in line or "_authToken" in line:
            yield number, "a private key" if "PRIVATE" in line else "_authToken"
