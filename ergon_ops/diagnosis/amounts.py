"""Sizes and shares as summaries tell them, with the rounding of the offline answers."""

from __future__ import annotations


def size(count: float) -> str:
    """Bytes: `512 bytes`, `61 MiB`, `1.5 GiB`."""
    value, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if abs(value) < 1024:
            break
        value, unit = value / 1024, larger
    if unit == "bytes":
        return f"{value:.0f} {'byte' if value == 1 else 'bytes'}"
    return f"{value:.1f} {unit}" if abs(value) < 10 and round(value, 1) % 1 else f"{value:.0f} {unit}"
