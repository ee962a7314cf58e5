"""The commands: one file a family, each with its arguments, its help and a `run`."""

from __future__ import annotations

from ergon_ops.interfaces.commands.dispatch import run

__all__ = ["run"]
