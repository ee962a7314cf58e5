"""Servers that only their own machine hears, until a variable says otherwise: nobody beside a container."""

from __future__ import annotations

from collections.abc import Collection, Mapping

# By the package: the types its programs are told to be, and the variable.
HEARD: Mapping[str, tuple[Collection[str], str]] = {
    "gradio": (("gradio",), "GRADIO_SERVER_NAME"),
    "fastmcp": (("http", "script"), "FASTMCP_HOST"),
}


def heard_by(kind: str, dependencies: Collection[str]) -> str:
    """The variable that makes a program of this type listen for everyone, if it needs one."""
    return next((name for package, (kinds, name) in HEARD.items() if package in dependencies and kind in kinds), "")
