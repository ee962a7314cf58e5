"""The commands: one file a family, each with what it declares and what runs."""

from __future__ import annotations

from ergon_ops.interfaces.commands.dispatch import run

__all__ = ["run"]
