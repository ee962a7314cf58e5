"""An authority, a server and a client of an engine that is spoken to over TLS."""

from __future__ import annotations

import subprocess
from pathlib import Path

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")


def certificates(folder: Path, address: str) -> None:
    """`ca.pem`, `server.pem` for that address, `client.pem`, and their keys."""
    _request("ca", folder, "/CN=tests")
    signed = ("-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca-key.pem"))
    for name, usage in (("server", "serverAuth"), ("client", "clientAuth")):
        extensions = (f"subjectAltName=IP:{address}", f"extendedKeyUsage={usage}", "basicConstraints=critical,CA:FALSE")
        more = (part for extension in extensions for part in ("-addext", extension))
        _request(name, folder, f"/CN={name}", *signed, *more)


def _request(name: str, folder: Path, subject: str, *more: str) -> None:
    made = ("-keyout", str(folder / f"{name}-key.pem"), "-out", str(folder / f"{name}.pem"))
    command = ("openssl", "req", "-x509", *KEY, "-subj", subject, *more, *made)
    subprocess.run(command, check=True, capture_output=True, timeout=60)
